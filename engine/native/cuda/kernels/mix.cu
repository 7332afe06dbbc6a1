// A sparse matrix times every line of a tensor. Macro: GB_T (float or double).
#include "cuda/kernels/prelude.cuh"
#include "cuda/kernels/layer_arguments.h"

namespace gb {
namespace cuda {

using T = GB_T;

extern "C" __global__ void mix(MixArguments a, T* out, const T* in) {
  const i64 i = globalThread();
  if (i >= a.outputs) return;
  const u32 line = divide(u32(i), a.inner), outer = divide(line, a.rows), row = line - outer * a.rows.d;
  const T* x = in + outer * a.size * a.inner.d + (u32(i) - line * a.inner.d);
  const T* weights = static_cast<const T*>(a.weights);
  T sum = T(0);
  const int end = a.starts[row + 1];
  for (int j = a.starts[row]; j < end; j++) sum += weights[j] * x[i64(a.columns[j]) * a.inner.d];
  out[i] = sum;
}

/** A thread for each element of the result. Sums as two calls of `mix` make them. */
extern "C" __global__ void mixPlane(MixPlaneArguments a, T* out, const T* in) {
  const u32 i = u32(globalThread());
  if (i >= a.outputs) return;
  const u32 line = divide(i, a.columns), column = i - line * a.columns.d, plane = divide(line, a.rows), row = line - plane * a.rows.d;
  const T* x = in + i64(plane) * a.height * a.width;
  const T *down = static_cast<const T*>(a.downWeights), *across = static_cast<const T*>(a.acrossWeights);
  const int top = a.downStarts[row], bottom = a.downStarts[row + 1], right = a.acrossStarts[column + 1];
  T sum = T(0);
  for (int k = a.acrossStarts[column]; k < right; k++) {
    const int at = a.acrossColumns[k];
    T own = T(0);
    for (int j = top; j < bottom; j++) own += down[j] * x[a.downColumns[j] * a.width + at];
    sum += across[k] * own;
  }
  out[i] = sum;
}

}  // namespace cuda
}  // namespace gb
