#include "ops/reduce.h"

#include <cmath>

#include "ops/copy.h"
#include "ops/create.h"
#include "ops/transfer.h"
#include "tensor/promote.h"

namespace gb {

Kernel<void(const ReduceCall&)> reduceKernel("reduce");

namespace {

/** Marks the reduced dimensions: all where dims is null or empty. */
Dims marks(const Tensor& x, MaybeDims dims) {
  if (!dims || dims->empty()) return Dims(x.ndim(), 1);
  Dims marked(x.ndim(), 0);
  for (int64_t d : *dims) {
    const int dim = wrapDim(d, x.ndim());
    if (x.ndim() == 0) continue;
    GB_CHECK(!marked[dim], "dim ", dim, " appears multiple times in the list of dims");
    marked[dim] = 1;
  }
  return marked;
}

DType chosen(MaybeDType dtype, DType otherwise) { return dtype.value_or(otherwise); }

/** Runs a reduction; `compute` decides in which type the elements are joined. */
Tensor run(Reduction reduction, const Tensor& x, MaybeDims dims, bool keepdim, DType result, DType compute,
           double p = 0, Finish finish = Finish::None) {
  Tensor out = emptyTensor(reducedShape(x, dims), result, x.device());
  reduceKernel(x.device(), ReduceCall{reduction, &out, &x, compute, p, finish});
  return keepdim ? out : dropReduced(out, x, dims);
}

/** Integers and bool add up in int64. */
DType sumType(const Tensor& x, MaybeDType dtype) {
  return chosen(dtype, isFloat(x.dtype()) ? x.dtype() : DType::Int64);
}

int64_t reducedCount(const Tensor& x, MaybeDims dims) {
  const Dims marked = marks(x, dims);
  int64_t n = 1;
  for (int i = 0; i < x.ndim(); i++) n *= marked[i] ? x.size(i) : 1;
  return n;
}

Tensor extreme(Reduction reduction, const Tensor& x, MaybeDims dims, bool keepdim) {
  if (x.numel() == 0) {
    GB_CHECK(dims && !dims->empty(), "Expected reduction dim to be specified for input.numel() == 0. Specify the ",
             "reduction dim with the 'dim' argument.");
    GB_CHECK(reducedCount(x, dims) > 0, "Expected reduction dim to have non-zero size, got a tensor of shape ", x.sizes());
  }
  return run(reduction, x, dims, keepdim, x.dtype(), computeType(x.dtype()));
}

}  // namespace

Dims reducedShape(const Tensor& x, MaybeDims dims) {
  const Dims marked = marks(x, dims);
  Dims shape = x.sizes();
  for (int i = 0; i < shape.size(); i++) {
    if (marked[i]) shape[i] = 1;
  }
  return shape;
}

Tensor dropReduced(const Tensor& kept, const Tensor& x, MaybeDims dims) {
  const Dims marked = marks(x, dims);
  Dims sizes, strides;
  for (int i = 0; i < x.ndim(); i++) {
    if (marked[i]) continue;
    sizes.push(kept.size(i));
    strides.push(kept.stride(i));
  }
  return kept.viewed(std::move(sizes), std::move(strides));
}

Tensor sum(const Tensor& x, MaybeDims dims, bool keepdim, MaybeDType dtype) {
  const DType type = sumType(x, dtype);
  return run(Reduction::Sum, x, dims, keepdim, type, computeType(type));
}

Tensor nansum(const Tensor& x, MaybeDims dims, bool keepdim, MaybeDType dtype) {
  const DType type = sumType(x, dtype);
  return run(Reduction::NanSum, x, dims, keepdim, type, computeType(type));
}

Tensor prod(const Tensor& x, MaybeDims dims, bool keepdim, MaybeDType dtype) {
  const DType type = sumType(x, dtype);
  return run(Reduction::Product, x, dims, keepdim, type, computeType(type));
}

Tensor mean(const Tensor& x, MaybeDims dims, bool keepdim, MaybeDType dtype) {
  const DType type = chosen(dtype, x.dtype());
  GB_CHECK(isFloat(type), "could not infer output dtype. ", !dtype ? "Input dtype" : "Optional dtype",
           " must be a floating point dtype. Got: ", titleOf(type));
  return run(Reduction::Sum, x, dims, keepdim, type, computeType(type), double(reducedCount(x, dims)), Finish::Divide);
}

Tensor sumTo(const Tensor& x, const Dims& shape, MaybeDType dtype) {
  const DType type = chosen(dtype, x.dtype());
  if (x.sizes() == shape) return asType(x, type);
  const int shift = x.ndim() - shape.size();
  GB_CHECK(shift >= 0, "a tensor of shape ", x.sizes(), " cannot be summed to ", shape);
  Dims kept = x.sizes();
  for (int i = 0; i < x.ndim(); i++) {
    const int64_t want = i < shift ? 1 : shape[i - shift];
    GB_CHECK(want == x.size(i) || want == 1, "a tensor of shape ", x.sizes(), " cannot be summed to ", shape);
    kept[i] = want;
  }
  Tensor out = emptyTensor(kept, type, x.device());
  // Float elements are joined in their own type, and only the sum is converted.
  const DType compute = isFloat(type) == isFloat(x.dtype()) ? computeType(x.dtype()) : computeType(type);
  reduceKernel(x.device(), ReduceCall{Reduction::Sum, &out, &x, compute, 0, Finish::None});
  return out.viewed(shape, contiguousStrides(shape));
}

Tensor amax(const Tensor& x, MaybeDims dims, bool keepdim) { return extreme(Reduction::Max, x, dims, keepdim); }
Tensor amin(const Tensor& x, MaybeDims dims, bool keepdim) { return extreme(Reduction::Min, x, dims, keepdim); }

/** Bytes stay bytes, as in PyTorch, which had no bool once. */
DType truthType(DType dtype) { return dtype == DType::UInt8 ? DType::UInt8 : DType::Bool; }

Tensor all(const Tensor& x, MaybeDims dims, bool keepdim) {
  return run(Reduction::All, x, dims, keepdim, truthType(x.dtype()), computeType(x.dtype()));
}
Tensor any(const Tensor& x, MaybeDims dims, bool keepdim) {
  return run(Reduction::Any, x, dims, keepdim, truthType(x.dtype()), computeType(x.dtype()));
}

Tensor countNonzeroOver(const Tensor& x, MaybeDims dims) {
  return run(Reduction::CountNonzero, x, dims, false, DType::Int64, computeType(x.dtype()));
}

int64_t countNonzero(const Tensor& x) {
  if (x.numel() == 0) return 0;
  return *onHost(countNonzeroOver(x, nullptr)).as<int64_t>();
}

Tensor norm(const Tensor& x, double p, MaybeDims dims, bool keepdim) {
  GB_CHECK(isFloat(x.dtype()), "expected a floating point tensor as input, got ", titleOf(x.dtype()));
  const DType compute = computeType(x.dtype());
  const auto go = [&](Reduction reduction, Finish finish) {
    return run(reduction, x, dims, keepdim, x.dtype(), compute, p, finish);
  };
  if (p == 0) return go(Reduction::CountNonzero, Finish::None);
  if (p == 1) return go(Reduction::SumAbs, Finish::None);
  if (p == 2) return go(Reduction::SumSquares, Finish::SquareRoot);
  if (std::isinf(p)) {
    GB_CHECK(reducedCount(x, dims) > 0, "the norm of order ", p, " of no elements is not defined");
    return go(p > 0 ? Reduction::MaxAbs : Reduction::MinAbs, Finish::None);
  }
  return go(Reduction::SumPowers, Finish::Root);
}

}  // namespace gb
