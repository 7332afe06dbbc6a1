// Sets, searches and counts on a card.
#include <algorithm>

#include "cuda/ops/units.h"
#include "ops/create.h"
#include "ops/scan.h"
#include "ops/sort.h"
#include "ops/transfer.h"

namespace gb::cuda {
namespace {

Unique uniqueOnCuda(const Tensor& values, MaybeTensor order, const Tensor& inverse) {
  static ByCompute changes, distincts, lengths;
  const Device device = values.device();
  const int64_t n = values.numel();
  int64_t count = 0;
  const Tensor ranks = emptyTensor({n}, DType::Int64, device);
  if (n > 0) {
    const Tensor flags = emptyTensor({n}, DType::Int64, device);
    launch(changes.get(device, "sets.cu", "changes", values.dtype()), device, gridFor(n, kThreads), kThreads, flags.data(),
           values.data(), static_cast<long long>(n));
    scanKernel(device, Scan::Sum, ranks, nullptr, flags, n);
    // How many there are decides the result's shape: the host must know.
    count = *onHost(ranks.viewed({1}, {1}, ranks.offset() + n - 1)).as<int64_t>();
  }
  const Tensor found = emptyTensor({count}, values.dtype(), device), starts = emptyTensor({count}, DType::Int64, device);
  const Tensor counts = emptyTensor({count}, DType::Int64, device);
  if (n > 0) {
    void* places = order ? order->data() : nullptr;
    launch(distincts.get(device, "sets.cu", "distinct", values.dtype()), device, gridFor(n, kThreads), kThreads, found.data(),
           starts.data(), inverse.data(), values.data(), ranks.data(), places, static_cast<long long>(n));
    launch(lengths.get(device, "sets.cu", "lengths", values.dtype()), device, gridFor(count, kThreads), kThreads, counts.data(),
           starts.data(), static_cast<long long>(count), static_cast<long long>(n));
  }
  return {found, inverse, counts};
}

void searchOnCuda(const Tensor& sorted, const Tensor& values, const Tensor& out, int64_t perRow, bool right) {
  static ByCompute kernels;
  // As kSearches of kernels/sets.cu.
  constexpr int64_t each = 4;
  launch(kernels.get(out.device(), "sets.cu", "search", sorted.dtype()), out.device(), gridFor(out.numel(), each * kThreads), kThreads,
         out.data(), sorted.data(), values.data(), static_cast<long long>(sorted.size(sorted.ndim() - 1)),
         static_cast<long long>(perRow), static_cast<long long>(out.numel()), right);
}

/** Blocks that fill a card, each of which counts what it comes by. */
Grid countingGrid(const Tensor& x) {
  const int64_t most = 8 * int64_t(properties(cudaIndex(x.device())).multiProcessorCount);
  return gridFor(std::min((x.numel() + kThreads - 1) / kThreads, most), 1);
}

void bincountOnCuda(const Tensor& x, const Tensor& counts) {
  static ByCompute kernels;
  launch(kernels.get(x.device(), "sets.cu", "countEach", x.dtype()), x.device(), countingGrid(x), kThreads, counts.data(), x.data(),
         static_cast<long long>(x.numel()), static_cast<long long>(counts.numel()));
}

void histcOnCuda(const Tensor& x, const Tensor& counts, double min, double max) {
  static ByCompute kernels;
  launch(kernels.get(x.device(), "sets.cu", "countBins", x.dtype()), x.device(), countingGrid(x), kThreads, counts.data(), x.data(),
         static_cast<long long>(x.numel()), static_cast<long long>(counts.numel()), min, max);
}

GB_UNITS(all) {
  for (DType compute : kComputes) all.push_back(ByCompute::unit("sets.cu", compute));
}

GB_KERNEL(CUDA, uniqueKernel, uniqueOnCuda)
GB_KERNEL(CUDA, searchsortedKernel, searchOnCuda)
GB_KERNEL(CUDA, bincountKernel, bincountOnCuda)
GB_KERNEL(CUDA, histcKernel, histcOnCuda)

}  // namespace
}  // namespace gb::cuda
