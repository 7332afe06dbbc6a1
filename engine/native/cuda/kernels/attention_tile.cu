// Attention of float32, in tiles (attention_tile.cuh).
#include "cuda/kernels/attention_tile.cuh"

namespace gb {
namespace cuda {

extern "C" __global__ void __launch_bounds__(128, GB_MASK ? 2 : 3) attentionTile(AttentionArguments a) {
  // Keys make room for the weights that come of them.
  alignas(16) __shared__ float queries[kArea], keys[kSquare], values[kArea];
  const Task task(a.queries, kTile, a, true);
  const Rows key(a.key, a, task.head, a.width), value(a.value, a, task.head, a.values);
  const int end = keysOf(a, task.first, kTile);
  fetch(queries, Rows(a.query, a, task.head, a.width), task.first, int(a.queries));

  Sums out = {};
  float top[kRows], sum[kRows];
#pragma unroll
  for (int i = 0; i < kRows; i++) {
    top[i] = kNever;
    sum[i] = 0.0f;
  }
#pragma unroll 1
  for (int key0 = 0; key0 < end; key0 += kTile) {
    fetch(keys, key, key0, end);
    waitForCopies();
    __syncthreads();
    // On their way while the products of queries and keys are made.
    fetch(values, value, key0, end);
    Scores s;
    dots(s, queries, keys);
    scores<false>(s, a, task.head, task.first, key0);
#pragma unroll
    for (int i = 0; i < kRows; i++) {
      float most = top[i];
#pragma unroll
      for (int j = 0; j < kColumns; j++) most = ::fmaxf(most, s[i][j]);
      most = acrossRow<Largest>(most);
      // While no key was seen there is nothing to scale; a NaN shows in the powers.
      const float base = most == kNever ? 0.0f : most, factor = exp2Fast(top[i] - base);
      float own = 0.0f;
#pragma unroll
      for (int j = 0; j < kColumns; j++) own += s[i][j] = exp2Fast(s[i][j] - base);
      sum[i] = sum[i] * factor + own;
      top[i] = most;
#pragma unroll
      for (int j = 0; j < kOut; j++) out[i][j] *= factor;
    }
    __syncthreads();
    keep(keys, s);
    waitForCopies();
    __syncthreads();
    weighted(out, keys, values);
    __syncthreads();
  }
  // A query that sees no key gets zeros.
#pragma unroll
  for (int i = 0; i < kRows; i++) {
    const float all = acrossRow<Plus>(sum[i]), factor = all == 0.0f ? 0.0f : 1.0f / all;
#pragma unroll
    for (int j = 0; j < kOut; j++) out[i][j] *= factor;
    const int row = task.first + ty() + i * kDown;
    if (tx() != 0 || row >= a.queries) continue;
    static_cast<float*>(a.logSums)[task.head * a.queries + row] = all == 0.0f ? -kNever : top[i] * kLn2 + scalar::log(all);
  }
  put(a.out, out, task.head, task.first, a.queries, a.values, 1.0f);
}

}  // namespace cuda
}  // namespace gb
