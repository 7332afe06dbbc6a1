// One pointwise op over any strides and any types. Macros: pointwise.cuh.
#include "cuda/kernels/pointwise.cuh"
#include "cuda/kernels/run.cuh"

namespace gb {
namespace cuda {

/** The element at a position of a walk. */
GB_DEVICE void one(const PointwiseArguments& a, const Walk<kInputs + 1>& walk, u32 position) {
  i64 at[kInputs + 1];
  locate(walk, position, at);
  C x[kInputs];
  constants(a, x);
  const unsigned int same = a.plain | (a.plain >> 4);
#pragma unroll
  for (int k = 0; k < kInputs; k++) {
    if (!((same >> k) & 1)) x[k] = wrapped(loadAs<C>(a.in[k].data + at[k + 1], a.in[k].type), a.common);
  }
  storeAs<R>(a.out.data + at[0], a.out.type, apply(x, a));
}

extern "C" __global__ void strided(PointwiseArguments a, Walk<kInputs + 1> walk, u32 n) {
  const i64 i = globalThread();
  if (i < n) one(a, walk, u32(i));
}

/** The same where the walk's rows have a run's elements at least. */
extern "C" __global__ void runs(PointwiseArguments a, Walk<kInputs + 1> walk, u32 n) {
  const i64 first = globalThread() * kWalkRun;
  if (first + kWalkRun > n) {
    for (i64 i = first; i < n; i++) one(a, walk, u32(i));
    return;
  }
  const Run<kInputs + 1> run(walk, u32(first));
  C fixed[kInputs], in[kInputs][kWalkRun];
  constants(a, fixed);
  const unsigned int same = a.plain | (a.plain >> 4);
#pragma unroll
  for (int k = 0; k < kInputs; k++) {
    if (!((same >> k) & 1)) {
      loadRun(in[k], a.in[k], run, k + 1);
#pragma unroll
      for (int j = 0; j < kWalkRun; j++) in[k][j] = wrapped(in[k][j], a.common);
    } else {
#pragma unroll
      for (int j = 0; j < kWalkRun; j++) in[k][j] = fixed[k];
    }
  }
  R out[kWalkRun];
#pragma unroll
  for (int j = 0; j < kWalkRun; j++) {
    C x[kInputs];
#pragma unroll
    for (int k = 0; k < kInputs; k++) x[k] = in[k][j];
    out[j] = apply(x, a);
  }
  storeRun(out, a.out, run, 0);
}

}  // namespace cuda
}  // namespace gb
