// Running logarithms of sums of exponentials. Macro: GB_T (float or double).
#include "cuda/kernels/exponentials.cuh"
#include "cuda/kernels/scan.cuh"

namespace gb {
namespace cuda {

using T = GB_T;

GB_DEVICE Exponentials fromBelow(const Exponentials& value, int lanes) {
  return {__shfl_up_sync(kAllLanes, value.top, lanes), __shfl_up_sync(kAllLanes, value.sum, lanes)};
}

struct LogSums {
  using A = Exponentials;
  T* y;
  const T* x;

  GB_DEVICE A start() const { return none(A()); }
  GB_DEVICE A load(i64 i) const { return {x[i], 1}; }
  GB_DEVICE A join(const A& a, const A& b) const { return cuda::join(a, b); }
  GB_DEVICE T result(const A& value) const { return value.top + scalar::log(T(value.sum)); }
  GB_DEVICE void store(i64 i, const A& value) const { y[i] = result(value); }
  GB_DEVICE bool together(i64 i) const { return isTogether(x + i) && isTogether(y + i); }
  GB_DEVICE void loadAll(A (&values)[kEach], i64 i) const {
    const auto in = *reinterpret_cast<const Together<T>*>(x + i);
#pragma unroll
    for (int j = 0; j < kEach; j++) values[j] = {in.at[j], 1};
  }
  GB_DEVICE void storeAll(const A (&values)[kEach], i64 i) const {
    Together<T> out;
#pragma unroll
    for (int j = 0; j < kEach; j++) out.at[j] = result(values[j]);
    *reinterpret_cast<Together<T>*>(y + i) = out;
  }
};

extern "C" __global__ void logSums(Exponentials* totals, const T* x, i64 n, i64 parts, i64 perPart) {
  total(LogSums{nullptr, x}, Part(n, parts, perPart), totals);
}
extern "C" __global__ void runLogSums(Exponentials* totals, i64 parts) { run(LogSums{nullptr, nullptr}, totals, parts); }
extern "C" __global__ void accumulateLogs(T* y, const T* x, const Exponentials* totals, i64 n, i64 parts, i64 perPart) {
  const LogSums p{y, x};
  const Part part(n, parts, perPart);
  scanPart<true>(p, part.begin, part.end, before(p, totals, parts));
}

}  // namespace cuda
}  // namespace gb
