// Attention (attention.cuh).
#include "cuda/kernels/attention.cuh"

namespace gb {
namespace cuda {

extern "C" __global__ void __launch_bounds__(256, 1) attention(AttentionArguments a) {
  __shared__ Strip left, right;
  __shared__ Square weights;
  const Task task(a.queries);
  const i64 column0 = i64(blockIdx.y) * kTile;
  Sums out = {};
  Running soft;
  for (i64 key0 = 0; key0 < keysOf(a, task.first); key0 += kTile) {
    Sums s;
    scores(s, a, task.head, task.first, key0, left, right);
    soft.take(s);
    keep(weights, s);
#pragma unroll
    for (int i = 0; i < kPer; i++) {
#pragma unroll
      for (int j = 0; j < kPer; j++) out[i][j] *= soft.factor[i];
    }
    weighted<false>(out, weights, Rows(a.value, a, task.head, key0, a.keys), column0, a.values, right);
  }
  // A query that sees no key gets zeros.
#pragma unroll
  for (int i = 0; i < kPer; i++) {
    const T factor = soft.sum[i] == T(0) ? T(0) : T(1) / soft.sum[i];
#pragma unroll
    for (int j = 0; j < kPer; j++) out[i][j] *= factor;
  }
  put(a.out, out, task.head, task.first, a.queries, column0, a.values, T(1));
}

}  // namespace cuda
}  // namespace gb
