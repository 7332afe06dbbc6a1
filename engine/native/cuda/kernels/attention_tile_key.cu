// The gradients of attention's keys and values, of float32 in tiles (attention_tile.cuh): everything is transposed, with keys for rows,
// dV = Pᵀ·dO and dK = scale · dSᵀ·Q. A block has its keys' sums for itself, in one order. After attention_tile_query.cu, which leaves
// what each query needs.
#include "cuda/kernels/attention_tile.cuh"

namespace gb {
namespace cuda {

extern "C" __global__ void __launch_bounds__(128, GB_MASK ? 2 : 3) tileKeyGradient(AttentionArguments a) {
  // Values make room for weights and scores' gradients, and are brought in again for the next tile.
  GB_DYNAMIC_SHARED(float, shared);
  float *const keys = shared, *const queries = keys + kArea, *const grads = queries + kArea, *const values = grads + kArea;
  const Task task(a.keys, kTile, a, false);
  const Rows query(a.query, a, task.head, a.width), grad(a.grad, a, task.head, a.values), value(a.value, a, task.head, a.values);
  const int count = int(a.queries);
  fetch(keys, Rows(a.key, a, task.head, a.width), task.first, int(a.keys));

  Sums dk = {}, dv = {};
  // Queries before the block's first key see none of them.
#pragma unroll 1
  for (int query0 = a.causal ? task.first : 0; query0 < count; query0 += kTile) {
    fetch(queries, query, query0, count);
    waitForCopies();
    __syncthreads();
    // On their way while the products of keys and queries are made.
    fetch(grads, grad, query0, count);
    fetch(values, value, task.first, int(a.keys));
    Scores s, dp;
    dots(s, keys, queries);
    scores<true>(s, a, task.head, query0, task.first);
    const i64 at = task.head * a.queries + query0 + tx();
#pragma unroll
    for (int j = 0; j < kColumns; j++) {
      const float log = query0 + tx() + j * kAcross < count ? static_cast<const float*>(a.logSums)[at + j * kAcross] * kLog2e : -kNever;
#pragma unroll
      for (int i = 0; i < kRows; i++) s[i][j] = exp2Fast(s[i][j] - log);
    }
    waitForCopies();
    __syncthreads();
    dots(dp, values, grads);
#pragma unroll
    for (int j = 0; j < kColumns; j++) {
      const float product = query0 + tx() + j * kAcross < count ? static_cast<const float*>(a.dots)[at + j * kAcross] : 0.0f;
#pragma unroll
      for (int i = 0; i < kRows; i++) dp[i][j] = s[i][j] * (dp[i][j] - product);
    }
    __syncthreads();
    keep(values, s);
    __syncthreads();
    weighted(dv, values, grads);
    __syncthreads();
    keep(values, dp);
    __syncthreads();
    weighted(dk, values, queries);
    __syncthreads();
  }
  // A block whose keys no query sees has its own still on their way.
  waitForCopies();
  put(a.dv, dv, task.head, task.first, a.keys, a.values, 1.0f);
  put(a.dk, dk, task.head, task.first, a.keys, a.width, float(a.scale));
}

}  // namespace cuda
}  // namespace gb
