// Attention of half types on tensor cores (flash.cuh). Macro: GB_BLOCKS (times 16 queries that a warp has: 2 where heads are narrow
// and queries many; 1 leaves registers for the loads of a mask).
#include "cuda/kernels/tensor_core.cuh"
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#include "cuda/kernels/flash.cuh"

namespace gb {
namespace cuda {

constexpr int kBlocks = GB_BLOCKS, kKeys = 32 * kBlocks, kQueries = kWarps * kBlocks * 16;

extern "C" __global__ void __launch_bounds__(128, 2) flash(AttentionArguments a) {
  // Two tiles of keys and values: one is computed with while the next is on its way.
  alignas(16) __shared__ H tiles[2][2 * kKeys][kStride];
  static_assert(kQueries == 2 * kKeys, "the queries begin where the second tile will be");
  const Task task(a.queries, kQueries, a, true);
  const Rows key(a.key, a, task.head, a.width), value(a.value, a, task.head, a.values);
  const Mask mask(a, task.head);
  const int queries = int(a.queries), keys = keysOf(a, task.first, kQueries);
  const int row0 = task.first + warpRow<kBlocks>();
  // Keys that all queries of the warp see.
  const int whole = a.causal && row0 < keys ? row0 + 1 : keys;
  // The largest product is the largest score where it is scaled by what is positive: then the powers' one step scales and subtracts.
  const float scale = float(a.scale) * kLog2e;
  const bool early = mask.data || !(scale > 0.0f);
  const float late = early ? 1.0f : scale;

  fetch<kQueries>(tiles[1], Rows(a.query, a, task.head, a.width), task.first, queries);
  fetch<kKeys>(tiles[0], key, 0, keys);
  fetch<kKeys>(tiles[0] + kKeys, value, 0, keys);
  waitForCopies();
  __syncthreads();
  MatrixA query[kBlocks][kWidth / 16];
  take<kBlocks>(query, tiles[1], warpRow<kBlocks>());

  MatrixC out[kBlocks][kWidth / 8] = {};
  float top[kBlocks][2], sum[kBlocks][2] = {};
#pragma unroll
  for (int m = 0; m < kBlocks; m++) top[m][0] = top[m][1] = kNever;

  int now = 0;
#pragma unroll 1
  for (int key0 = 0; key0 < keys; key0 += kKeys, now ^= 1) {
    waitForCopies();
    __syncthreads();
    if (key0 + kKeys < keys) {
      fetch<kKeys>(tiles[now ^ 1], key, key0 + kKeys, keys);
      fetch<kKeys>(tiles[now ^ 1] + kKeys, value, key0 + kKeys, keys);
    }
    MatrixC s[kBlocks][kKeys / 8] = {};
    timesRows<kBlocks, kKeys>(s, query, tiles[now], 0);
    MatrixA weights[kBlocks][kKeys / 16];
#pragma unroll
    for (int m = 0; m < kBlocks; m++) {
      if (early) {
#pragma unroll
        for (int n = 0; n < kKeys / 8; n++) {
#pragma unroll
          for (int e = 0; e < 4; e++) s[m][n][e] *= scale;
        }
      }
      if (kBlocks == 1 && mask.data) addMask<kKeys>(s[m], mask, row0 + m * 16, key0, queries, keys);
      if (key0 + kKeys > whole) hide<kKeys>(s[m], a.causal, row0 + m * 16, key0, keys);
#pragma unroll
      for (int half = 0; half < 2; half++) {
        float most = s[m][0][2 * half];
#pragma unroll
        for (int n = 0; n < kKeys / 8; n++) most = ::fmaxf(most, ::fmaxf(s[m][n][2 * half], s[m][n][2 * half + 1]));
        most = ::fmaxf(top[m][half], acrossRow<Largest>(most) * late);
        // While no key was seen there is nothing to scale; a NaN shows in the powers.
        const float base = most == kNever ? 0.0f : most, factor = exp2Fast(top[m][half] - base);
        float own = 0.0f;
#pragma unroll
        for (int n = 0; n < kKeys / 8; n++) {
          own += s[m][n][2 * half] = exp2Fast(scalar::mulAdd(s[m][n][2 * half], late, -base));
          own += s[m][n][2 * half + 1] = exp2Fast(scalar::mulAdd(s[m][n][2 * half + 1], late, -base));
        }
        sum[m][half] = sum[m][half] * factor + own;
        top[m][half] = most;
#pragma unroll
        for (int n = 0; n < kWidth / 8; n++) {
          out[m][n][2 * half] *= factor;
          out[m][n][2 * half + 1] *= factor;
        }
      }
      round<kKeys>(weights[m], s[m]);
    }
    timesColumns<kBlocks, kKeys>(out, weights, tiles[now] + kKeys, 0);
  }

  // A query that sees no key gets zeros.
#pragma unroll
  for (int m = 0; m < kBlocks; m++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const float all = acrossRow<Plus>(sum[m][half]);
      const int row = row0 + m * 16 + rowOf(half * 2);
      sum[m][half] = all == 0.0f ? 0.0f : 1.0f / all;
      if (!a.logSums || lane() % 4 != 0 || row >= queries) continue;
      static_cast<float*>(a.logSums)[task.head * a.queries + row] = all == 0.0f ? -kNever : top[m][half] * kLn2 + ::logf(all);
    }
  }
  put<kBlocks>(a.out, out, task.head, row0, a.queries, int(a.values), sum);
}

}  // namespace cuda
}  // namespace gb
#endif
