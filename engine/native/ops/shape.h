// Views (same storage, other shape and strides) and copies that rearrange.
#pragma once
#include <vector>

#include "ops/kernel.h"

namespace gb {

Tensor asStrided(const Tensor& x, const Dims& shape, const Dims& strides, int64_t offset);
Tensor view(const Tensor& x, const Dims& shape);
Tensor reshape(const Tensor& x, const Dims& shape);
Tensor transpose(const Tensor& x, int64_t dim0, int64_t dim1);
Tensor permute(const Tensor& x, const Dims& dims);
Tensor expand(const Tensor& x, const Dims& shape);
Tensor squeeze(const Tensor& x, const Dims* dims);
Tensor unsqueeze(const Tensor& x, int64_t dim);
Tensor slice(const Tensor& x, int64_t dim, int64_t start, int64_t end, int64_t step);
Tensor select(const Tensor& x, int64_t dim, int64_t index);
Tensor diagonal(const Tensor& x, int64_t offset, int64_t dim0, int64_t dim1);
Tensor unfold(const Tensor& x, int64_t dim, int64_t size, int64_t step);
Tensor alias(const Tensor& x);

Tensor cat(const TensorList& xs, int64_t dim);
Tensor flip(const Tensor& x, const Dims& dims);
Tensor roll(const Tensor& x, const Dims& shifts, const Dims& dims);
Tensor repeat(const Tensor& x, const Dims& repeats);
/** Of contiguous matrices: y is x up to a diagonal (`lower`) or from it on, and 0 elsewhere. */
extern Kernel<void(const Tensor& y, const Tensor& x, int64_t diagonal, bool lower)> triangleKernel;
Tensor tril(const Tensor& x, int64_t diagonal);
Tensor triu(const Tensor& x, int64_t diagonal);

/** The strides with which x can be seen in this shape, or nothing where only a copy can. */
std::optional<Dims> viewStrides(const Tensor& x, const Dims& shape);

}  // namespace gb
