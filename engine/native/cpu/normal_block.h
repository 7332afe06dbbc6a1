// The Box-Muller step on a block of sixteen uniforms: u1 in the first eight, u2 in the last.
#pragma once
#include "tensor/dtype.h"

namespace gb {

/** In float, with the polynomials and the order of operations that give PyTorch's bits on AVX2. */
void normalBlock(float* data, float mean, float std);
/** In double; for half types every step is rounded to the type, as PyTorch's scalar code does. */
void normalBlock(double* data, double mean, double std, DType type);

}  // namespace gb
