// Copies and conversions.
#pragma once
#include "ops/kernel.h"
#include "tensor/scalar_value.h"

namespace gb {

/** Copies src (of dst's shape, or broadcast to it) into dst with a change of type; the two do not overlap. */
extern Kernel<void(const Tensor& dst, const Tensor& src)> copyKernel;
extern Kernel<void(const Tensor& dst, Scalar value)> fillKernel;

/**
 * PyTorch's copy_: broadcasts, converts, and copes with overlapping memory. `nonBlocking`: between devices and with pinned
 * memory, it need not be done when the call comes back.
 */
void copyInto(const Tensor& dst, const Tensor& src, bool nonBlocking = false);
/** Refuses a number that the dtype cannot hold: NaN, infinity and what is too large for integers, what is too large for half. */
void checkFits(Scalar value, DType dtype);
void fillWith(const Tensor& dst, Scalar value);
/** New memory, laid out as x's where that is dense. */
Tensor clone(const Tensor& x);
/** x itself where it is row-major, else a copy. */
Tensor contiguous(const Tensor& x);
/** A copy in this type (also where x has it already). */
Tensor toType(const Tensor& x, DType dtype);
/** x itself where it has the type. */
Tensor asType(const Tensor& x, DType dtype);

}  // namespace gb
