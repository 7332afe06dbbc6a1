// Filling and ranges. Macro: GB_C (float, double or i64: by way of what elements are converted).
#include "cuda/kernels/run.cuh"

namespace gb {
namespace cuda {

using C = GB_C;

extern "C" __global__ void fill(Place to, C value, Walk<1> walk, u32 n) {
  const i64 i = globalThread();
  if (i >= n) return;
  i64 at[1];
  locate(walk, u32(i), at);
  storeAs<C>(to.data + at[0], to.type, value);
}

/** The same where the walk's rows have a run's elements at least. */
extern "C" __global__ void fillRuns(Place to, C value, Walk<1> walk, u32 n) {
  const i64 first = globalThread() * kWalkRun;
  if (first >= n) return;
  const C values[kWalkRun] = {value, value, value, value};
  storeRun(values, to, Run<1>(walk, u32(first), n), 0);
}

GB_DEVICE float line(float step, float x, float start) { return scalar::mulAdd(step, x, start); }
GB_DEVICE double line(double step, double x, double start) { return scalar::mulAdd(step, x, start); }
GB_DEVICE i64 line(i64 step, i64 x, i64 start) { return start + step * x; }

/** start + i·step in the type that elements are computed in. */
extern "C" __global__ void arange(Place to, C start, C step, i64 itemSize, i64 n) {
  const i64 i = globalThread();
  if (i < n) storeAs<C>(to.data + i * itemSize, to.type, line(step, C(i), start));
}

/** From both ends inwards: the last element is exactly `end`. */
extern "C" __global__ void linspace(Place to, C start, C end, C step, i64 itemSize, i64 n) {
  const i64 i = globalThread();
  if (i >= n) return;
  const C value = i < n / 2 || n == 1 ? line(step, C(i), start) : line(-step, C(n - i - 1), end);
  storeAs<C>(to.data + i * itemSize, to.type, value);
}

}  // namespace cuda
}  // namespace gb
