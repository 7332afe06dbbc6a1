// The product of two long vectors: a part for each block, then their sum in order. Macros: GB_T (an element's type), GB_C (float, double
// or i64: what products are in).
#include "cuda/kernels/block.cuh"
#include "scalar/binary.h"

namespace gb {
namespace cuda {

using T = GB_T;
using C = GB_C;
using Total = AccumulatorOf<C>::Type;

/** Elements that are read as one, and how often at a time. */
constexpr int kTogether = 16 / sizeof(T), kLoads = 2;

/** Elements of both lie behind each other; `whole`: at multiples of 16 bytes. */
extern "C" __global__ void dotParts(const T* a, const T* b, Total* parts, i64 n, bool whole) {
  using Some = Vector<T, kTogether>;
  const i64 step = i64(gridDim.x) * blockDim.x, together = whole ? n / kTogether : 0;
  Total total = 0;
  for (i64 first = globalThread(); first < together; first += kLoads * step) {
    Some x[kLoads], y[kLoads];
#pragma unroll
    for (int j = 0; j < kLoads; j++) {
      const i64 i = first + j * step < together ? first + j * step : first;
      x[j] = reinterpret_cast<const Some*>(a)[i];
      y[j] = reinterpret_cast<const Some*>(b)[i];
    }
#pragma unroll
    for (int j = 0; j < kLoads; j++) {
      if (first + j * step >= together) break;
      C part = 0;
#pragma unroll
      for (int k = 0; k < kTogether; k++) part = scalar::add(part, scalar::mul(cast<C>(x[j].at[k]), cast<C>(y[j].at[k])));
      total += Total(part);
    }
  }
  for (i64 i = together * kTogether + globalThread(); i < n; i += step) total += Total(cast<C>(a[i]) * cast<C>(b[i]));
  total = blockJoin<Plus>(total);
  if (threadIdx.x == 0) parts[blockIdx.x] = total;
}

/** One block. */
extern "C" __global__ void dotWhole(T* out, const Total* parts, int count, double alpha, double beta) {
  Total total = 0;
  for (int i = threadIdx.x; i < count; i += blockDim.x) total += parts[i];
  total = blockJoin<Plus>(total);
  if (threadIdx.x > 0) return;
  const C product = alpha == 1 ? C(total) : C(Total(alpha) * total);
  *out = cast<T>(beta == 0 ? product : product + C(beta) * cast<C>(*out));
}

}  // namespace cuda
}  // namespace gb
