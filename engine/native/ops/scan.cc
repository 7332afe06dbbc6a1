#include "ops/scan.h"

#include "ops/copy.h"

namespace gb {

Kernel<void(Scan, const Tensor&, MaybeTensor, const Tensor&, int64_t)> scanKernel("scan");
Kernel<void(RowChoice, const Tensor&, const Tensor&, const Tensor&, int64_t)> rowChoiceKernel("rowChoice");

namespace {

int64_t rowLength(const Tensor& x, int dim) { return x.ndim() == 0 ? 1 : x.size(dim); }

Tensor running(Scan scan, const Tensor& x, int64_t dim, MaybeDType dtype) {
  const int d = wrapDim(dim, x.ndim());
  const DType result = dtype.value_or(isFloat(x.dtype()) ? x.dtype() : DType::Int64);
  // The elements become the result's type first, and wrap with it.
  const Tensor rows = asRows(asType(asType(x, result), computeType(result)), d);
  Tensor y = emptyTensor(rows.sizes(), rows.dtype(), x.device());
  if (x.numel() > 0) scanKernel(x.device(), scan, y, nullptr, rows, rowLength(x, d));
  return fromRows(asType(y, result), d, x.ndim());
}

TensorPair runningExtreme(Scan scan, const Tensor& x, int64_t dim) {
  const int d = wrapDim(dim, x.ndim());
  const Tensor rows = asRows(asType(x, computeType(x.dtype())), d);
  Tensor y = emptyTensor(rows.sizes(), rows.dtype(), x.device());
  Tensor indices = emptyTensor(rows.sizes(), DType::Int64, x.device());
  if (x.numel() > 0) scanKernel(x.device(), scan, y, &indices, rows, rowLength(x, d));
  return {fromRows(asType(y, x.dtype()), d, x.ndim()), fromRows(indices, d, x.ndim())};
}

TensorPair choose(RowChoice choice, const Tensor& x, int64_t dim, bool keepdim) {
  const int d = wrapDim(dim, x.ndim());
  const int64_t n = rowLength(x, d);
  GB_CHECK(n > 0, "Expected reduction dim ", d, " to have non-zero size.");
  const Dims over{d};
  const Tensor rows = asRows(asType(x, computeType(x.dtype())), d);
  const Dims shape = reducedShape(x, &over);
  Tensor values = emptyTensor(shape, rows.dtype(), x.device()), indices = emptyTensor(shape, DType::Int64, x.device());
  if (values.numel() > 0) rowChoiceKernel(x.device(), choice, values, indices, rows, n);
  const Tensor typed = asType(values, x.dtype());
  if (keepdim) return {typed, indices};
  return {dropReduced(typed, x, &over), dropReduced(indices, x, &over)};
}

}  // namespace

Tensor cumsum(const Tensor& x, int64_t dim, MaybeDType dtype) { return running(Scan::Sum, x, dim, dtype); }
Tensor cumprod(const Tensor& x, int64_t dim, MaybeDType dtype) { return running(Scan::Product, x, dim, dtype); }
Tensor logcumsumexp(const Tensor& x, int64_t dim) {
  GB_CHECK(isFloat(x.dtype()), "expected a floating-point tensor, got ", nameOf(x.dtype()));
  return running(Scan::LogSumExp, x, dim, {});
}
TensorPair cummax(const Tensor& x, int64_t dim) { return runningExtreme(Scan::Max, x, dim); }
TensorPair cummin(const Tensor& x, int64_t dim) { return runningExtreme(Scan::Min, x, dim); }
TensorPair medianDim(const Tensor& x, int64_t dim, bool keepdim) { return choose(RowChoice::Median, x, dim, keepdim); }
TensorPair modeDim(const Tensor& x, int64_t dim, bool keepdim) { return choose(RowChoice::Mode, x, dim, keepdim); }

}  // namespace gb
