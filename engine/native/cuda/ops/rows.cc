// Ops on rows on a card.
#include "ops/rows.h"

#include <algorithm>
#include <optional>

#include "cuda/kernels/column_arguments.h"
#include "cuda/ops/long_rows.h"
#include "cuda/ops/row_plan.h"
#include "cuda/runtime/fault.h"
#include "ops/copy.h"

namespace gb::cuda {
namespace {

/** Elements of a column that a part is worth, and parts at most. */
constexpr int64_t kColumnLeast = 64, kMostColumnParts = 128;

/** How blocks share out `columns` of n elements: whole, or in parts where there are few. */
struct ColumnPlan {
  ColumnArguments arguments{};
  Grid grid{};
  std::optional<Scratch> parts;

  /** `found`: bytes of what a part keeps of a column. */
  ColumnPlan(int64_t columns, int64_t n, int64_t inner, bool log, size_t found, Device device) {
    grid = gridFor(columns, kColumnsBeside);
    const int64_t wanted = 8 * int64_t(properties(cudaIndex(device)).multiProcessorCount);
    const int64_t cuts = std::clamp<int64_t>(std::min(wanted / grid.x, n / kColumnLeast), 1, kMostColumnParts);
    arguments = {n, inner, columns, (n + cuts - 1) / cuts, nullptr, log};
    grid.y = unsigned((n + arguments.perPart - 1) / arguments.perPart);
    if (grid.y == 1) return;
    parts.emplace(size_t(columns) * grid.y * found, device);
    arguments.parts = parts->data();
  }
};

void mapOnCuda(RowMap map, const Tensor& y, const Tensor& x, int64_t n, int64_t inner) {
  if (isHalf(x.dtype()) && (inner > 1 || inParts(x.numel() / n, n, x.device()) || !takesHalf(n, {x.data(), y.data()}))) {
    const Tensor result = emptyTensor(y.sizes(), DType::Float32, y.device());
    mapOnCuda(map, result, toType(x, DType::Float32), n, inner);
    return copyInto(y, result);
  }
  static ByRow softmax, logSoftmax;
  static ByFloat columns, columnParts;
  const bool log = map == RowMap::LogSoftmax;
  const Device device = x.device();
  if (inner > 1) {
    const ColumnPlan plan(x.numel() / n, n, inner, log, 2 * sizeof(double), device);
    if (plan.parts) {
      launch(columnParts.get(device, "columns.cu", "softmaxParts", x.dtype()), device, plan.grid, kColumnThreads, plan.arguments, x.data());
    }
    launch(columns.get(device, "columns.cu", "softmaxColumns", x.dtype()), device, plan.grid, kColumnThreads, plan.arguments, y.data(),
           x.data());
    return;
  }
  if (inParts(x.numel() / n, n, x.device())) return mapInParts(map, y, x, n);
  const RowPlan plan(x.numel() / n, n, x.dtype(), {x.data(), y.data()});
  const CUfunction kernel = (log ? logSoftmax : softmax).get(x.device(), "rows.cu", log ? "logSoftmax" : "softmax", plan);
  launch(kernel, x.device(), plan.grid, plan.threads, plan.rows, y.data(), x.data());
}

void mapBackwardOnCuda(RowMap map, const Tensor& dx, const Tensor& g, const Tensor& y, int64_t n, int64_t inner) {
  if (isHalf(y.dtype()) && (inner > 1 || inParts(y.numel() / n, n, y.device()) || !takesHalf(n, {dx.data(), g.data(), y.data()}))) {
    const Tensor result = emptyTensor(dx.sizes(), DType::Float32, dx.device());
    mapBackwardOnCuda(map, result, toType(g, DType::Float32), toType(y, DType::Float32), n, inner);
    return copyInto(dx, result);
  }
  static ByRow softmax, logSoftmax;
  static ByFloat columns, columnParts;
  const bool log = map == RowMap::LogSoftmax;
  const Device device = y.device();
  if (inner > 1) {
    const ColumnPlan plan(y.numel() / n, n, inner, log, sizeof(double), device);
    if (plan.parts) {
      launch(columnParts.get(device, "columns.cu", "softmaxPartsBackward", y.dtype()), device, plan.grid, kColumnThreads, plan.arguments,
             g.data(), y.data());
    }
    launch(columns.get(device, "columns.cu", "softmaxColumnsBackward", y.dtype()), device, plan.grid, kColumnThreads, plan.arguments,
           dx.data(), g.data(), y.data());
    return;
  }
  if (inParts(y.numel() / n, n, y.device())) return mapBackwardInParts(map, dx, g, y, n);
  const RowPlan plan(y.numel() / n, n, y.dtype(), {dx.data(), g.data(), y.data()});
  const CUfunction kernel =
      (log ? logSoftmax : softmax).get(y.device(), "rows.cu", log ? "logSoftmaxBackward" : "softmaxBackward", plan);
  launch(kernel, y.device(), plan.grid, plan.threads, plan.rows, dx.data(), g.data(), y.data());
}

void reduceOnCuda(RowReduction reduction, const Tensor& out, const Tensor& x, int64_t n, double p) {
  if (isHalf(x.dtype()) && (inParts(out.numel(), n, x.device()) || !takesHalf(n, {x.data()}))) {
    const Tensor result = emptyTensor(out.sizes(), DType::Float32, out.device());
    reduceOnCuda(reduction, result, toType(x, DType::Float32), n, p);
    return copyInto(out, result);
  }
  static ByRow variance, logSumExp;
  const Device device = out.device();
  if (inParts(out.numel(), n, device)) return reduceInParts(reduction, out, x, n, p);
  const RowPlan plan(out.numel(), n, x.dtype(), {x.data()});
  if (reduction == RowReduction::LogSumExp) {
    launch(logSumExp.get(device, "rows.cu", "logSumExp", plan), device, plan.grid, plan.threads, plan.rows, out.data(),
           x.data());
    return;
  }
  launch(variance.get(device, "rows.cu", "variance", plan), device, plan.grid, plan.threads, plan.rows, out.data(), x.data(), p,
         reduction == RowReduction::Deviation);
}

/** Threads for a row at most, elements of each of them from which on several blocks share a row, and elements of each then at least. */
constexpr int64_t kExtremeThreads = 512, kExtremeLongest = 32, kExtremeLeast = 8;

void extremeOnCuda(bool largest, MaybeTensor values, const Tensor& indices, const Tensor& x, int64_t n) {
  static ByCompute kernels, joins;
  const Device device = x.device();
  const int64_t rows = indices.numel(), processors = properties(cudaIndex(device)).multiProcessorCount;
  // A few elements for each thread, and more than a warp for a row only where rows alone do not fill the card.
  int64_t lanes = 1, parts = 1;
  while (lanes < kExtremeThreads && lanes * 4 < n && (lanes < 32 || lanes * rows < processors * 2048)) lanes *= 2;
  if (n > lanes * kExtremeLongest && rows < 2 * processors) {
    parts = std::min({n / (lanes * kExtremeLeast), (4 * processors + rows - 1) / rows, kExtremeThreads});
  }
  const int64_t perPart = (n + parts - 1) / parts;
  parts = (n + perPart - 1) / perPart;
  const Place place{x.as<char>(), int(x.dtype())};
  const long long size = x.itemSize(), length = n, count = rows;
  void* const to = values ? values->data() : nullptr;
  std::optional<Scratch> places;
  if (parts > 1) places.emplace(size_t(rows * parts) * 8, device);
  const unsigned threads = std::max(unsigned(lanes), kThreads);
  Grid grid = gridFor(lanes * rows, threads);
  grid.y = unsigned(parts);
  launch(kernels.get(device, "extremes.cu", "extreme", computeType(x.dtype())), device, grid, threads, parts > 1 ? nullptr : to,
         parts > 1 ? places->data() : indices.data(), place, size, length, count, static_cast<long long>(perPart), unsigned(lanes),
         largest);
  if (parts == 1) return;
  lanes = 2;
  while (lanes < parts) lanes *= 2;
  const unsigned together = std::max(unsigned(lanes), kThreads);
  launch(joins.get(device, "extremes.cu", "joinExtremes", computeType(x.dtype())), device, gridFor(lanes * rows, together), together, to,
         indices.data(), place, size, length, count, places->data(), unsigned(parts), unsigned(lanes), largest);
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
