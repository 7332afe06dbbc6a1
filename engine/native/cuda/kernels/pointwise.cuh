// One pointwise op over one compute type. Macros: GB_FORMULA (one of scalar/), GB_ARITY (inputs), GB_PARAMETERS
// (numbers that follow them), GB_T (the type in memory of the typed kernels), GB_C (float, double or i64: what the
// formula runs in), GB_TEST (1 where the formula gives bool).
#pragma once
#include "cuda/kernels/prelude.cuh"
#include "scalar/binary.h"
#include "scalar/unary.h"

namespace gb {
namespace cuda {

using T = GB_T;
using C = GB_C;
#if GB_TEST
using R = bool;
using Out = bool;
#else
using R = C;
using Out = T;
#endif
constexpr int kInputs = GB_ARITY;

#if GB_PARAMETERS == 0
#define GB_REST
#elif GB_PARAMETERS == 1
#define GB_REST , C(a.parameters[0])
#elif GB_PARAMETERS == 2
#define GB_REST , C(a.parameters[0]), C(a.parameters[1])
#else
#define GB_REST , C(a.parameters[0]), C(a.parameters[1]), C(a.parameters[2])
#endif

GB_DEVICE R apply(const C* x, const PointwiseArguments& a) {
#if GB_ARITY == 1
  return scalar::GB_FORMULA(x[0] GB_REST);
#elif GB_ARITY == 2
  return scalar::GB_FORMULA(x[0], x[1] GB_REST);
#else
  return scalar::GB_FORMULA(x[0], x[1], x[2] GB_REST);
#endif
}

GB_DEVICE bool isNumber(const PointwiseArguments& a, int k) { return (a.plain >> k) & 1; }
GB_DEVICE bool isSingle(const PointwiseArguments& a, int k) { return (a.plain >> (4 + k)) & 1; }

/** Inputs that are the same for all elements. */
GB_DEVICE void constants(const PointwiseArguments& a, C* x) {
#pragma unroll
  for (int k = 0; k < kInputs; k++) {
    if (isNumber(a, k)) {
      x[k] = wrapped(numberOf<C>(a.numbers[k]), a.common);
    } else if (isSingle(a, k)) {
      x[k] = wrapped(loadAs<C>(a.in[k].data, a.in[k].type), a.common);
    }
  }
}

}  // namespace cuda
}  // namespace gb
