// A convolution's bias, where a library computed the rest.
#pragma once
#include "tensor/tensor.h"

namespace gb::cuda {

/** y [batch, channels, volume] += bias, contiguous and of bias's type, which floats are; fewer than 2^31 elements. */
void addBias(void* y, const Tensor& bias, int64_t batch, int64_t channels, int64_t volume);

}  // namespace gb::cuda
