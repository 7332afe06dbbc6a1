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

/**
 * A thread for kMixRows elements of a column of the result: what stands in the second matrix is looked up once for them, and their
 * sums go side by side. Each is as two calls of `mix` make it.
 */
extern "C" __global__ void mixPlane(MixPlaneArguments a, T* out, const T* in) {
  const u32 i = u32(globalThread());
  if (i >= a.threads) return;
  const u32 line = divide(i, a.columns), column = i - line * a.columns.d, plane = divide(line, a.groups);
  const int first = int(line - plane * a.groups.d) * kMixRows;
  const T* x = in + i64(plane) * a.height * a.width;
  const T *down = static_cast<const T*>(a.downWeights), *across = static_cast<const T*>(a.acrossWeights);
  int top[kMixRows], count[kMixRows], most = 0;
#pragma unroll
  for (int r = 0; r < kMixRows; r++) {
    const int row = first + r < a.rows ? first + r : a.rows - 1;
    top[r] = a.downStarts[row];
    count[r] = a.downStarts[row + 1] - top[r];
    most = count[r] > most ? count[r] : most;
  }
  T sums[kMixRows] = {};
  const int right = a.acrossStarts[column + 1];
  for (int k = a.acrossStarts[column]; k < right; k++) {
    const T* from = x + a.acrossColumns[k];
    const T weight = across[k];
    T own[kMixRows] = {};
    for (int j = 0; j < most; j++) {
#pragma unroll
      for (int r = 0; r < kMixRows; r++) {
        if (j < count[r]) own[r] += down[top[r] + j] * from[a.downColumns[top[r] + j] * a.width];
      }
    }
#pragma unroll
    for (int r = 0; r < kMixRows; r++) sums[r] += weight * own[r];
  }
  T* to = out + (i64(plane) * a.rows + first) * a.columns.d + column;
#pragma unroll
  for (int r = 0; r < kMixRows; r++) {
    if (first + r < a.rows) to[r * i64(a.columns.d)] = sums[r];
  }
}

}  // namespace cuda
}  // namespace gb
