// Ops on rows on a card.
#include "ops/rows.h"

#include <algorithm>

#include "cuda/ops/row_plan.h"
#include "cuda/ops/walk.h"
#include "ops/copy.h"
#include "ops/pointwise.h"
#include "ops/reduce.h"

namespace gb::cuda {
namespace {

void mapOnCuda(RowMap map, const Tensor& y, const Tensor& x, int64_t n, int64_t inner) {
  static ByRow softmax, logSoftmax;
  static ByFloat columns;
  const bool log = map == RowMap::LogSoftmax;
  if (inner > 1) {
    const long long count = x.numel() / n;
    launch(columns.get(x.device(), "columns.cu", "softmaxColumns", x.dtype()), x.device(), gridFor(count, kThreads), kThreads,
           y.data(), x.data(), static_cast<long long>(n), static_cast<long long>(inner), count, log);
    return;
  }
  const RowPlan plan(x.numel() / n, n, x.dtype(), {x.data(), y.data()});
  const CUfunction kernel = (log ? logSoftmax : softmax).get(x.device(), "rows.cu", log ? "logSoftmax" : "softmax", plan);
  launch(kernel, x.device(), plan.grid, plan.threads, plan.rows, y.data(), x.data());
}

void mapBackwardOnCuda(RowMap map, const Tensor& dx, const Tensor& g, const Tensor& y, int64_t n, int64_t inner) {
  static ByRow softmax, logSoftmax;
  static ByFloat columns;
  const bool log = map == RowMap::LogSoftmax;
  if (inner > 1) {
    const long long count = y.numel() / n;
    launch(columns.get(y.device(), "columns.cu", "softmaxColumnsBackward", y.dtype()), y.device(), gridFor(count, kThreads),
           kThreads, dx.data(), g.data(), y.data(), static_cast<long long>(n), static_cast<long long>(inner), count, log);
    return;
  }
  const RowPlan plan(y.numel() / n, n, y.dtype(), {dx.data(), g.data(), y.data()});
  const CUfunction kernel =
      (log ? logSoftmax : softmax).get(y.device(), "rows.cu", log ? "logSoftmaxBackward" : "softmaxBackward", plan);
  launch(kernel, y.device(), plan.grid, plan.threads, plan.rows, dx.data(), g.data(), y.data());
}

void reduceOnCuda(RowReduction reduction, const Tensor& out, const Tensor& x, int64_t n, double p) {
  static ByRow variance, logSumExp;
  const Device device = out.device();
  if (n > mostElements() && reduction != RowReduction::LogSumExp) {
    const Tensor rows = x.viewed({out.numel(), n}, {n, 1}), to = out.viewed({out.numel(), 1}, {1, 1});
    const Dims last{1};
    const Tensor centred = binary(Binary::sub, rows, mean(rows, &last, true, std::nullopt));
    const double freedom = std::max(0.0, double(n) - p);
    const Tensor squares = sum(unary(Unary::square, centred), &last, true, std::nullopt);
    const Tensor found = binary(Binary::div, squares, Scalar::of(freedom));
    copyInto(to, reduction == RowReduction::Deviation ? unary(Unary::sqrt, found) : found);
    return;
  }
  const RowPlan plan(out.numel(), n, x.dtype(), {x.data()});
  if (reduction == RowReduction::LogSumExp) {
    launch(logSumExp.get(device, "rows.cu", "logSumExp", plan), device, plan.grid, plan.threads, plan.rows, out.data(),
           x.data());
    return;
  }
  launch(variance.get(device, "rows.cu", "variance", plan), device, plan.grid, plan.threads, plan.rows, out.data(), x.data(), p,
         reduction == RowReduction::Deviation);
}

void extremeOnCuda(bool largest, MaybeTensor values, const Tensor& indices, const Tensor& x, int64_t n) {
  static ByCompute kernels;
  const int64_t rows = indices.numel(), full = int64_t(properties(cudaIndex(x.device())).multiProcessorCount) * 2048;
  // A few elements for each thread, and more than a warp for a row only where rows alone do not fill the card.
  unsigned lanes = 1;
  while (lanes < 512 && lanes * 4 < n && (lanes < 32 || lanes * rows < full)) lanes *= 2;
  const unsigned threads = std::max(lanes, kThreads);
  void* to = values ? values->data() : nullptr;
  launch(kernels.get(x.device(), "extremes.cu", "extreme", computeType(x.dtype())), x.device(), gridFor(lanes * rows, threads),
         threads, to, indices.data(), Place{x.as<char>(), int(x.dtype())}, static_cast<long long>(x.itemSize()),
         static_cast<long long>(n), static_cast<long long>(rows), lanes, largest);
}

GB_UNITS(all) {
  ByRow::list(all, "rows.cu");
  for (DType type : {DType::Float32, DType::Float64}) all.push_back(ByFloat::unit("columns.cu", type));
  for (DType compute : kComputes) all.push_back(ByCompute::unit("extremes.cu", compute));
}

GB_KERNEL(CUDA, rowMapKernel, mapOnCuda)
GB_KERNEL(CUDA, rowMapBackwardKernel, mapBackwardOnCuda)
GB_KERNEL(CUDA, rowReduceKernel, reduceOnCuda)
GB_KERNEL(CUDA, rowExtremeKernel, extremeOnCuda)

}  // namespace
}  // namespace gb::cuda
