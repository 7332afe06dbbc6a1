// Whether two tensors agree.
#pragma once
#include "ops/kernel.h"

namespace gb {

/** |a − b| ≤ atol + rtol·|b| for all elements of two tensors of one shape (and of any types). */
extern Kernel<bool(const Tensor& a, const Tensor& b, double rtol, double atol, bool equalNan)> closeKernel;

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equalNan);
bool equal(const Tensor& a, const Tensor& b);

}  // namespace gb
