// Running sums, products and extremes. Macro: GB_C (float, double or i64).
#include "cuda/kernels/scan.cuh"
#include "scalar/binary.h"

namespace gb {
namespace cuda {

using C = GB_C;

/** Sums and products: floats in double, whole numbers wrap. */
struct Arithmetic {
  using A = AccumulatorOf<C>::Type;
  C* y;
  const C* x;
  bool product;

  GB_DEVICE A start() const { return product ? A(1) : A(0); }
  GB_DEVICE A load(i64 i) const { return A(x[i]); }
  GB_DEVICE A join(A a, A b) const { return product ? scalar::mul(a, b) : scalar::add(a, b); }
  GB_DEVICE void store(i64 i, A value) const { y[i] = C(value); }
  GB_DEVICE bool together(i64 i) const { return isTogether(x + i) && isTogether(y + i); }
  GB_DEVICE void loadAll(A (&values)[kEach], i64 i) const {
    const auto in = *reinterpret_cast<const Together<C>*>(x + i);
#pragma unroll
    for (int j = 0; j < kEach; j++) values[j] = A(in.at[j]);
  }
  GB_DEVICE void storeAll(const A (&values)[kEach], i64 i) const {
    Together<C> out;
#pragma unroll
    for (int j = 0; j < kEach; j++) out.at[j] = C(values[j]);
    *reinterpret_cast<Together<C>*>(y + i) = out;
  }
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
  GB_DEVICE bool together(i64 i) const { return isTogether(x + i) && isTogether(y + i) && isTogether(indices + i); }
  GB_DEVICE void loadAll(A (&values)[kEach], i64 i) const {
    const auto in = *reinterpret_cast<const Together<C>*>(x + i);
#pragma unroll
    for (int j = 0; j < kEach; j++) values[j] = {in.at[j], i + j - row};
  }
  GB_DEVICE void storeAll(const A (&values)[kEach], i64 i) const {
    Together<C> out;
    Together<i64> at;
#pragma unroll
    for (int j = 0; j < kEach; j++) {
      out.at[j] = values[j].value;
      at.at[j] = values[j].at;
    }
    *reinterpret_cast<Together<C>*>(y + i) = out;
    *reinterpret_cast<Together<i64>*>(indices + i) = at;
  }
};

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
