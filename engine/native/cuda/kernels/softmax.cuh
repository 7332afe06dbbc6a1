// What the softmax of attention's kernels has in common.
#pragma once
#include "cuda/kernels/prelude.cuh"

namespace gb {
namespace cuda {

constexpr float kLog2e = 1.4426950408889634f, kLn2 = 0.6931471805599453f;
constexpr float kNever = -scalar::Limits<float>::infinity;

/** 2^x to 2 units in the last place; a result below 2^-126 is 0. */
GB_DEVICE float exp2Fast(float x) {
#if defined(__CUDA_ARCH__)
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#else
  return ::exp2f(x);
#endif
}

}  // namespace cuda
}  // namespace gb
