#include "ops/shape.h"

#include <algorithm>

#include "ops/copy.h"
#include "ops/create.h"
#include "tensor/promote.h"

namespace gb {

Kernel<void(const Tensor&, const Tensor&, int64_t, bool)> triangleKernel("triangle");

Tensor cat(const TensorList& xs, int64_t dim) {
  GB_CHECK(!xs.empty(), "expected a non-empty list of tensors");
  // Tensors of shape [0] join anything, as in PyTorch.
  const auto skipped = [](const Tensor& x) { return x.ndim() == 1 && x.size(0) == 0; };
  const Tensor* first = nullptr;
  ResultType type;
  for (size_t i = 0; i < xs.size(); i++) {
    GB_CHECK(xs[i]->ndim() > 0, "zero-dimensional tensor (at position ", i, ") cannot be concatenated");
    if (!first && !skipped(*xs[i])) first = xs[i];
    type.add(*xs[i]);
  }
  if (!first) first = xs[0];
  const int d = wrapDim(dim, first->ndim());
  Dims shape = first->sizes();
  shape[d] = 0;
  for (size_t i = 0; i < xs.size(); i++) {
    const Tensor& x = *xs[i];
    if (skipped(x)) continue;
    GB_CHECK(x.ndim() == first->ndim(), "Tensors must have same number of dimensions: got ", first->ndim(), " and ",
             x.ndim());
    for (int j = 0; j < shape.size(); j++) {
      GB_CHECK(j == d || x.size(j) == first->size(j), "Sizes of tensors must match except in dimension ", d,
               ". Expected size ", first->size(j), " but got size ", x.size(j), " for tensor number ", i,
               " in the list: shapes ", first->sizes(), " and ", x.sizes());
    }
    shape[d] += x.size(d);
  }
  Tensor made = emptyTensor(shape, type.get(), first->device());
  int64_t at = 0;
  for (const Tensor* x : xs) {
    if (skipped(*x) || x->numel() == 0) continue;
    Dims sizes = shape;
    sizes[d] = x->size(d);
    copyKernel(made.device(), made.viewed(sizes, made.strides(), at * made.stride(d)), *x);
    at += x->size(d);
  }
  return made;
}

Tensor flip(const Tensor& x, const Dims& dims) {
  Dims flipped(x.ndim(), 0);
  for (int64_t dim : dims) {
    const int d = wrapDim(dim, x.ndim());
    if (x.ndim() == 0) continue;
    GB_CHECK(!flipped[d], "dim ", d, " appears multiple times in the list of dims");
    flipped[d] = 1;
  }
  if (x.numel() == 0) return clone(x);
  // Inside the engine a view may run backwards; it never leaves this function.
  Dims strides = x.strides();
  int64_t offset = x.offset();
  for (int d = 0; d < x.ndim(); d++) {
    if (!flipped[d]) continue;
    offset += (x.size(d) - 1) * strides[d];
    strides[d] = -strides[d];
  }
  Tensor made = emptyLike(x, x.dtype());
  copyKernel(x.device(), made, x.viewed(x.sizes(), strides, offset));
  return made;
}

Tensor roll(const Tensor& x, const Dims& shifts, const Dims& dims) {
  if (dims.empty()) {
    GB_CHECK(shifts.size() == 1, "shifts and dimensions must align: ", shifts, " and ", dims);
    const Dims flat{x.numel()}, zero{0};
    const Tensor rolled = roll(reshape(x, flat), shifts, zero);
    return rolled.viewed(x.sizes(), contiguousStrides(x.sizes()));
  }
  GB_CHECK(shifts.size() == dims.size(), "shifts and dimensions must align: ", shifts, " and ", dims);
  if (x.numel() == 0) return clone(x);
  Tensor from = x;
  for (int i = 0; i < dims.size(); i++) {
    const int d = wrapDim(dims[i], x.ndim());
    const int64_t n = x.size(d), shift = (shifts[i] % n + n) % n;
    Tensor made = emptyTensor(x.sizes(), x.dtype(), x.device());
    if (shift > 0) copyInto(slice(made, d, 0, shift, 1), slice(from, d, n - shift, n, 1));
    if (shift < n) copyInto(slice(made, d, shift, n, 1), slice(from, d, 0, n - shift, 1));
    from = made;
  }
  return from;
}

Tensor repeat(const Tensor& x, const Dims& repeats) {
  GB_CHECK(repeats.size() >= x.ndim(), "Number of dimensions of repeat dims can not be smaller than number of ",
           "dimensions of tensor: ", repeats, " for shape ", x.sizes());
  const int shift = repeats.size() - x.ndim();
  // Each dimension as a pair (repeat, size): the copy broadcasts over the repeats.
  Dims shape, pairs, from;
  for (int i = 0; i < repeats.size(); i++) {
    const int64_t size = i < shift ? 1 : x.size(i - shift);
    GB_CHECK(repeats[i] >= 0, "Trying to create tensor with negative dimension: repeats ", repeats);
    int64_t repeated;
    GB_CHECK(!__builtin_mul_overflow(repeats[i], size, &repeated), "the size of a tensor of shape ", x.sizes(),
             " repeated ", repeats, " overflows");
    shape.push(repeated);
    pairs.push(repeats[i]);
    pairs.push(size);
    from.push(0);
    from.push(i < shift ? 0 : x.stride(i - shift));
  }
  Tensor made = emptyTensor(shape, x.dtype(), x.device());
  if (made.numel() == 0) return made;
  copyKernel(x.device(), made.viewed(pairs, contiguousStrides(pairs)), x.viewed(pairs, from));
  return made;
}

namespace {

/** What lies on the kept side of a diagonal; the rest is zero. */
Tensor triangle(const Tensor& x, int64_t diagonal, bool lower) {
  GB_CHECK(x.ndim() >= 2, "input tensor must have at least 2 dimensions, got shape ", x.sizes());
  const Tensor made = emptyTensor(x.sizes(), x.dtype(), x.device());
  const int64_t rows = x.size(x.ndim() - 2), columns = x.size(x.ndim() - 1);
  // A diagonal far outside of the matrix is as good as one just outside.
  const int64_t within = std::max(-rows - 1, std::min(columns + 1, diagonal));
  if (made.numel() > 0) triangleKernel(x.device(), made, contiguous(x), within, lower);
  return made;
}

}  // namespace

Tensor tril(const Tensor& x, int64_t diagonal) { return triangle(x, diagonal, true); }
Tensor triu(const Tensor& x, int64_t diagonal) { return triangle(x, diagonal, false); }

}  // namespace gb
