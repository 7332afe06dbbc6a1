#include <algorithm>

#include "ops/copy.h"
#include "ops/shape.h"

namespace gb {
namespace {

/** The shape with its -1 worked out. */
Dims inferred(const Tensor& x, const Dims& shape) {
  Dims result = shape;
  int unknown = -1;
  int64_t known = 1;
  bool overflows = false;
  for (int i = 0; i < shape.size(); i++) {
    if (shape[i] == -1) {
      GB_CHECK(unknown < 0, "only one dimension can be inferred, got shape ", shape);
      unknown = i;
    } else {
      GB_CHECK(shape[i] >= 0, "invalid shape dimension ", shape[i], " in ", shape);
      overflows |= __builtin_mul_overflow(known, shape[i], &known) && shape[i] != 0;
    }
  }
  if (unknown >= 0) {
    GB_CHECK(known != 0, "cannot reshape tensor of ", x.numel(), " elements into shape ", shape,
             " because the unspecified dimension size -1 can be any value and is ambiguous");
    if (x.numel() % known == 0) {
      result[unknown] = x.numel() / known;
      known *= result[unknown];
    }
  }
  GB_CHECK(!overflows && known == x.numel() && (unknown < 0 || result[unknown] >= 0), "shape ", shape,
           " is invalid for input of size ", x.numel(), " (shape ", x.sizes(), ")");
  return result;
}

}  // namespace

std::optional<Dims> viewStrides(const Tensor& x, const Dims& shape) {
  if (x.contiguous()) return contiguousStrides(shape);
  // Runs of x's dimensions that lie behind each other are cut up again by the new shape.
  Dims strides(shape.size(), 0);
  int view = shape.size() - 1;
  int64_t base = x.stride(x.ndim() - 1), run = 1, taken = 1;
  for (int i = x.ndim() - 1; i >= 0; i--) {
    run *= x.size(i);
    const bool ends = i == 0 || (x.size(i - 1) != 1 && x.stride(i - 1) != run * base);
    if (!ends) continue;
    while (view >= 0 && (taken < run || shape[view] == 1)) {
      strides[view] = taken * base;
      taken *= shape[view];
      view--;
    }
    if (taken != run) return std::nullopt;
    if (i > 0) {
      base = x.stride(i - 1);
      run = taken = 1;
    }
  }
  if (view >= 0) return std::nullopt;
  return strides;
}

Tensor asStrided(const Tensor& x, const Dims& shape, const Dims& strides, int64_t offset) {
  GB_CHECK(shape.size() == strides.size(), "mismatch in length of strides and shape: ", strides, " and ", shape);
  int64_t last = offset;
  bool empty = false;
  for (int i = 0; i < shape.size(); i++) {
    GB_CHECK(shape[i] >= 0 && strides[i] >= 0, "negative sizes and strides are not supported, got shape ", shape,
             " and strides ", strides);
    empty |= shape[i] == 0;
    int64_t reach;
    GB_CHECK(shape[i] == 0 || (!__builtin_mul_overflow(shape[i] - 1, strides[i], &reach) &&
                               !__builtin_add_overflow(last, reach, &last)),
             "shape ", shape, " and strides ", strides, " overflow");
  }
  const int64_t elements = int64_t(x.storage()->bytes / x.itemSize());
  GB_CHECK(offset >= 0 && (empty ? offset <= elements : last < elements), "shape ", shape, ", strides ", strides,
           " and offset ", offset, " are out of bounds for storage of ", elements, " elements");
  return x.viewed(shape, strides, offset);
}

Tensor view(const Tensor& x, const Dims& shape) {
  const Dims wanted = inferred(x, shape);
  const auto strides = viewStrides(x, wanted);
  GB_CHECK(strides, "view size is not compatible with input tensor's size and stride (at least one dimension spans ",
           "across two contiguous subspaces): shape ", x.sizes(), ", strides ", x.strides(), ", wanted ", wanted,
           ". Use .reshape(...) instead.");
  return x.viewed(wanted, *strides);
}

Tensor reshape(const Tensor& x, const Dims& shape) {
  const Dims wanted = inferred(x, shape);
  if (const auto strides = viewStrides(x, wanted)) return x.viewed(wanted, *strides);
  return contiguous(x).viewed(wanted, contiguousStrides(wanted));
}

Tensor transpose(const Tensor& x, int64_t dim0, int64_t dim1) {
  const int a = wrapDim(dim0, x.ndim()), b = wrapDim(dim1, x.ndim());
  if (x.ndim() == 0) return x;
  Dims sizes = x.sizes(), strides = x.strides();
  std::swap(sizes[a], sizes[b]);
  std::swap(strides[a], strides[b]);
  return x.viewed(std::move(sizes), std::move(strides));
}

Tensor permute(const Tensor& x, const Dims& dims) {
  GB_CHECK(dims.size() == x.ndim(), "number of dimensions in the tensor input does not match the length of the desired ",
           "ordering of dimensions i.e. input.dim() = ", x.ndim(), " is not equal to len(dims) = ", dims.size());
  Dims sizes, strides, seen(x.ndim(), 0);
  for (int64_t d : dims) {
    const int dim = wrapDim(d, x.ndim());
    GB_CHECK(!seen[dim], "duplicate dims are not allowed: ", dims);
    seen[dim] = 1;
    sizes.push(x.size(dim));
    strides.push(x.stride(dim));
  }
  return x.viewed(std::move(sizes), std::move(strides));
}

Tensor expand(const Tensor& x, const Dims& shape) {
  const int shift = shape.size() - x.ndim();
  GB_CHECK(shift >= 0, "the number of sizes provided (", shape.size(),
           ") must be greater or equal to the number of dimensions in the tensor (", x.ndim(), "): ", shape, " for ",
           x.sizes());
  Dims sizes = shape, strides(shape.size(), 0);
  for (int i = shape.size() - 1; i >= 0; i--) {
    const int own = i - shift;
    if (shape[i] == -1) {
      GB_CHECK(own >= 0, "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension ", i);
      sizes[i] = x.size(own);
    }
    GB_CHECK(sizes[i] >= 0, "negative size ", sizes[i], " in ", shape);
    if (own < 0) continue;
    GB_CHECK(sizes[i] == x.size(own) || x.size(own) == 1, "The expanded size of the tensor (", sizes[i],
             ") must match the existing size (", x.size(own), ") at non-singleton dimension ", i, ".  Target sizes: ",
             shape, ".  Tensor sizes: ", x.sizes());
    strides[i] = sizes[i] == x.size(own) ? x.stride(own) : 0;
  }
  return x.viewed(std::move(sizes), std::move(strides));
}

Tensor squeeze(const Tensor& x, const Dims* dims) {
  Dims drop(x.ndim(), dims ? 0 : 1);
  for (int i = 0; dims && i < dims->size(); i++) {
    const int dim = wrapDim((*dims)[i], x.ndim());
    if (x.ndim() > 0) drop[dim] = 1;
  }
  Dims sizes, strides;
  for (int i = 0; i < x.ndim(); i++) {
    if (drop[i] && x.size(i) == 1) continue;
    sizes.push(x.size(i));
    strides.push(x.stride(i));
  }
  return x.viewed(std::move(sizes), std::move(strides));
}

Tensor unsqueeze(const Tensor& x, int64_t dim) {
  const int at = wrapDim(dim, x.ndim() + 1);
  Dims sizes = x.sizes(), strides = x.strides();
  strides.insert(at, at < x.ndim() ? x.size(at) * x.stride(at) : 1);
  sizes.insert(at, 1);
  return x.viewed(std::move(sizes), std::move(strides));
}

Tensor slice(const Tensor& x, int64_t dim, int64_t start, int64_t end, int64_t step) {
  GB_CHECK(x.ndim() > 0, "slice() cannot be applied to a 0-dim tensor.");
  GB_CHECK(step > 0, "slice step must be positive, got ", step);
  const int d = wrapDim(dim, x.ndim());
  const int64_t n = x.size(d);
  const auto clamped = [n](int64_t i) { return std::max<int64_t>(0, std::min(n, i < 0 ? i + n : i)); };
  const int64_t first = clamped(start), last = std::max(first, clamped(end));
  Dims sizes = x.sizes(), strides = x.strides();
  sizes[d] = last == first ? 0 : (last - first - 1) / step + 1;
  if (sizes[d] > 1) strides[d] *= step;
  return x.viewed(std::move(sizes), std::move(strides), x.offset() + first * x.stride(d));
}

Tensor select(const Tensor& x, int64_t dim, int64_t index) {
  GB_CHECK(x.ndim() > 0, "select() cannot be applied to a 0-dim tensor.");
  const int d = wrapDim(dim, x.ndim());
  const int64_t n = x.size(d);
  GB_CHECK(index >= -n && index < n, "index ", index, " is out of bounds for dimension ", d, " with size ", n);
  Dims sizes = x.sizes(), strides = x.strides();
  const int64_t offset = x.offset() + (index < 0 ? index + n : index) * strides[d];
  sizes.erase(d);
  strides.erase(d);
  return x.viewed(std::move(sizes), std::move(strides), offset);
}

Tensor diagonal(const Tensor& x, int64_t offset, int64_t dim0, int64_t dim1) {
  const int a = wrapDim(dim0, x.ndim()), b = wrapDim(dim1, x.ndim());
  GB_CHECK(a != b, "diagonal dimensions cannot be identical ", dim0, ", ", dim1);
  GB_CHECK(offset > -(int64_t(1) << 62) && offset < (int64_t(1) << 62), "offset ", offset, " is out of range");
  const int64_t n = offset >= 0 ? std::min(x.size(a), x.size(b) - offset) : std::min(x.size(a) + offset, x.size(b));
  const int64_t size = std::max<int64_t>(n, 0);
  const int64_t start = size == 0 ? 0 : offset >= 0 ? offset * x.stride(b) : -offset * x.stride(a);
  const int64_t stride = x.stride(a) + x.stride(b);
  Dims sizes = x.sizes(), strides = x.strides();
  for (int d : {std::max(a, b), std::min(a, b)}) {
    sizes.erase(d);
    strides.erase(d);
  }
  sizes.push(size);
  strides.push(stride);
  return x.viewed(std::move(sizes), std::move(strides), x.offset() + start);
}

Tensor unfold(const Tensor& x, int64_t dim, int64_t size, int64_t step) {
  const int d = wrapDim(dim, x.ndim());
  const int64_t n = x.ndim() == 0 ? 1 : x.size(d);
  GB_CHECK(size >= 0 && size <= n, "maximum size for tensor at dimension ", d, " is ", n, " but size is ", size);
  GB_CHECK(step > 0, "step is ", step, " but must be > 0");
  Dims sizes = x.sizes(), strides = x.strides();
  if (x.ndim() == 0) return x.viewed({size}, {1});
  strides.push(strides[d]);
  sizes.push(size);
  sizes[d] = (n - size) / step + 1;
  if (sizes[d] > 1) strides[d] *= step;
  return x.viewed(std::move(sizes), std::move(strides));
}

Tensor alias(const Tensor& x) { return x; }

}  // namespace gb
