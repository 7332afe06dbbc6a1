// Adding a number to every element of a channel, in place, of a tensor [batch, channels, volume]. Macros: GB_T (an element's
// type), GB_C (float or double: what it is added in).
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

using T = GB_T;
using C = GB_C;
constexpr int kLanes = 16 / sizeof(T);

/** A thread for N neighbours of one channel; `inner`: so many neighbours make a channel. */
template <int N>
GB_DEVICE void addTo(T* y, const T* bias, const Divisor& inner, const Divisor& channels, u32 n) {
  const u32 i = u32(globalThread());
  if (i >= n) return;
  const u32 row = divide(i, inner), channel = row - divide(row, channels) * channels.d;
  const C offset = cast<C>(bias[channel]);
  Vector<T, N>* at = reinterpret_cast<Vector<T, N>*>(y) + i;
  Vector<T, N> own = *at;
#pragma unroll
  for (int k = 0; k < N; k++) own.at[k] = cast<T>(cast<C>(own.at[k]) + offset);
  *at = own;
}

extern "C" __global__ void addBias(T* y, const T* bias, Divisor inner, Divisor channels, u32 n) {
  addTo<1>(y, bias, inner, channels, n);
}
extern "C" __global__ void addBiasWide(T* y, const T* bias, Divisor inner, Divisor channels, u32 n) {
  addTo<kLanes>(y, bias, inner, channels, n);
}

}  // namespace cuda
}  // namespace gb
