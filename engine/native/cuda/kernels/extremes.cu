// The extreme element of each row and its place: the first of equals, and the first NaN before everything. Macro: GB_C
// (float, double or i64: what elements are compared in).
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

using C = GB_C;

struct Best {
  C value;
  i64 at;
};

GB_DEVICE bool beats(const Best& a, const Best& b, bool largest) {
  const bool aNan = a.value != a.value, bNan = b.value != b.value;
  if (aNan || bNan) return aNan && (!bNan || a.at < b.at);
  if (a.value == b.value) return a.at < b.at;
  return largest ? a.value > b.value : a.value < b.value;
}

template <bool largest>
struct Better {
  GB_DEVICE static Best join(const Best& a, const Best& b) { return beats(b, a, largest) ? b : a; }
};
GB_DEVICE Best opposite(const Best& best, u32 step) {
  return {__shfl_xor_sync(kAllLanes, best.value, step), __shfl_xor_sync(kAllLanes, best.at, step)};
}

/** Elements that a thread has under way. */
constexpr u32 kLoads = 4;

/** Of the elements begin … end those from `lane` on, every `lanes`-th: later ones win only where they are better. */
template <class T>
GB_DEVICE Best bestOf(const char* row, u32 lane, u32 lanes, i64 begin, i64 end, bool largest) {
  const T* x = reinterpret_cast<const T*>(row);
  Best best{cast<C>(x[begin]), begin};
  for (i64 first = begin + lane; first < end; first += kLoads * lanes) {
    C values[kLoads];
#pragma unroll
    for (u32 j = 0; j < kLoads; j++) values[j] = first + j * lanes < end ? cast<C>(x[first + j * lanes]) : best.value;
#pragma unroll
    for (u32 j = 0; j < kLoads; j++) {
      const bool better = largest ? values[j] > best.value : values[j] < best.value;
      if (better || (values[j] != values[j] && best.value == best.value)) best = {values[j], first + j * lanes};
    }
  }
  return best;
}

/** What a row's first thread writes: the best of all its threads, which are `lanes`. Null `values` are not wanted. */
GB_DEVICE void finish(Best best, char* values, i64* indices, const char* row, i64 itemSize, i64 own, bool first, u32 lanes,
                      bool largest) {
  // A value that joins with itself stays what it is: any of them can be the start.
  best = largest ? groupJoin<Better<true>>(best, lanes, best) : groupJoin<Better<false>>(best, lanes, best);
  if (!first) return;
  indices[own] = best.at;
  if (!values) return;
  for (i64 b = 0; b < itemSize; b++) values[own * itemSize + b] = row[best.at * itemSize + b];
}

/** `lanes` threads take a row; y: parts of `perPart` elements, whose indices are [row][part]. */
extern "C" __global__ void __launch_bounds__(512, 1) extreme(char* values, i64* indices, Place x, i64 itemSize, i64 n, i64 rows,
                                                                i64 perPart, u32 lanes, bool largest) {
  const u32 lane = threadIdx.x & (lanes - 1);
  const i64 own = globalThread() / lanes, begin = blockIdx.y * perPart, end = begin + perPart < n ? begin + perPart : n;
  const char* row = x.data + (own < rows ? own : 0) * n * itemSize;
  Best best{C(0), 0};
  constexpr bool whole = C(0.5) == C(0);
#define GB_CASE(CODE, TYPE)                                     \
  case CODE:                                                    \
    best = bestOf<TYPE>(row, lane, lanes, begin, end, largest); \
    break;
  if constexpr (whole) {
    switch (x.type) { GB_CASE(0, u8) GB_CASE(1, i8) GB_CASE(2, i16) GB_CASE(3, i32) GB_CASE(4, i64) GB_CASE(8, bool) }
  } else {
    switch (x.type) { GB_CASE(5, Half) GB_CASE(6, float) GB_CASE(7, double) GB_CASE(9, BFloat16) }
  }
#undef GB_CASE
  finish(best, values, indices, row, itemSize, own * gridDim.y + blockIdx.y, lane == 0 && own < rows, lanes, largest);
}

/** The best of a row's parts, one for each of `lanes` threads at most; `places`: [row][part]. */
extern "C" __global__ void __launch_bounds__(512, 1) joinExtremes(char* values, i64* indices, Place x, i64 itemSize, i64 n, i64 rows,
                                                                     const i64* places, u32 parts, u32 lanes, bool largest) {
  const u32 lane = threadIdx.x & (lanes - 1);
  const i64 own = globalThread() / lanes, there = own < rows ? own : 0, at = places[there * parts + (lane < parts ? lane : 0)];
  const char* row = x.data + there * n * itemSize;
  finish({loadAs<C>(row + at * itemSize, x.type), at}, values, indices, row, itemSize, own, lane == 0 && own < rows, lanes, largest);
}

}  // namespace cuda
}  // namespace gb
