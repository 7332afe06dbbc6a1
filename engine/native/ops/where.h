// Choosing between two tensors, element by element.
#pragma once
#include "ops/kernel.h"
#include "tensor/scalar_value.h"

namespace gb {

/** out = condition ? a : b. The condition is bool; a, b and out have one type; all broadcast to out's shape. */
extern Kernel<void(const Tensor& out, const Tensor& condition, const Tensor& a, const Tensor& b)> whereKernel;

Tensor where(const Tensor& condition, const Operand& a, const Operand& b);

}  // namespace gb
