// One pointwise op over one compute type. Macros: GB_FORMULA (one of scalar/), GB_ARITY (inputs), GB_PARAMETERS
// (numbers that follow them), GB_T (the type in memory of the typed kernels), GB_C (float, double or i64: what the
// formula runs in), GB_TEST (1 where the formula gives bool).
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

/** Runs of T: 16 bytes of each input at a time where all are aligned so. */
constexpr int kLanes = sizeof(T) < 16 ? 16 / sizeof(T) : 1;
using Lanes = Vector<T, kLanes>;
using OutLanes = Vector<Out, kLanes>;

extern "C" __global__ void flat(PointwiseArguments a, i64 n, bool aligned) {
  const i64 first = globalThread() * kLanes;
  if (first >= n) return;
  C fixed[kInputs];
  constants(a, fixed);
  const unsigned int same = a.plain | (a.plain >> 4);
  if (aligned && first + kLanes <= n) {
    Lanes in[kInputs];
#pragma unroll
    for (int k = 0; k < kInputs; k++) {
      if (!((same >> k) & 1)) in[k] = reinterpret_cast<const Lanes*>(a.in[k].data)[first / kLanes];
    }
    OutLanes out;
#pragma unroll
    for (int j = 0; j < kLanes; j++) {
      C x[kInputs];
#pragma unroll
      for (int k = 0; k < kInputs; k++) x[k] = ((same >> k) & 1) ? fixed[k] : cast<C>(in[k].at[j]);
      out.at[j] = cast<Out>(apply(x, a));
    }
    reinterpret_cast<OutLanes*>(a.out.data)[first / kLanes] = out;
    return;
  }
  for (i64 i = first; i < first + kLanes && i < n; i++) {
    C x[kInputs];
#pragma unroll
    for (int k = 0; k < kInputs; k++) {
      x[k] = ((same >> k) & 1) ? fixed[k] : cast<C>(reinterpret_cast<const T*>(a.in[k].data)[i]);
    }
    reinterpret_cast<Out*>(a.out.data)[i] = cast<Out>(apply(x, a));
  }
}

/** Any strides and any types. */
extern "C" __global__ void strided(PointwiseArguments a, Walk<kInputs + 1> walk, u32 n) {
  const i64 i = globalThread();
  if (i >= n) return;
  i64 at[kInputs + 1];
  locate(walk, u32(i), at);
  C x[kInputs];
  constants(a, x);
  const unsigned int same = a.plain | (a.plain >> 4);
#pragma unroll
  for (int k = 0; k < kInputs; k++) {
    if (!((same >> k) & 1)) x[k] = wrapped(loadAs<C>(a.in[k].data + at[k + 1], a.in[k].type), a.common);
  }
  storeAs<R>(a.out.data + at[0], a.out.type, apply(x, a));
}

}  // namespace cuda
}  // namespace gb
