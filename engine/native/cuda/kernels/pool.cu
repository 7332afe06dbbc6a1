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

GB_DEVICE u32 splitOff(u32& n, const Divisor& by) {
  const u32 quotient = divide(n, by), rest = n - quotient * by.d;
  n = quotient;
  return rest;
}

/** Taps of a window along one dimension: those outside of the input do not count. */
struct Taps {
  int first, count;

  GB_DEVICE Taps() : first(0), count(0) {}
  GB_DEVICE Taps(const PoolDim& d, u32 i) {
    if (d.stride) {
      first = int(i) * d.stride - d.padding;
      count = d.kernel;
    } else {
      const scalar::PoolWindow w = scalar::adaptiveWindow(i, d.size, d.count);
      first = int(w.first);
      count = int(w.count);
    }
  }
};

/** A maximum so far, and its place in the plane: the first of equal elements, the last NaN. */
struct Maximum {
  C value = lowest<C>();
  int place = -1;

  GB_DEVICE void take(C x, int at) {
    if (place >= 0 && !(x > value || x != x)) return;
    value = x;
    place = at;
  }
};

/** A thread for each window. One without elements gives −inf, at place 0. */
extern "C" __global__ void maxPool(PoolArguments a, C* values, int* places, const C* in) {
  const u32 i = u32(globalThread());
  if (i >= a.outputs) return;
  u32 rest = i;
  Taps taps[3];
#pragma unroll
  for (int d = 2; d >= 0; d--) taps[d] = Taps(a.dims[d], splitOff(rest, a.dims[d].byCount));
  const C* x = in + i64(rest) * a.plane;
  const PoolDim *dz = &a.dims[0], *dy = &a.dims[1], *dx = &a.dims[2];
  Maximum best;
  if (a.pairs) {
    const int at = taps[1].first * dx->size + taps[2].first, below = at + dx->size;
    const C four[4] = {x[at], x[at + 1], x[below], x[below + 1]};
    best.take(four[0], at);
    best.take(four[1], at + 1);
    best.take(four[2], below);
    best.take(four[3], below + 1);
  } else {
    for (int z = 0, atZ = taps[0].first; z < taps[0].count; z++, atZ += dz->dilation) {
      if (u32(atZ) >= u32(dz->size)) continue;
      for (int y = 0, atY = taps[1].first; y < taps[1].count; y++, atY += dy->dilation) {
        if (u32(atY) >= u32(dy->size)) continue;
        const int line = (atZ * dy->size + atY) * dx->size;
#pragma unroll 4
        for (int k = 0; k < taps[2].count; k++) {
          const int atX = taps[2].first + k * dx->dilation;
          if (u32(atX) < u32(dx->size)) best.take(x[line + atX], line + atX);
        }
      }
    }
  }
  values[i] = best.value;
  places[i] = best.place < 0 ? 0 : best.place;
}

/** Windows from … end of one dimension, among which are all that element i is in. */
GB_DEVICE void windowsOf(const PoolDim& d, u32 i, int& from, int& end) {
  if (d.stride) {
    const int at = int(i) + d.padding, last = int(divide(u32(at), d.byStride)) + 1;
    from = at < d.reach ? 0 : int(divide(u32(at - d.reach), d.byStride)) + 1;
    end = last < d.count ? last : d.count;
  } else {
    from = int(i64(i) * d.count / d.size);
    end = int(((i64(i) + 1) * d.count + d.size - 1) / d.size);
  }
}

/** A thread for each element of the pooled tensor, which sums what comes from the windows whose maximum it was, in their order. */
extern "C" __global__ void maxPoolBackward(PoolArguments a, C* out, const C* x, const int* places, u32 n) {
  const u32 i = u32(globalThread());
  if (i >= n) return;
  u32 rest = i;
  int from[3], end[3];
#pragma unroll
  for (int d = 2; d >= 0; d--) windowsOf(a.dims[d], splitOff(rest, a.dims[d].bySize), from[d], end[d]);
  const int place = int(i - rest * u32(a.plane));
  C sum = C(0);
  for (int z = from[0]; z < end[0]; z++) {
    for (int y = from[1]; y < end[1]; y++) {
      const u32 line = ((rest * a.dims[0].count + z) * a.dims[1].count + y) * a.dims[2].count;
      for (int k = from[2]; k < end[2]; k++) {
        if (places[line + k] == place) sum += x[line + k];
      }
    }
  }
  out[i] = sum;
}

/** Where windows of two by two elements lie side by side and fill the plane: a thread for each window, which writes all of it. */
extern "C" __global__ void maxPoolBackwardPairs(PoolArguments a, C* out, const C* x, const int* places) {
  const u32 i = u32(globalThread());
  if (i >= a.outputs) return;
  u32 rest = i;
  const int column = 2 * int(splitOff(rest, a.dims[2].byCount)), row = 2 * int(splitOff(rest, a.dims[1].byCount));
  const int width = a.dims[2].size, at = row * width + column, place = places[i];
  const C value = x[i], zero = C(0);
  using Pair = Vector<C, 2>;
  C* to = out + i64(rest) * a.plane + at;
  *reinterpret_cast<Pair*>(to) = Pair{place == at ? value : zero, place == at + 1 ? value : zero};
  *reinterpret_cast<Pair*>(to + width) = Pair{place == at + width ? value : zero, place == at + width + 1 ? value : zero};
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
