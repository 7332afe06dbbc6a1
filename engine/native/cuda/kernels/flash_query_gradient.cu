// The gradient of attention's queries, of half types on tensor cores (flash.cuh): dS = P ∘ (dO·Vᵀ − Σ dO ∘ O), dQ = scale · dS·K, with
// the probabilities P made again from the logarithms of their sums. The sums over dO ∘ O are left for flash_key_gradient.cu.
// Macro: GB_BLOCKS as in flash.cu.
#include "cuda/kernels/tensor_core.cuh"
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#include "cuda/kernels/flash.cuh"

namespace gb {
namespace cuda {

constexpr int kBlocks = GB_BLOCKS, kKeys = 32 * kBlocks, kQueries = kWarps * kBlocks * 16;
/** Keys whose scores are in registers at a time. */
constexpr int kStep = 32;

GB_DEVICE float productOf(u32 a, u32 b) {
  const float high = widen(H{u16(a >> 16)}) * widen(H{u16(b >> 16)});
  return scalar::mulAdd(widen(H{u16(a)}), widen(H{u16(b)}), high);
}

extern "C" __global__ void __launch_bounds__(128, 2) flashQueryGradient(AttentionArguments a) {
  alignas(16) __shared__ H tiles[2][2 * kKeys][kStride];
  static_assert(kQueries == 2 * kKeys, "queries are brought in where keys and values will be");
  const Task task(a.queries, kQueries, a, true);
  const Rows key(a.key, a, task.head, a.width), value(a.value, a, task.head, a.values);
  const Mask mask(a, task.head);
  const int queries = int(a.queries), keys = keysOf(a, task.first, kQueries);
  const int row0 = task.first + warpRow<kBlocks>();
  const int whole = a.causal && row0 < keys ? row0 + 1 : keys;
  const float scale = float(a.scale) * kLog2e;

  fetch<kQueries>(tiles[0], Rows(a.query, a, task.head, a.width), task.first, queries);
  fetch<kQueries>(tiles[1], Rows(a.grad, a, task.head, a.values), task.first, queries);
  waitForCopies();
  __syncthreads();
  MatrixA query[kBlocks][kWidth / 16], grad[kBlocks][kWidth / 16];
  take<kBlocks>(query, tiles[0], warpRow<kBlocks>());
  take<kBlocks>(grad, tiles[1], warpRow<kBlocks>());
  __syncthreads();
  fetch<kQueries>(tiles[1], Rows(a.result, a, task.head, a.values), task.first, queries);
  fetch<kKeys>(tiles[0], key, 0, keys);
  fetch<kKeys>(tiles[0] + kKeys, value, 0, keys);
  waitForCopies();
  __syncthreads();

  float logs[kBlocks][2], dots[kBlocks][2] = {};
#pragma unroll
  for (int m = 0; m < kBlocks; m++) {
#pragma unroll
    for (int k = 0; k < kWidth / 16; k++) {
      MatrixA own;
      loadMatrices(own, quartersByRow(tiles[1], warpRow<kBlocks>() + m * 16, k * 16));
#pragma unroll
      for (int w = 0; w < 4; w++) dots[m][w % 2] += productOf(grad[m][k][w], own[w]);
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = row0 + m * 16 + rowOf(half * 2);
      const i64 at = task.head * a.queries + row;
      dots[m][half] = acrossRow<Plus>(dots[m][half]);
      logs[m][half] = row < queries ? static_cast<const float*>(a.logSums)[at] * kLog2e : -kNever;
      if (lane() % 4 == 0 && row < queries) static_cast<float*>(a.dots)[at] = dots[m][half];
    }
  }

  MatrixC dq[kBlocks][kWidth / 8] = {};
  int now = 0;
  for (int key0 = 0; key0 < keys; key0 += kKeys, now ^= 1) {
    waitForCopies();
    __syncthreads();
    if (key0 + kKeys < keys) {
      fetch<kKeys>(tiles[now ^ 1], key, key0 + kKeys, keys);
      fetch<kKeys>(tiles[now ^ 1] + kKeys, value, key0 + kKeys, keys);
    }
#pragma unroll 1
    for (int first = 0; first < kKeys; first += kStep) {
      MatrixC s[kBlocks][kStep / 8] = {}, dp[kBlocks][kStep / 8] = {};
      timesRows<kBlocks, kStep>(s, query, tiles[now], first);
      timesRows<kBlocks, kStep>(dp, grad, tiles[now] + kKeys, first);
      MatrixA shares[kBlocks][kStep / 16];
#pragma unroll
      for (int m = 0; m < kBlocks; m++) {
#pragma unroll
        for (int n = 0; n < kStep / 8; n++) {
#pragma unroll
          for (int e = 0; e < 4; e++) s[m][n][e] = scalar::mulAdd(s[m][n][e], scale, -logs[m][e / 2]);
        }
        if (kBlocks == 1 && mask.data) addMask<kStep>(s[m], mask, row0 + m * 16, key0 + first, queries, keys);
        if (key0 + first + kStep > whole) hide<kStep>(s[m], a.causal, row0 + m * 16, key0 + first, keys);
#pragma unroll
        for (int n = 0; n < kStep / 8; n++) {
#pragma unroll
          for (int e = 0; e < 4; e++) s[m][n][e] = exp2Fast(s[m][n][e]) * (dp[m][n][e] - dots[m][e / 2]);
        }
        round<kStep>(shares[m], s[m]);
      }
      timesColumns<kBlocks, kStep>(dq, shares, tiles[now], first);
    }
  }
#pragma unroll
  for (int m = 0; m < kBlocks; m++) logs[m][0] = logs[m][1] = float(a.scale);
  put<kBlocks>(a.dq, dq, task.head, row0, a.queries, int(a.width), logs);
}

}  // namespace cuda
}  // namespace gb
#endif
