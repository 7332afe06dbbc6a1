// Pooling by the maximum, and sums at places of planes. Macro: GB_C (float, double or i64).
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/layer_arguments.h"
#include "scalar/pool.h"

namespace gb {
namespace cuda {

using C = GB_C;

template <class T>
GB_DEVICE T lowest() {
  return -scalar::Limits<T>::infinity;
}
template <>
GB_DEVICE i64 lowest<i64>() {
  return i64(0x8000000000000000ull);
}

GB_DEVICE scalar::PoolWindow windowOf(const PoolDim& d, u32 i) {
  return d.stride ? scalar::slidingWindow(i, d.size, d.kernel, d.stride, d.padding, d.dilation)
                  : scalar::adaptiveWindow(i, d.size, d.windows.d);
}

/** A thread for each window: the first of equal elements, the last NaN. A window without elements gives −inf, at place 0. */
extern "C" __global__ void maxPool(PoolArguments a, C* values, int* places, const C* in) {
  const i64 i = globalThread();
  if (i >= a.outputs) return;
  u32 rest = u32(i);
  scalar::PoolWindow w[3];
#pragma unroll
  for (int d = 2; d >= 0; d--) {
    const u32 next = divide(rest, a.dims[d].windows);
    w[d] = windowOf(a.dims[d], rest - next * a.dims[d].windows.d);
    rest = next;
  }
  const C* x = in + rest * a.dims[0].size * a.dims[1].size * a.dims[2].size;
  C best = lowest<C>();
  i64 at = -1;
  for (i64 z = 0; z < w[0].count; z++) {
    for (i64 y = 0; y < w[1].count; y++) {
      const i64 line = ((w[0].first + z * a.dims[0].dilation) * a.dims[1].size + w[1].first + y * a.dims[1].dilation) * a.dims[2].size;
      for (i64 k = 0; k < w[2].count; k++) {
        const i64 place = line + w[2].first + k * a.dims[2].dilation;
        const C value = x[place];
        if (at >= 0 && !(value > best || value != value)) continue;
        best = value;
        at = place;
      }
    }
  }
  values[i] = best;
  places[i] = at < 0 ? 0 : int(at);
}

/**
 * The sum at each place of planes: of the chain of those elements that go there, in the order of their numbers.
 * `heads`: the first of a chain, −1 for none; `next`: what follows an element.
 */
extern "C" __global__ void sumChains(C* out, const C* x, const int* heads, const int* next, i64 n) {
  const i64 place = globalThread();
  if (place >= n) return;
  C sum = C(0);
  for (int last = -1;;) {
    int least = 0x7fffffff;
    for (int i = heads[place]; i >= 0; i = next[i]) least = i > last && i < least ? i : least;
    if (least == 0x7fffffff) break;
    sum += x[least];
    last = least;
  }
  out[place] = sum;
}

}  // namespace cuda
}  // namespace gb
