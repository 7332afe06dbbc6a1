#include "ops/rows.h"

#include "ops/copy.h"
#include "ops/shape.h"

namespace gb {

Kernel<void(RowMap, const Tensor&, const Tensor&, int64_t, int64_t)> rowMapKernel("rowMap");
Kernel<void(RowMap, const Tensor&, const Tensor&, const Tensor&, int64_t, int64_t)> rowMapBackwardKernel("rowMapBackward");
Kernel<void(RowReduction, const Tensor&, const Tensor&, int64_t, double)> rowReduceKernel("rowReduce");
Kernel<void(bool, MaybeTensor, const Tensor&, const Tensor&, int64_t)> rowExtremeKernel("rowExtreme");

Tensor asRows(const Tensor& x, int dim) {
  if (x.ndim() == 0 || dim == x.ndim() - 1) return contiguous(x);
  Dims order;
  for (int i = 0; i < x.ndim(); i++) {
    if (i != dim) order.push(i);
  }
  order.push(dim);
  return contiguous(permute(x, order));
}

Tensor fromRows(const Tensor& rows, int dim, int ndim) {
  if (ndim == 0 || dim == ndim - 1) return rows;
  Dims order;
  for (int i = 0; i < ndim; i++) order.push(i < dim ? i : i == dim ? ndim - 1 : i - 1);
  return contiguous(permute(rows, order));
}

namespace {

void checkFloat(const Tensor& x) {
  GB_CHECK(isFloat(x.dtype()), "not implemented for '", titleOf(x.dtype()), "'");
}

/** The type in which a row op's kernel takes memory: on the host half types go by way of float. */
DType rowType(const Tensor& x) { return x.device() == Device::CPU ? computeType(x.dtype()) : x.dtype(); }

int64_t rowLength(const Tensor& x, int dim) { return x.ndim() == 0 ? 1 : x.size(dim); }

/** From so many rows side by side on, they are worked on where they lie; fewer are brought behind each other. */
constexpr int64_t kSideBySide = 16;

/** How far apart the elements of a row along `d` lie, where it is to stay so; 1 where asRows brings them together. */
int64_t innerOf(const Tensor& x, int d) {
  int64_t inner = 1;
  for (int i = d + 1; i < x.ndim(); i++) inner *= x.size(i);
  return inner < kSideBySide ? 1 : inner;
}

Tensor mapRows(RowMap map, const Tensor& x, int64_t dim) {
  checkFloat(x);
  const int d = wrapDim(dim, x.ndim());
  const int64_t inner = innerOf(x, d);
  const Tensor same = asType(x, rowType(x)), rows = inner > 1 ? contiguous(same) : asRows(same, d);
  Tensor y = emptyTensor(rows.sizes(), rows.dtype(), x.device());
  if (x.numel() > 0) rowMapKernel(x.device(), map, y, rows, rowLength(x, d), inner);
  const Tensor result = asType(y, x.dtype());
  return inner > 1 ? result : fromRows(result, d, x.ndim());
}

Tensor mapRowsBackward(RowMap map, const Tensor& grad, const Tensor& result, int64_t dim) {
  checkFloat(result);
  GB_CHECK(grad.sizes() == result.sizes(), "the gradient's shape ", grad.sizes(), " is not the result's ",
           result.sizes());
  const int d = wrapDim(dim, result.ndim());
  const DType type = rowType(result);
  const int64_t inner = innerOf(result, d);
  const auto laid = [&](const Tensor& t) { return inner > 1 ? contiguous(asType(t, type)) : asRows(asType(t, type), d); };
  const Tensor g = laid(grad), y = laid(result);
  Tensor dx = emptyTensor(y.sizes(), type, y.device());
  if (y.numel() > 0) rowMapBackwardKernel(y.device(), map, dx, g, y, rowLength(result, d), inner);
  const Tensor back = asType(dx, result.dtype());
  return inner > 1 ? back : fromRows(back, d, result.ndim());
}

/** Reduces dims by bringing them to the end, where they form one row. */
Tensor reduceRows(RowReduction reduction, const Tensor& x, MaybeDims dims, bool keepdim, double p) {
  checkFloat(x);
  const Dims keptShape = reducedShape(x, dims);
  Dims order, reduced;
  for (int i = 0; i < x.ndim(); i++) {
    // A dimension of size 1 makes no difference on either side.
    (keptShape[i] == x.size(i) ? order : reduced).push(i);
  }
  int64_t n = 1;
  for (int64_t d : reduced) {
    n *= x.size(int(d));
    order.push(d);
  }
  const Tensor rows = contiguous(permute(asType(x, rowType(x)), order));
  Tensor out = emptyTensor(keptShape, rows.dtype(), x.device());
  if (out.numel() > 0) rowReduceKernel(x.device(), reduction, out, rows, n, p);
  const Tensor kept = asType(out, x.dtype());
  return keepdim ? kept : dropReduced(kept, x, dims);
}

TensorPair extreme(bool largest, const Tensor& x, int64_t dim, bool keepdim, bool values) {
  const int d = wrapDim(dim, x.ndim());
  const int64_t n = rowLength(x, d);
  GB_CHECK(n > 0 || x.numel() > 0, "Expected reduction dim ", d, " to have non-zero size.");
  const Dims over{d};
  const Tensor rows = asRows(x, d);
  Dims shape = reducedShape(x, &over);
  Tensor best, index = emptyTensor(shape, DType::Int64, x.device());
  if (values) best = emptyTensor(shape, x.dtype(), x.device());
  if (index.numel() > 0) rowExtremeKernel(x.device(), largest, values ? &best : nullptr, index, rows, n);
  if (keepdim) return {best, index};
  return {values ? dropReduced(best, x, &over) : best, dropReduced(index, x, &over)};
}

Tensor argExtreme(bool largest, const Tensor& x, std::optional<int64_t> dim, bool keepdim) {
  GB_CHECK(x.dtype() != DType::Bool, "not implemented for 'Bool'");
  if (dim) return extreme(largest, x, *dim, keepdim, false).second;
  GB_CHECK(x.numel() > 0, "Expected reduction dim to be specified for input.numel() == 0.");
  const Tensor index = extreme(largest, reshape(x, {x.numel()}), 0, false, false).second;
  return keepdim ? index.viewed(Dims(x.ndim(), 1), Dims(x.ndim(), 1)) : index;
}

}  // namespace

Tensor softmax(const Tensor& x, int64_t dim) { return mapRows(RowMap::Softmax, x, dim); }
Tensor logSoftmax(const Tensor& x, int64_t dim) { return mapRows(RowMap::LogSoftmax, x, dim); }
Tensor softmaxBackward(const Tensor& grad, const Tensor& result, int64_t dim) {
  return mapRowsBackward(RowMap::Softmax, grad, result, dim);
}
Tensor logSoftmaxBackward(const Tensor& grad, const Tensor& result, int64_t dim) {
  return mapRowsBackward(RowMap::LogSoftmax, grad, result, dim);
}

Tensor var(const Tensor& x, MaybeDims dims, double correction, bool keepdim) {
  return reduceRows(RowReduction::Variance, x, dims, keepdim, correction);
}
Tensor std_(const Tensor& x, MaybeDims dims, double correction, bool keepdim) {
  return reduceRows(RowReduction::Deviation, x, dims, keepdim, correction);
}
Tensor logsumexp(const Tensor& x, MaybeDims dims, bool keepdim) {
  return reduceRows(RowReduction::LogSumExp, x, dims, keepdim, 0);
}

TensorPair maxDim(const Tensor& x, int64_t dim, bool keepdim) { return extreme(true, x, dim, keepdim, true); }
TensorPair minDim(const Tensor& x, int64_t dim, bool keepdim) { return extreme(false, x, dim, keepdim, true); }
Tensor argmax(const Tensor& x, std::optional<int64_t> dim, bool keepdim) { return argExtreme(true, x, dim, keepdim); }
Tensor argmin(const Tensor& x, std::optional<int64_t> dim, bool keepdim) { return argExtreme(false, x, dim, keepdim); }

}  // namespace gb
