// A few elements of a walk for each thread: where they lie is worked out once, and what lies behind each other is read and
// written together.
#pragma once
#include "cuda/kernels/prelude.cuh"

namespace gb {
namespace cuda {

/** Where kWalkRun elements of each tensor lie: `split` of them from `first` on, the others, of the walk's next row, from `next` on. */
template <int N>
struct Run {
  i64 first[N], next[N], step[N];
  u32 split;

  /** Rows have at least kWalkRun elements, and kWalkRun elements are left from `position` on. */
  GB_DEVICE Run(const Walk<N>& walk, u32 position) {
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

  GB_DEVICE i64 offset(int k, u32 j) const { return j < split ? first[k] + j * step[k] : next[k] + (j - split) * step[k]; }
  /** True where the elements of tensor `k` at `data`, of `size` bytes, can be taken as one. */
  GB_DEVICE bool together(int k, const char* data, int size) const {
    return step[k] == size && (split >= kWalkRun || next[k] - first[k] == split * step[k]) &&
           (u64(data + first[k]) & (kWalkRun * size - 1)) == 0;
  }
};

template <class T, class C, int N>
GB_DEVICE void loadRunAs(C (&x)[kWalkRun], const char* data, const Run<N>& run, int k) {
  if (run.together(k, data, sizeof(T))) {
    const auto in = *reinterpret_cast<const Vector<T, kWalkRun>*>(data + run.first[k]);
#pragma unroll
    for (int j = 0; j < kWalkRun; j++) x[j] = cast<C>(in.at[j]);
    return;
  }
#pragma unroll
  for (int j = 0; j < kWalkRun; j++) x[j] = cast<C>(*reinterpret_cast<const T*>(data + run.offset(k, j)));
}
template <class T, class C, int N>
GB_DEVICE void storeRunAs(const C (&x)[kWalkRun], char* data, const Run<N>& run, int k) {
  if (run.together(k, data, sizeof(T))) {
    Vector<T, kWalkRun> out;
#pragma unroll
    for (int j = 0; j < kWalkRun; j++) out.at[j] = cast<T>(x[j]);
    *reinterpret_cast<Vector<T, kWalkRun>*>(data + run.first[k]) = out;
    return;
  }
#pragma unroll
  for (int j = 0; j < kWalkRun; j++) *reinterpret_cast<T*>(data + run.offset(k, j)) = cast<T>(x[j]);
}

/** The elements of tensor `k` of the walk, of a type that is known only now. */
template <class C, int N>
GB_DEVICE void loadRun(C (&x)[kWalkRun], const Place& from, const Run<N>& run, int k) {
  switch (from.type) {
#define GB_CASE(CODE, TYPE) \
  case CODE:                \
    return loadRunAs<TYPE>(x, from.data, run, k);
    GB_TYPES(GB_CASE)
#undef GB_CASE
  }
}
template <class C, int N>
GB_DEVICE void storeRun(const C (&x)[kWalkRun], const Place& to, const Run<N>& run, int k) {
  switch (to.type) {
#define GB_CASE(CODE, TYPE) \
  case CODE:                \
    return storeRunAs<TYPE>(x, to.data, run, k);
    GB_TYPES(GB_CASE)
#undef GB_CASE
  }
}

}  // namespace cuda
}  // namespace gb
