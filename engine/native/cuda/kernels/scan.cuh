// Running results along rows of n elements behind each other. A row may be cut into parts for several blocks: their totals
// first, then the running results of those, then those of the elements.
#pragma once
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

constexpr int kEach = 4;

GB_DEVICE double fromBelow(double value, int lanes) { return __shfl_up_sync(kAllLanes, value, lanes); }
GB_DEVICE i64 fromBelow(i64 value, int lanes) { return __shfl_up_sync(kAllLanes, value, lanes); }

/** A thread's elements of one tensor as one, where they lie at a multiple of their bytes. */
template <class T>
using Together = Vector<T, kEach>;
template <class T>
GB_DEVICE bool isTogether(const T* p) {
  return (u64(p) & (sizeof(Together<T>) - 1)) == 0;
}

/** Elements begin … end after what `carry` stands for; the total of all. */
template <bool kStore, class P>
GB_DEVICE typename P::A scanPart(const P& p, i64 begin, i64 end, typename P::A carry) {
  using A = typename P::A;
  __shared__ A warps[kWarp];
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, count = blockDim.x / kWarp;
  for (i64 first = begin; first < end; first += kEach * blockDim.x) {
    const i64 own = first + kEach * threadIdx.x;
    const bool whole = own + kEach <= end && p.together(own);
    A values[kEach], sum = p.start();
    if (whole) {
      p.loadAll(values, own);
    } else {
#pragma unroll
      for (int j = 0; j < kEach; j++) values[j] = own + j < end ? p.load(own + j) : p.start();
    }
#pragma unroll
    for (int j = 0; j < kEach; j++) {
      if (own + j < end) sum = p.join(sum, values[j]);
      values[j] = sum;
    }
#pragma unroll
    for (int step = 1; step < kWarp; step *= 2) {
      const A other = fromBelow(sum, step);
      if (lane >= step) sum = p.join(other, sum);
    }
    __syncthreads();
    if (lane == kWarp - 1) warps[warp] = sum;
    __syncthreads();
    A earlier = carry;
    for (int w = 0; w < count; w++) {
      if (w == warp) earlier = carry;
      carry = p.join(carry, warps[w]);
    }
    const A below = fromBelow(sum, 1);
    if (!kStore) continue;
    if (lane > 0) earlier = p.join(earlier, below);
#pragma unroll
    for (int j = 0; j < kEach; j++) values[j] = p.join(earlier, values[j]);
    if (whole) {
      p.storeAll(values, own);
      continue;
    }
#pragma unroll
    for (int j = 0; j < kEach; j++) {
      if (own + j < end) p.store(own + j, values[j]);
    }
  }
  return carry;
}

/** A block's part of a row: elements begin … end. */
struct Part {
  i64 row, begin, end;
  GB_DEVICE Part(i64 n, i64 parts, i64 perPart) : row(blockIdx.x / parts * n), begin(row + blockIdx.x % parts * perPart) {
    end = begin + perPart < row + n ? begin + perPart : row + n;
  }
};

template <class P>
GB_DEVICE void total(const P& p, const Part& part, typename P::A* totals) {
  const typename P::A all = scanPart<false>(p, part.begin, part.end, p.start());
  if (threadIdx.x == 0) totals[blockIdx.x] = all;
}

/** Totals in place of elements. */
template <class P>
struct Totals {
  using A = typename P::A;
  P p;
  A* totals;

  GB_DEVICE A start() const { return p.start(); }
  GB_DEVICE A load(i64 i) const { return totals[i]; }
  GB_DEVICE A join(const A& a, const A& b) const { return p.join(a, b); }
  GB_DEVICE void store(i64 i, const A& value) const { totals[i] = value; }
  GB_DEVICE bool together(i64) const { return false; }
  GB_DEVICE void loadAll(A (&)[kEach], i64) const {}
  GB_DEVICE void storeAll(const A (&)[kEach], i64) const {}
};

/** A block for each row: running results of its parts' totals in their place. */
template <class P>
GB_DEVICE void run(const P& p, typename P::A* totals, i64 parts) {
  const i64 first = blockIdx.x * parts;
  scanPart<true>(Totals<P>{p, totals}, first, first + parts, p.start());
}

/** What stands before a block's part. */
template <class P>
GB_DEVICE typename P::A before(const P& p, const typename P::A* totals, i64 parts) {
  return blockIdx.x % parts == 0 ? p.start() : totals[blockIdx.x - 1];
}

}  // namespace cuda
}  // namespace gb
