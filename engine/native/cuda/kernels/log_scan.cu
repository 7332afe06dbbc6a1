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
  GB_DEVICE void store(i64 i, const A& value) const { y[i] = value.top + scalar::log(T(value.sum)); }
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
