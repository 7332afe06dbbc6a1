// What the kernels of convolutions share.
#pragma once
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/layer_arguments.h"
#include "cuda/kernels/tile.cuh"

namespace gb {
namespace cuda {

/** n / d with the rest left in n. */
GB_DEVICE u32 split(u32& n, const Divisor& by) {
  const u32 quotient = divide(n, by);
  const u32 rest = n - quotient * by.d;
  n = quotient;
  return rest;
}

GB_DEVICE bool inside(int at, int size) { return u32(at) < u32(size); }

}  // namespace cuda
}  // namespace gb
