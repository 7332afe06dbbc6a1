// Reductions over dimensions.
#pragma once
#include <utility>

#include "ops/kernel.h"

namespace gb {

enum class Reduction : uint8_t {
#define GB_REDUCTION(NAME, INTEGERS) NAME,
#include "ops/reduce.def"
#undef GB_REDUCTION
};

/** What is done to a finished reduction, in double: nothing, divided by a number, square root, p-th root. */
enum class Finish : uint8_t { None, Divide, SquareRoot, Root };

struct ReduceCall {
  Reduction reduction;
  const Tensor* out;  // the input's shape with 1 in every reduced dimension
  const Tensor* x;
  DType compute;      // Float32, Float64 or Int64: the elements are brought into it first
  double p;           // a norm's power, or the divisor
  Finish finish;
};

extern Kernel<void(const ReduceCall&)> reduceKernel;

/** A set of dimensions; null or empty means all. */
using MaybeDims = const Dims*;
/** A dtype, or none for the op's own choice. */
using MaybeDType = std::optional<DType>;

/** x's shape with 1 in the reduced dimensions (all of them if dims is null or empty). */
Dims reducedShape(const Tensor& x, MaybeDims dims);
/** The view without the reduced dimensions. */
Tensor dropReduced(const Tensor& kept, const Tensor& x, MaybeDims dims);

Tensor sum(const Tensor& x, MaybeDims dims, bool keepdim, MaybeDType dtype);
Tensor nansum(const Tensor& x, MaybeDims dims, bool keepdim, MaybeDType dtype);
Tensor mean(const Tensor& x, MaybeDims dims, bool keepdim, MaybeDType dtype);
Tensor prod(const Tensor& x, MaybeDims dims, bool keepdim, MaybeDType dtype);
Tensor sumTo(const Tensor& x, const Dims& shape, MaybeDType dtype);
Tensor amax(const Tensor& x, MaybeDims dims, bool keepdim);
Tensor amin(const Tensor& x, MaybeDims dims, bool keepdim);
Tensor all(const Tensor& x, MaybeDims dims, bool keepdim);
Tensor any(const Tensor& x, MaybeDims dims, bool keepdim);
Tensor countNonzeroOver(const Tensor& x, MaybeDims dims);
Tensor norm(const Tensor& x, double p, MaybeDims dims, bool keepdim);

/** How many elements are not zero. */
int64_t countNonzero(const Tensor& x);

}  // namespace gb
