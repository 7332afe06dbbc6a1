// Orders and places drawn at random on a card, with PyTorch's keys and counters.
#include <algorithm>
#include <cmath>

#include "cuda/ops/units.h"
#include "cuda/runtime/capture.h"
#include "ops/pointwise.h"
#include "ops/random.h"
#include "ops/reduce.h"
#include "ops/rows.h"
#include "ops/scan.h"
#include "ops/sort.h"

namespace gb::cuda {
namespace {

const Unit kUnit = ByFloat::unit("sample.cu", DType::Float32);

/** Sorts by random keys of so many bits that equal ones are seldom; these are put right afterwards. */
void randpermOnCuda(const Tensor& order, Generator& generator) {
  static Function masks, shuffles;
  const Device device = order.device();
  const int64_t n = order.numel();
  const double size = double(n), never = 12 * std::log(0.9);
  const int bits = std::min(64, int(std::ceil(std::log2(size - (6 * size * size + 1) / never))));
  const Tensor keys = emptyTensor({n}, DType::Int64, device);
  const double range = bits <= 32 ? 0x1p31 : 0x1p63;
  randomFillKernel(device, Fill::RandInt, keys, generator, -range, bits <= 32 ? range - 1 : range);
  if (bits != 32 && bits != 64) {
    const unsigned long long mask = (1ull << bits) - 1;
    launch(masks.get(cudaIndex(device), "maskKeys", [] { return kUnit; }), device, gridFor(n, kThreads), kThreads, keys.data(),
           static_cast<long long>(n), mask);
  }
  const Tensor sorted = emptyTensor({n}, DType::Int64, device);
  sortKernel(device, keys, sorted, order, false);
  const PhiloxState random = philoxFor(generator, uint64_t(n));
  launch(shuffles.get(cudaIndex(device), "shuffleRuns", [] { return kUnit; }), device, gridFor(n, kThreads), kThreads,
         sorted.data(), order.data(), static_cast<long long>(n), random);
}

/** Samples that a block draws, and rows of a grid: PyTorch's, since the numbers depend on them. */
constexpr unsigned kSamples = 128;
constexpr int64_t kMostRows = 65535;

void multinomialOnCuda(const Tensor& weights, const Tensor& out, bool replacement, Generator& generator) {
  static ByFloat kernels;
  const Device device = weights.device();
  const int64_t rows = weights.size(0), n = weights.size(1), samples = out.size(1);
  if (!replacement || samples == 1) {
    // The largest of weight / exponential number.
    const Tensor q = emptyTensor(weights.sizes(), weights.dtype(), device);
    exponential_(q, generator, 1, 0);
    const Tensor scores = binary(Binary::div, Operand(weights), Operand(q));
    if (samples == 1) return rowExtremeKernel(device, true, nullptr, out, scores, n);
    return topkKernel(device, scores, emptyTensor(out.sizes(), weights.dtype(), device), out, true);
  }
  const Dims last{1};
  const Tensor shares = binary(Binary::div, Operand(weights), Operand(sum(weights, &last, true, std::nullopt)));
  const Tensor sums = emptyTensor(weights.sizes(), weights.dtype(), device);
  scanKernel(device, Scan::Sum, sums, nullptr, shares, n);
  const Grid grid{unsigned((samples - 1) / kSamples + 1), unsigned(std::min(rows, kMostRows))};
  const PhiloxState random = philoxFor(generator, uint64_t((rows - 1) / grid.y + 1) * 4);
  launch(kernels.get(device, "sample.cu", "sampleRows", weights.dtype()), device, grid, kSamples, shares.data(), sums.data(),
         out.data(), static_cast<long long>(rows), static_cast<long long>(n), static_cast<long long>(samples), random);
}

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) all.push_back(ByFloat::unit("sample.cu", type));
}

GB_KERNEL(CUDA, randpermKernel, randpermOnCuda)
GB_KERNEL(CUDA, multinomialKernel, multinomialOnCuda)

}  // namespace
}  // namespace gb::cuda
