// One pointwise op over any strides and any types. Macros: pointwise.cuh. An input of one element is walked over like the others, with
// steps of 0.
#include "cuda/kernels/pointwise.cuh"
#include "cuda/kernels/run.cuh"

namespace gb {
namespace cuda {

extern "C" __global__ void strided(PointwiseArguments a, Walk<kInputs + 1> walk, u32 n) {
  const i64 i = globalThread();
  if (i >= n) return;
  i64 at[kInputs + 1];
  locate(walk, u32(i), at);
  C x[kInputs];
#pragma unroll
  for (int k = 0; k < kInputs; k++) {
    x[k] = isNumber(a, k) ? numberOf<C>(a.numbers[k]) : loadAs<C>(a.in[k].data + at[k + 1], a.in[k].type);
    x[k] = wrapped(x[k], a.common);
  }
  storeAs<R>(a.out.data + at[0], a.out.type, apply(x, a));
}

/** The same where the walk's rows have a run's elements at least. */
extern "C" __global__ void runs(PointwiseArguments a, Walk<kInputs + 1> walk, u32 n) {
  const i64 first = globalThread() * kWalkRun;
  if (first >= n) return;
  const Run<kInputs + 1> run(walk, u32(first), n);
  C in[kInputs][kWalkRun];
#pragma unroll
  for (int k = 0; k < kInputs; k++) {
    if (isNumber(a, k)) {
#pragma unroll
      for (int j = 0; j < kWalkRun; j++) in[k][j] = numberOf<C>(a.numbers[k]);
    } else {
      loadRun(in[k], a.in[k], run, k + 1);
    }
  }
  R out[kWalkRun];
#pragma unroll
  for (int j = 0; j < kWalkRun; j++) {
    C x[kInputs];
#pragma unroll
    for (int k = 0; k < kInputs; k++) x[k] = wrapped(in[k][j], a.common);
    out[j] = apply(x, a);
  }
  storeRun(out, a.out, run, 0);
}

}  // namespace cuda
}  // namespace gb
