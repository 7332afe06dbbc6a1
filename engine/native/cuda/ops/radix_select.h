// Choosing the first keys of long rows by digits (kernels/radix_select.cu).
#pragma once
#include "tensor/tensor.h"

namespace gb::cuda {

/** Whether so few of so many keys are chosen by digits. */
bool choosesByDigits(int64_t rows, int64_t n, int64_t kept);
/** Of rows of n keys (Float32, Float64, Int64) the smallest or largest, of equals the first ones, in the order of their places. */
void chooseByDigits(const Tensor& x, int64_t n, const Tensor& values, const Tensor& indices, bool largest);

}  // namespace gb::cuda
