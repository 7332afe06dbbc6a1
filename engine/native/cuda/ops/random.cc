// Random numbers on a card: grids and counters as PyTorch's, so that the same seed gives the same numbers on a card of
// the same kind.
#include "ops/random.h"

#include <algorithm>
#include <cstdlib>

#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "cuda/runtime/capture.h"
#include "cuda/runtime/fault.h"

namespace gb::cuda {
namespace {

Grid gridOf(int64_t n, Device device) {
  const Properties& p = properties(cudaIndex(device));
  const int64_t most = int64_t(p.multiProcessorCount) * (p.maxThreadsPerMultiProcessor / int(kThreads));
  return {unsigned(std::min(most, (n + kThreads - 1) / kThreads))};
}

/** Counters that each thread draws: `each` numbers a time. */
uint64_t countersFor(int64_t n, Grid grid, int64_t each) {
  return uint64_t((n - 1) / (int64_t(kThreads) * grid.x * each) + 1) * 4;
}

/** From this range on, 64 bits are drawn for a whole number. */
constexpr uint64_t kWideRange = uint64_t(1) << 28;

/** Whole numbers as far as the type holds every one. */
uint64_t rangeOf(DType type) {
  switch (type) {
    case DType::Float64: return (uint64_t(1) << 53) + 1;
    case DType::Int64: return uint64_t(1) << 63;
    case DType::Float32: return (1u << 24) + 1;
    case DType::Float16: return (1u << 11) + 1;
    case DType::BFloat16: return (1u << 8) + 1;
    case DType::Int32: return uint64_t(1) << 31;
    case DType::Int16: return 1u << 15;
    case DType::Int8: return 1u << 7;
    case DType::UInt8: return 1u << 8;
    case DType::Bool: return 2;
  }
  return 2;
}

/** Bytes of a tensor that PyTorch fills at a time: larger ones in halves, each with counters of its own. */
constexpr int64_t kMostBytes = (int64_t(1) << 31) - 1;

/** Calls body(nest) for a walk over one tensor, or for the halves of its longest dimension, and so on. */
template <class Body>
void inHalves(const StridedLoop& nest, const Body& body) {
  int64_t bytes = 1, longest = -1;
  int at = 0;
  for (int d = 0; d < nest.sizes.size(); d++) {
    const int64_t extent = (nest.sizes[d] - 1) * std::abs(nest.strides[0][d]);
    bytes += extent;
    if (extent > longest) at = d;
    longest = std::max(longest, extent);
  }
  if (nest.numel <= kMostBytes && bytes <= kMostBytes) return body(nest);
  const int64_t size = nest.sizes[at], half = size / 2;
  StridedLoop first = nest, second = nest;
  first.sizes[at] = half;
  second.sizes[at] = size - half;
  first.numel = nest.numel / size * half;
  second.numel = nest.numel - first.numel;
  second.data[0] += half * nest.strides[0][at];
  inHalves(first, body);
  inHalves(second, body);
}

void fillOnCuda(Fill kind, const Tensor& x, Generator& generator, double a, double b) {
  const Device device = x.device();
  DrawArguments f{};
  f.a = a;
  f.b = b;
  bool whole = false;
  switch (kind) {
    case Fill::Uniform: f.draw = Draw::Uniform; break;
    case Fill::Normal: f.draw = Draw::Normal; break;
    case Fill::Bernoulli: f.draw = Draw::Bernoulli; break;
    case Fill::Exponential: f.draw = Draw::Exponential; break;
    case Fill::RandInt:
      whole = true;
      f.base = int64_t(a);
      f.range = (b >= 0x1p63 ? uint64_t(INT64_MAX) + 1 : uint64_t(int64_t(b))) - uint64_t(f.base);
      // All 64 bits are a range that counts as 0.
      f.draw = f.range == 0 || f.range >= kWideRange ? Draw::Whole64 : Draw::Whole32;
      break;
    case Fill::Random:
      whole = true;
      f.range = rangeOf(x.dtype());
      f.draw = x.dtype() == DType::Float64 || x.dtype() == DType::Int64 ? Draw::Whole64 : Draw::Whole32;
      break;
  }
  const bool wide = whole ? f.draw == Draw::Whole64 : x.dtype() == DType::Float64;
  static Function functions[5];
  constexpr const char* names[] = {"fillFloat", "fillDouble", "fillWhole", "fillFlat", "fillWholeFlat"};
  const Tensor* one[1] = {&x};
  inHalves(StridedLoop(x.sizes(), one, 1), [&](const StridedLoop& nest) {
    const bool row = nest.sizes.empty() || (nest.sizes.size() == 1 && nest.strides[0][0] == int64_t(x.itemSize()));
    const bool flat = row && (whole ? x.dtype() == DType::Int64 && !wide : x.dtype() == DType::Float32);
    const int which = whole ? (flat ? 4 : 2) : wide ? 1 : flat ? 3 : 0;
    const CUfunction kernel = functions[which].get(cudaIndex(device), names[which], [] { return Unit{"random.cu", ""}; });
    f.to = {nest.data[0], int(x.dtype())};
    f.walk = walkOf<1>(nest);
    f.n = unsigned(nest.numel);
    const Grid grid = gridOf(nest.numel, device);
    f.random = philoxFor(generator, countersFor(nest.numel, grid, wide ? 2 : 4));
    launch(kernel, device, grid, kThreads, f);
  });
}

void bernoulliTensorOnCuda(const Tensor& x, const Tensor& p, Generator& generator) {
  const Device device = x.device();
  const int64_t n = x.numel();
  if (n == 0) return;
  const Tensor* both[2] = {&x, &p};
  // As PyTorch here: a thread for each four elements, however many there are, and ten numbers from the generator.
  const PhiloxState random = philoxFor(generator, 10);
  static Function functions;
  const CUfunction kernel = functions.get(cudaIndex(device), "bernoulliTensor", [] { return Unit{"random.cu", ""}; });
  long long first = 0;
  inLaunches(StridedLoop(x.sizes(), both, 2), [&](const StridedLoop& nest) {
    const int64_t groups = (first + nest.numel - 1) / 4 - first / 4 + 1;
    launch(kernel, device, gridFor(groups, kThreads), kThreads, Place{nest.data[0], int(x.dtype())},
           Place{nest.data[1], int(p.dtype())}, walkOf<2>(nest), first, unsigned(nest.numel), random, faultOf(cudaIndex(device)),
           faultCode());
    first += nest.numel;
  });
}

void dropoutOnCuda(const Tensor& result, const Tensor& mask, const Tensor& x, double p, Generator& generator) {
  const Device device = x.device();
  const int64_t n = x.numel();
  const int lanes = n % 4 == 0 ? 4 : n % 2 == 0 ? 2 : 1;
  const Grid grid = gridOf(n, device);
  const PhiloxState random = philoxFor(generator, countersFor(n, grid, 4));
  static Function functions[4];
  // What differs is how it is read and written: the numbers and who draws them are the same.
  const auto aligned = [](const Tensor& t) { return isAligned(t.data(), 4 * t.itemSize()); };
  const int which = lanes != 4 || !(aligned(result) && aligned(mask) && aligned(x)) ? 0
                    : x.dtype() == DType::Float32                                  ? 1
                    : x.dtype() == DType::Float16                                  ? 2
                    : x.dtype() == DType::BFloat16                                 ? 3
                                                                                   : 0;
  constexpr const char* names[] = {"dropout", "dropoutFloat", "dropoutHalf", "dropoutBFloat16"};
  const CUfunction kernel = functions[which].get(cudaIndex(device), names[which], [] { return Unit{"random.cu", ""}; });
  if (which > 0) {
    launch(kernel, device, grid, kThreads, result.data(), mask.data(), x.data(), static_cast<long long>(n), float(1 - p), random);
    return;
  }
  const auto place = [](const Tensor& t) { return cuda::Place{t.as<char>(), int(t.dtype())}; };
  launch(kernel, device, grid, kThreads, place(result), place(mask), place(x), static_cast<long long>(x.itemSize()),
         static_cast<long long>(n), 1 - p, lanes, random);
}

GB_UNITS(all) { all.push_back(Unit{"random.cu", ""}); }

GB_KERNEL(CUDA, randomFillKernel, fillOnCuda)
GB_KERNEL(CUDA, bernoulliTensorKernel, bernoulliTensorOnCuda)
GB_KERNEL(CUDA, dropoutKernel, dropoutOnCuda)

}  // namespace
}  // namespace gb::cuda
