// Reading and writing along one dimension at the places that an index tensor of the same rank names.
#pragma once
#include "ops/kernel.h"
#include "tensor/scalar_value.h"

namespace gb {

/** Places that are named several times take in one value after another. */
enum class Along : uint8_t { Gather, Scatter, ScatterAdd, ScatterMultiply, ScatterMaximum, ScatterMinimum };

/**
 * For every position of `index` (int64): `other` at that position against `x` at the same position but for `dim`,
 * where it is index's element. `other` and `x` have one type; `other` has index's shape.
 */
extern Kernel<void(Along, const Tensor& x, int dim, const Tensor& index, const Tensor& other)> alongKernel;

Tensor gather(const Tensor& x, int64_t dim, const Tensor& index);
void scatter_(const Tensor& x, int64_t dim, const Tensor& index, const Operand& source);
void scatterAdd_(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source);
/** reduce: 0 sum, 1 product, 2 maximum, 3 minimum (NaN wins). */
void scatterReduce_(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source, int reduce);

}  // namespace gb
