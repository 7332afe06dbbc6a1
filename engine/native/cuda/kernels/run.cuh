// A few elements of a walk for each thread: where they lie is worked out once, and what lies behind each other is read and
// written together.
#pragma once
#include "cuda/kernels/prelude.cuh"

namespace gb {
namespace cuda {

/**
 * Where kWalkRun elements of each tensor lie: `split` of them from `first` on, the others, of the walk's next row, from `next` on.
 * The last thread's are the walk's last ones, of which it leaves the first `skip` to the thread before.
 */
template <int N>
struct Run {
  i64 first[N], next[N], step[N];
  u32 split, skip = 0;

  /** Rows have at least kWalkRun elements; of the walk's n elements `position` is one. */
  GB_DEVICE Run(const Walk<N>& walk, u32 position, u32 n) {
    if (n - position < kWalkRun) {
      skip = kWalkRun - (n - position);
      position -= skip;
    }
    const u32 row = divide(position, walk.sizes[0]), at = position - row * walk.sizes[0].d;
    split = walk.sizes[0].d - at;
    locate(walk, row, first, 1);
    for (int k = 0; k < N; k++) next[k] = first[k];
    if (split < kWalkRun) locate(walk, row + 1, next, 1);
    for (int k = 0; k < N; k++) {
      step[k] = walk.strides[k][0];
      first[k] += at * step[k];
    }
  }
};

/** A run's elements of one tensor, `whole` where they can be taken as one. */
template <class Byte>
struct Spots {
  Byte* at[kWalkRun];
  bool whole;

  /** Of tensor `k` at `data`, of `size` bytes each. */
  template <int N>
  GB_DEVICE Spots(Byte* data, int size, const Run<N>& run, int k) {
    const i64 step = run.step[k];
#pragma unroll
    for (u32 j = 0; j < kWalkRun; j++) {
      at[j] = data + (j < run.split ? run.first[k] + j * step : run.next[k] + (j - run.split) * step);
    }
    whole = step == size && (run.split >= kWalkRun || run.next[k] - run.first[k] == run.split * step) &&
            (u64(at[0]) & (kWalkRun * size - 1)) == 0;
  }
};

/** Elements of type T, as X. */
template <class T, class X>
GB_DEVICE void loadSpots(X (&x)[kWalkRun], const Spots<const char>& spots) {
  if (spots.whole) {
    const auto in = *reinterpret_cast<const Vector<T, kWalkRun>*>(spots.at[0]);
#pragma unroll
    for (int j = 0; j < kWalkRun; j++) x[j] = cast<X>(in.at[j]);
    return;
  }
#pragma unroll
  for (int j = 0; j < kWalkRun; j++) x[j] = cast<X>(*reinterpret_cast<const T*>(spots.at[j]));
}
template <class T, class X>
GB_DEVICE void storeSpots(const X (&x)[kWalkRun], const Spots<char>& spots, u32 skip) {
  if (spots.whole && skip == 0) {
    Vector<T, kWalkRun> out;
#pragma unroll
    for (int j = 0; j < kWalkRun; j++) out.at[j] = cast<T>(x[j]);
    *reinterpret_cast<Vector<T, kWalkRun>*>(spots.at[0]) = out;
    return;
  }
#pragma unroll
  for (u32 j = 0; j < kWalkRun; j++) {
    if (j >= skip) *reinterpret_cast<T*>(spots.at[j]) = cast<T>(x[j]);
  }
}

template <class T>
GB_DEVICE T fromBits(u64 bits) {
  const auto own = static_cast<typename BitsOf<sizeof(T)>::Type>(bits);
  return __builtin_bit_cast(T, own);
}
template <class T>
GB_DEVICE u64 toBits(T x) {
  return __builtin_bit_cast(typename BitsOf<sizeof(T)>::Type, x);
}

/**
 * The elements of tensor `k` of the walk, of a type that is known only now: moved by its size, then converted. Every type's own
 * loads and stores would be most of what a kernel's compiler has to do.
 */
template <class C, int N>
GB_DEVICE void loadRun(C (&x)[kWalkRun], const Place& from, const Run<N>& run, int k) {
  const int size = sizeOf(from.type);
  const Spots<const char> spots(from.data, size, run, k);
  u64 bits[kWalkRun];
  switch (size) {
    case 1: loadSpots<u8>(bits, spots); break;
    case 2: loadSpots<u16>(bits, spots); break;
    case 4: loadSpots<u32>(bits, spots); break;
    default: loadSpots<u64>(bits, spots);
  }
  switch (from.type) {
#define GB_CASE(CODE, TYPE)                                                                 \
  case CODE:                                                                                \
    for (int j = 0; j < kWalkRun; j++) x[j] = cast<C>(fromBits<TYPE>(bits[j]));             \
    return;
    GB_TYPES(GB_CASE)
#undef GB_CASE
  }
}
template <class C, int N>
GB_DEVICE void storeRun(const C (&x)[kWalkRun], const Place& to, const Run<N>& run, int k) {
  u64 bits[kWalkRun];
  switch (to.type) {
#define GB_CASE(CODE, TYPE)                                                      \
  case CODE:                                                                     \
    for (int j = 0; j < kWalkRun; j++) bits[j] = toBits(cast<TYPE>(x[j]));       \
    break;
    GB_TYPES(GB_CASE)
#undef GB_CASE
  }
  const int size = sizeOf(to.type);
  const Spots<char> spots(to.data, size, run, k);
  switch (size) {
    case 1: return storeSpots<u8>(bits, spots, run.skip);
    case 2: return storeSpots<u16>(bits, spots, run.skip);
    case 4: return storeSpots<u32>(bits, spots, run.skip);
    default: return storeSpots<u64>(bits, spots, run.skip);
  }
}

}  // namespace cuda
}  // namespace gb
