// One pointwise op over tensors of one type whose elements, or those of whose rows, lie behind each other. Macros: pointwise.cuh.
#include "cuda/kernels/pointwise.cuh"

namespace gb {
namespace cuda {

/** Runs of T: 16 bytes of each input at a time where all are aligned so. */
constexpr int kLanes = sizeof(T) < 16 ? 16 / sizeof(T) : 1;
using Lanes = Vector<T, kLanes>;
using OutLanes = Vector<Out, kLanes>;

/** The op on each lane. `same`: a bit for each input that is the same for all, which stands in `fixed`. */
GB_DEVICE OutLanes applied(const Lanes (&in)[kInputs], const C (&fixed)[kInputs], unsigned int same, const PointwiseArguments& a) {
  OutLanes out;
#pragma unroll
  for (int j = 0; j < kLanes; j++) {
    C x[kInputs];
#pragma unroll
    for (int k = 0; k < kInputs; k++) x[k] = ((same >> k) & 1) ? fixed[k] : cast<C>(in[k].at[j]);
    out.at[j] = cast<Out>(apply(x, a));
  }
  return out;
}

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
    reinterpret_cast<OutLanes*>(a.out.data)[first / kLanes] = applied(in, fixed, same, a);
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

/**
 * Rows of whole, aligned lanes that lie behind each other in every tensor, or are one element again and again: a bias, a column,
 * channels.
 */
extern "C" __global__ void rows(PointwiseArguments a, Walk<kInputs + 1> walk, u32 n) {
  const i64 first = globalThread() * kLanes;
  if (first >= n) return;
  i64 at[kInputs + 1];
  locate(walk, u32(first), at);
  C fixed[kInputs];
  constants(a, fixed);
  const unsigned int same = a.plain | (a.plain >> 4);
  Lanes in[kInputs];
#pragma unroll
  for (int k = 0; k < kInputs; k++) {
    if ((same >> k) & 1) continue;
    const char* p = a.in[k].data + at[k + 1];
    if (walk.strides[k + 1][0] != 0) {
      in[k] = *reinterpret_cast<const Lanes*>(p);
    } else {
      const T one = *reinterpret_cast<const T*>(p);
#pragma unroll
      for (int j = 0; j < kLanes; j++) in[k].at[j] = one;
    }
  }
  *reinterpret_cast<OutLanes*>(a.out.data + at[0]) = applied(in, fixed, same, a);
}

}  // namespace cuda
}  // namespace gb
