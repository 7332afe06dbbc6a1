// Running results along rows of n elements behind each other. A row may be cut into parts for several blocks: their totals
// first, then the running results of those, then those of the elements. Macro: GB_C (float, double or i64).
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

using C = GB_C;

constexpr int kEach = 4;

template <class T>
struct AccumulatorOf {
  using Type = double;
};
template <>
struct AccumulatorOf<i64> {
  using Type = u64;
};

GB_DEVICE double fromBelow(double value, int lanes) { return __shfl_up_sync(kAllLanes, value, lanes); }
GB_DEVICE u64 fromBelow(u64 value, int lanes) { return __shfl_up_sync(kAllLanes, value, lanes); }

/** Sums and products: floats in double, whole numbers wrap. */
struct Arithmetic {
  using A = AccumulatorOf<C>::Type;
  C* y;
  const C* x;
  bool product;

  GB_DEVICE A start() const { return product ? A(1) : A(0); }
  GB_DEVICE A load(i64 i) const { return A(x[i]); }
  GB_DEVICE A join(A a, A b) const { return product ? a * b : a + b; }
  GB_DEVICE void store(i64 i, A value) const { y[i] = C(value); }
};

/** An element and its place from the start of its row; −1 for none. */
struct Best {
  C value;
  i64 at;
};
GB_DEVICE Best fromBelow(const Best& best, int lanes) {
  return {__shfl_up_sync(kAllLanes, best.value, lanes), __shfl_up_sync(kAllLanes, best.at, lanes)};
}

/** Largest or smallest elements: a NaN wins, of equal ones the last. */
struct Extreme {
  using A = Best;
  C* y;
  i64* indices;
  const C* x;
  bool largest;
  i64 row;

  GB_DEVICE A start() const { return {C(), -1}; }
  GB_DEVICE A load(i64 i) const { return {x[i], i - row}; }
  GB_DEVICE A join(const A& a, const A& b) const {
    if (a.at < 0 || b.at < 0) return a.at < 0 ? b : a;
    if (b.value != b.value) return b;
    return a.value == a.value && (largest ? b.value >= a.value : b.value <= a.value) ? b : a;
  }
  GB_DEVICE void store(i64 i, const A& best) const {
    y[i] = best.value;
    indices[i] = best.at;
  }
};

/** Elements begin … end after what `carry` stands for; the total of all. */
template <bool kStore, class P>
GB_DEVICE typename P::A scanPart(const P& p, i64 begin, i64 end, typename P::A carry) {
  using A = typename P::A;
  __shared__ A warps[kWarp];
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, count = blockDim.x / kWarp;
  for (i64 first = begin; first < end; first += kEach * blockDim.x) {
    const i64 own = first + kEach * threadIdx.x;
    A values[kEach], sum = p.start();
#pragma unroll
    for (int j = 0; j < kEach; j++) {
      if (own + j < end) sum = p.join(sum, p.load(own + j));
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
    for (int j = 0; j < kEach; j++) {
      if (own + j < end) p.store(own + j, p.join(earlier, values[j]));
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

extern "C" __global__ void sums(Arithmetic::A* totals, const C* x, i64 n, i64 parts, i64 perPart, bool product) {
  total(Arithmetic{nullptr, x, product}, Part(n, parts, perPart), totals);
}
extern "C" __global__ void runSums(Arithmetic::A* totals, i64 parts, bool product) {
  run(Arithmetic{nullptr, nullptr, product}, totals, parts);
}
extern "C" __global__ void accumulate(C* y, const C* x, const Arithmetic::A* totals, i64 n, i64 parts, i64 perPart,
                                      bool product) {
  const Arithmetic p{y, x, product};
  const Part part(n, parts, perPart);
  scanPart<true>(p, part.begin, part.end, before(p, totals, parts));
}

extern "C" __global__ void bests(Best* totals, const C* x, i64 n, i64 parts, i64 perPart, bool largest) {
  const Part part(n, parts, perPart);
  total(Extreme{nullptr, nullptr, x, largest, part.row}, part, totals);
}
extern "C" __global__ void runBests(Best* totals, i64 parts, bool largest) {
  run(Extreme{nullptr, nullptr, nullptr, largest, 0}, totals, parts);
}
extern "C" __global__ void extremes(C* y, i64* indices, const C* x, const Best* totals, i64 n, i64 parts, i64 perPart,
                                    bool largest) {
  const Part part(n, parts, perPart);
  const Extreme p{y, indices, x, largest, part.row};
  scanPart<true>(p, part.begin, part.end, before(p, totals, parts));
}

}  // namespace cuda
}  // namespace gb
