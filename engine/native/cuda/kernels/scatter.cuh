// What the two ways of writing at indices have in common: where a position's value goes, and how it joins with what is there. Macros:
// GB_T (an element's type), GB_C (float, double or i64: what values join in).
#pragma once
#include "cuda/kernels/index.cuh"
#include "cuda/kernels/scatter_arguments.h"
#include "scalar/binary.h"

namespace gb {
namespace cuda {

using T = GB_T;
using C = GB_C;

GB_DEVICE C load(const char* p) { return cast<C>(*reinterpret_cast<const T*>(p)); }

GB_DEVICE C joined(C a, C b, int mode) {
  return mode == kScatterAdd        ? scalar::add(a, b)
         : mode == kScatterMultiply ? scalar::mul(a, b)
         : mode == kScatterMaximum  ? scalar::maximum(a, b)
                                    : scalar::minimum(a, b);
}

}  // namespace cuda
}  // namespace gb
