// The derivative of attention, which makes the probabilities again (attention.cuh).
#include "cuda/kernels/attention.cuh"

namespace gb {
namespace cuda {

/** For each query what its derivative needs of all its keys. */
extern "C" __global__ void __launch_bounds__(256, 1) statistics(AttentionArguments a) {
  __shared__ Strip left, right;
  const Task task(a.queries);
  const Rows grad(a.grad, a, task.head, task.first, a.queries);
  Running soft;
  T products[kPer] = {};
  for (i64 key0 = 0; key0 < keysOf(a, task.first); key0 += kTile) {
    Sums s, dp;
    scores(s, a, task.head, task.first, key0, left, right);
    soft.take(s);
    dots(dp, grad, Rows(a.value, a, task.head, key0, a.keys), a.values, left, right);
#pragma unroll
    for (int i = 0; i < kPer; i++) {
      T own = T(0);
#pragma unroll
      for (int j = 0; j < kPer; j++) own += s[i][j] * dp[i][j];
      products[i] = products[i] * soft.factor[i] + acrossRow<Plus>(own);
    }
  }
#pragma unroll
  for (int i = 0; i < kPer; i++) {
    const i64 query = task.first + ty() + i * kSide;
    if (tx() != 0 || query >= a.queries) continue;
    const bool none = soft.sum[i] == T(0);
    static_cast<T*>(a.logSums)[task.head * a.queries + query] = none ? -kNever : soft.top[i] + scalar::log(soft.sum[i]);
    static_cast<T*>(a.dots)[task.head * a.queries + query] = none ? T(0) : products[i] / soft.sum[i];
  }
}

/** s: from scores to probabilities; dp: to the scores' gradients. */
GB_DEVICE void gradients(Sums& s, Sums& dp, const AttentionArguments& a, i64 head, i64 query0) {
#pragma unroll
  for (int i = 0; i < kPer; i++) {
    const i64 query = query0 + ty() + i * kSide, at = head * a.queries + query;
    const T log = query < a.queries ? static_cast<const T*>(a.logSums)[at] : T(0);
    const T dot = query < a.queries ? static_cast<const T*>(a.dots)[at] : T(0);
#pragma unroll
    for (int j = 0; j < kPer; j++) {
      const bool hidden = s[i][j] == kNever;
      s[i][j] = hidden ? T(0) : scalar::exp(s[i][j] - log);
      dp[i][j] = hidden ? T(0) : s[i][j] * (dp[i][j] - dot);
    }
  }
}

extern "C" __global__ void __launch_bounds__(256, 1) queryGradient(AttentionArguments a) {
  __shared__ Strip left, right;
  __shared__ Square weights;
  const Task task(a.queries);
  const i64 column0 = i64(blockIdx.y) * kTile;
  const Rows grad(a.grad, a, task.head, task.first, a.queries);
  Sums dq = {};
  for (i64 key0 = 0; key0 < keysOf(a, task.first); key0 += kTile) {
    Sums s, dp;
    scores(s, a, task.head, task.first, key0, left, right);
    dots(dp, grad, Rows(a.value, a, task.head, key0, a.keys), a.values, left, right);
    gradients(s, dp, a, task.head, task.first);
    keep(weights, dp);
    weighted<false>(dq, weights, Rows(a.key, a, task.head, key0, a.keys), column0, a.width, right);
  }
  put(a.dq, dq, task.head, task.first, a.queries, column0, a.width, T(a.scale));
}

extern "C" __global__ void __launch_bounds__(256, 1) keyGradient(AttentionArguments a) {
  __shared__ Strip left, right;
  __shared__ Square weights, shares;
  const Task task(a.keys);
  const i64 column0 = i64(blockIdx.y) * kTile;
  const Rows value(a.value, a, task.head, task.first, a.keys);
  Sums dk = {}, dv = {};
  for (i64 query0 = a.causal ? task.first : 0; query0 < a.queries; query0 += kTile) {
    Sums s, dp;
    scores(s, a, task.head, query0, task.first, left, right);
    const Rows grad(a.grad, a, task.head, query0, a.queries);
    dots(dp, grad, value, a.values, left, right);
    gradients(s, dp, a, task.head, query0);
    keep(weights, s);
    keep(shares, dp);
    if (column0 < a.values) weighted<true>(dv, weights, grad, column0, a.values, right);
    if (column0 < a.width) {
      weighted<true>(dk, shares, Rows(a.query, a, task.head, query0, a.queries), column0, a.width, right);
    }
  }
  put(a.dv, dv, task.head, task.first, a.keys, column0, a.values, T(1));
  put(a.dk, dk, task.head, task.first, a.keys, column0, a.width, T(a.scale));
}

}  // namespace cuda
}  // namespace gb
