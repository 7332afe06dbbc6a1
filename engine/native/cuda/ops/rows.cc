// Ops on rows on a card: a block takes a row.
#include "ops/rows.h"

#include <algorithm>

#include "cuda/ops/units.h"

namespace gb::cuda {
namespace {

/** Whole warps, as many as the row keeps busy. */
unsigned threadsFor(int64_t n) { return unsigned(std::clamp<int64_t>((n + 31) / 32 * 32, 32, 512)); }

Grid rowGrid(int64_t rows) { return gridFor(rows, 1); }

void mapOnCuda(RowMap map, const Tensor& y, const Tensor& x, int64_t n, int64_t inner) {
  static ByFloat softmax, logSoftmax, columns;
  const bool log = map == RowMap::LogSoftmax;
  if (inner > 1) {
    const long long count = x.numel() / n;
    launch(columns.get(x.device(), "rows.cu", "softmaxColumns", x.dtype()), x.device(), gridFor(count, kThreads), kThreads,
           y.data(), x.data(), static_cast<long long>(n), static_cast<long long>(inner), count, log);
    return;
  }
  const CUfunction kernel = (log ? logSoftmax : softmax).get(x.device(), "rows.cu", log ? "logSoftmax" : "softmax", x.dtype());
  launch(kernel, x.device(), rowGrid(x.numel() / n), threadsFor(n), y.data(), x.data(), static_cast<long long>(n));
}

void mapBackwardOnCuda(RowMap map, const Tensor& dx, const Tensor& g, const Tensor& y, int64_t n, int64_t inner) {
  static ByFloat softmax, logSoftmax, columns;
  const bool log = map == RowMap::LogSoftmax;
  if (inner > 1) {
    const long long count = y.numel() / n;
    launch(columns.get(y.device(), "rows.cu", "softmaxColumnsBackward", y.dtype()), y.device(), gridFor(count, kThreads),
           kThreads, dx.data(), g.data(), y.data(), static_cast<long long>(n), static_cast<long long>(inner), count, log);
    return;
  }
  const CUfunction kernel = (log ? logSoftmax : softmax)
                                .get(y.device(), "rows.cu", log ? "logSoftmaxBackward" : "softmaxBackward", y.dtype());
  launch(kernel, y.device(), rowGrid(y.numel() / n), threadsFor(n), dx.data(), g.data(), y.data(), static_cast<long long>(n));
}

void reduceOnCuda(RowReduction reduction, const Tensor& out, const Tensor& x, int64_t n, double p) {
  static ByFloat variance, logSumExp;
  const Device device = out.device();
  if (reduction == RowReduction::LogSumExp) {
    launch(logSumExp.get(device, "rows.cu", "logSumExp", x.dtype()), device, rowGrid(out.numel()), threadsFor(n), out.data(),
           x.data(), static_cast<long long>(n));
    return;
  }
  launch(variance.get(device, "rows.cu", "variance", x.dtype()), device, rowGrid(out.numel()), threadsFor(n), out.data(),
         x.data(), static_cast<long long>(n), p, reduction == RowReduction::Deviation);
}

void extremeOnCuda(bool largest, MaybeTensor values, const Tensor& indices, const Tensor& x, int64_t n) {
  static ByCompute kernels;
  unsigned threads = 32;
  while (threads < 256 && threads < n) threads *= 2;
  void* to = values ? values->data() : nullptr;
  launch(kernels.get(x.device(), "extremes.cu", "extreme", computeType(x.dtype())), x.device(), rowGrid(indices.numel()), threads,
         to, indices.data(), Place{x.as<char>(), int(x.dtype())}, static_cast<long long>(x.itemSize()),
         static_cast<long long>(n), largest);
}

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) all.push_back(ByFloat::unit("rows.cu", type));
  for (DType compute : kComputes) all.push_back(ByCompute::unit("extremes.cu", compute));
}

GB_KERNEL(CUDA, rowMapKernel, mapOnCuda)
GB_KERNEL(CUDA, rowMapBackwardKernel, mapBackwardOnCuda)
GB_KERNEL(CUDA, rowReduceKernel, reduceOnCuda)
GB_KERNEL(CUDA, rowExtremeKernel, extremeOnCuda)

}  // namespace
}  // namespace gb::cuda
