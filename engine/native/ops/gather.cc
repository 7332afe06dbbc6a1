#include "ops/gather.h"

#include <algorithm>

#include "ops/copy.h"
#include "ops/create.h"
#include "tensor/strided_loop.h"

namespace gb {

Kernel<void(Along, const Tensor&, int, const Tensor&, const Tensor&)> alongKernel("along");

namespace {

/** A 0-dim tensor counts as one of one element. */
Tensor atLeast1d(const Tensor& x) { return x.ndim() == 0 ? x.viewed({1}, {1}) : x; }

Tensor checkedIndex(const Tensor& x, int dim, const Tensor& index) {
  GB_CHECK(index.dtype() == DType::Int64 || index.dtype() == DType::Int32, "Expected dtype int64 for index, got ",
           titleOf(index.dtype()));
  const Tensor wide = atLeast1d(index);
  GB_CHECK(wide.ndim() == x.ndim(), "Index tensor must have the same number of dimensions as input tensor, got shapes ",
           index.sizes(), " and ", x.sizes());
  for (int i = 0; i < x.ndim(); i++) {
    GB_CHECK(i == dim || wide.size(i) <= x.size(i), "Size does not match at dimension ", i, " expected index ",
             index.sizes(), " to be no larger than self ", x.sizes(), " apart from dimension ", dim);
  }
  return asType(wide, DType::Int64);
}

void checkWritable(const Tensor& x) {
  GB_CHECK(!overlapsItself(x),
           "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
           "Please clone() the tensor before performing the operation.");
}

void scatter(Along mode, const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source) {
  checkWritable(x);
  const Tensor to = atLeast1d(x);
  const int d = wrapDim(dim, to.ndim());
  if (index.numel() == 0) return;
  const Tensor places = checkedIndex(to, d, index);
  Tensor from = atLeast1d(source);
  if (from.sizes() != places.sizes()) {
    // A source may be larger than the index: its first elements count.
    GB_CHECK(from.ndim() == places.ndim(), "Index tensor must have the same number of dimensions as src tensor, got ",
             index.sizes(), " and ", source.sizes());
    for (int i = 0; i < from.ndim(); i++) {
      GB_CHECK(places.size(i) <= from.size(i), "Expected index ", index.sizes(), " to be no larger than src ", source.sizes());
    }
    from = from.viewed(places.sizes(), from.strides());
  }
  if (from.storage().get() == x.storage().get()) from = clone(from);
  alongKernel(x.device(), mode, to, d, places, from);
}

}  // namespace

Tensor gather(const Tensor& x, int64_t dim, const Tensor& index) {
  const Tensor from = atLeast1d(x);
  const int d = wrapDim(dim, from.ndim());
  Tensor out = emptyTensor(index.sizes(), x.dtype(), x.device());
  if (index.numel() == 0) return out;
  alongKernel(x.device(), Along::Gather, from, d, checkedIndex(from, d, index), atLeast1d(out));
  return out;
}

void scatter_(const Tensor& x, int64_t dim, const Tensor& index, const Operand& source) {
  if (source.tensor) {
    GB_CHECK(source.tensor->dtype() == x.dtype(), "Expected self.dtype to be equal to src.dtype, got ", titleOf(x.dtype()),
             " and ", titleOf(source.tensor->dtype()));
    return scatter(Along::Scatter, x, dim, index, *source.tensor);
  }
  const Tensor value = full({}, source.scalar, x.dtype(), x.device());
  scatter(Along::Scatter, x, dim, index, value.viewed(atLeast1d(index).sizes(), Dims(std::max(1, index.ndim()), 0)));
}

void scatterAdd_(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source) {
  scatterReduce_(x, dim, index, source, 0);
}

void scatterReduce_(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source, int reduce) {
  GB_CHECK(source.dtype() == x.dtype(), "Expected self.dtype to be equal to src.dtype, got ", titleOf(x.dtype()), " and ",
           titleOf(source.dtype()));
  constexpr Along modes[] = {Along::ScatterAdd, Along::ScatterMultiply, Along::ScatterMaximum, Along::ScatterMinimum};
  GB_CHECK(reduce >= 0 && reduce < 4, "expected a reduction 0 to 3, got ", reduce);
  scatter(modes[reduce], x, dim, index, source);
}

}  // namespace gb
