// The gradient of attention's queries, of float32 in tiles (attention_tile.cuh): dS = P ∘ (dO·Vᵀ − Σ dO ∘ O), dQ = scale · dS·K, with
// the probabilities P made again from the logarithms of their sums. The sums over dO ∘ O are left for attention_tile_key.cu.
#include "cuda/kernels/attention_tile.cuh"

namespace gb {
namespace cuda {

extern "C" __global__ void __launch_bounds__(128, GB_MASK ? 2 : 3) tileQueryGradient(AttentionArguments a) {
  // Values make room for the scores' gradients.
  GB_DYNAMIC_SHARED(float, shared);
  float *const queries = shared, *const grads = queries + kArea, *const keys = grads + kArea, *const values = keys + kArea;
  const Task task(a.queries, kTile, a, true);
  const Rows key(a.key, a, task.head, a.width), value(a.value, a, task.head, a.values);
  const int end = keysOf(a, task.first, kTile), count = int(a.queries);
  fetch(queries, Rows(a.query, a, task.head, a.width), task.first, count);
  fetch(grads, Rows(a.grad, a, task.head, a.values), task.first, count);
  fetch(values, Rows(a.result, a, task.head, a.values), task.first, count);
  waitForCopies();
  __syncthreads();

  const i64 place = task.head * a.queries + task.first;
#pragma unroll 1
  for (int row = ty(); row < kTile; row += kDown) {
    const int at = placeOf<kWidth>(row, tx() * kOut);
    float own = 0.0f;
#pragma unroll
    for (int j = 0; j < kOut; j++) own = scalar::mulAdd(grads[at + j], values[at + j], own);
    own = acrossRow<Plus>(own);
    if (tx() == 0 && task.first + row < count) static_cast<float*>(a.dots)[place + row] = own;
  }
  __syncthreads();

  Sums dq = {};
#pragma unroll 1
  for (int key0 = 0; key0 < end; key0 += kTile) {
    fetch(keys, key, key0, end);
    waitForCopies();
    __syncthreads();
    // On their way while the products of queries and keys are made.
    fetch(values, value, key0, end);
    Scores s, dp;
    dots(s, queries, keys);
    scores<false>(s, a, task.head, task.first, key0);
#pragma unroll
    for (int i = 0; i < kRows; i++) {
      const int row = ty() + i * kDown;
      const float log = task.first + row < count ? static_cast<const float*>(a.logSums)[place + row] * kLog2e : -kNever;
#pragma unroll
      for (int j = 0; j < kColumns; j++) s[i][j] = exp2Fast(s[i][j] - log);
    }
    waitForCopies();
    __syncthreads();
    dots(dp, grads, values);
#pragma unroll
    for (int i = 0; i < kRows; i++) {
      const int row = ty() + i * kDown;
      const float product = task.first + row < count ? static_cast<const float*>(a.dots)[place + row] : 0.0f;
#pragma unroll
      for (int j = 0; j < kColumns; j++) s[i][j] *= dp[i][j] - product;
    }
    __syncthreads();
    keep(values, s);
    __syncthreads();
    weighted(dq, values, keys);
    __syncthreads();
  }
  put(a.dq, dq, task.head, task.first, a.queries, a.width, float(a.scale));
}

}  // namespace cuda
}  // namespace gb
