// The gradients of attention's keys and values, of half types on tensor cores (flash.cuh). Everything is transposed, so that a warp
// has keys for rows: Pᵀ and dSᵀ are left operands of dV = Pᵀ·dO and dK = scale · dSᵀ·Q in the registers where they were made, and a
// block has its keys' sums for itself, in one order. After flash_query_gradient.cu, which leaves what each query needs.
// Macro: GB_MASK (1: a mask is added to the scores).
#include "cuda/kernels/tensor_core.cuh"
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#include "cuda/kernels/flash.cuh"

namespace gb {
namespace cuda {

constexpr bool kNarrow = kWidth <= 64;
constexpr int kKeys = kWarps * 16, kQueries = kNarrow ? 64 : 32;
/** Queries whose scores are in registers at a time: their blocks are many enough for the tensor cores. */
constexpr int kStep = 16;

/** The logarithms of queries' sums, and their sums over dO ∘ O. */
using Notes = float[2][kQueries];

GB_DEVICE void fetchNotes(Notes& to, const AttentionArguments& a, u32 head, int first) {
  const int i = int(threadIdx.x) % kQueries, which = int(threadIdx.x) / kQueries;
  if (which > 1) return;
  const float* from = static_cast<const float*>(which ? a.dots : a.logSums) + head * a.queries;
  const bool there = first + i < a.queries;
  copyAsync<4>(&to[which][i], there ? from + first + i : from, there);
}

extern "C" __global__ void __launch_bounds__(128, kNarrow && !GB_MASK ? 3 : 2) flashKeyGradient(AttentionArguments a) {
  // Queries and their gradients.
  alignas(16) __shared__ H tiles[2][2 * kQueries][kStride];
  alignas(16) __shared__ Notes notes[2];
  static_assert(4 * kQueries >= 2 * kKeys, "keys and values are brought in where queries will be");
  const Task task(a.keys, kKeys, a, false);
  const Rows query(a.query, a, task.head, a.width), grad(a.grad, a, task.head, a.values);
  const Mask mask(a, task.head);
  const int queries = int(a.queries), keys = int(a.keys), key0 = task.first + warpRow<1>();
  const float scale = float(a.scale) * kLog2e;

  Row* const both = tiles[0];
  fetch<kKeys>(both, Rows(a.key, a, task.head, a.width), task.first, keys);
  fetch<kKeys>(both + kKeys, Rows(a.value, a, task.head, a.values), task.first, keys);
  waitForCopies();
  __syncthreads();
  MatrixA key[1][kWidth / 16], value[1][kWidth / 16];
  take<1>(key, both, warpRow<1>());
  take<1>(value, both + kKeys, warpRow<1>());
  __syncthreads();

  // Queries before the block's first key see none of them.
  const int begin = a.causal ? task.first / kQueries * kQueries : 0;
  const auto bring = [&](int to, int first) {
    fetch<kQueries>(tiles[to], query, first, queries);
    fetch<kQueries>(tiles[to] + kQueries, grad, first, queries);
    fetchNotes(notes[to], a, task.head, first);
  };
  if (begin < queries) bring(0, begin);
  MatrixC dk[1][kWidth / 8] = {}, dv[1][kWidth / 8] = {};
  int now = 0;
  for (int query0 = begin; query0 < queries; query0 += kQueries, now ^= 1) {
    waitForCopies();
    __syncthreads();
    if (query0 + kQueries < queries) bring(now ^ 1, query0 + kQueries);
#pragma unroll 1
    for (int first = 0; first < kQueries; first += kStep) {
      MatrixC s[1][kStep / 8] = {}, dp[1][kStep / 8] = {};
      timesRows<1, kStep>(s, key, tiles[now], first);
      timesRows<1, kStep>(dp, value, tiles[now] + kQueries, first);
      const int row = query0 + first + columnOf(0);
#pragma unroll
      for (int n = 0; n < kStep / 8; n++) {
        const auto logs = *reinterpret_cast<const Vector<float, 2>*>(&notes[now][0][first + n * 8 + columnOf(0)]);
#pragma unroll
        for (int e = 0; e < 4; e++) s[0][n][e] = scalar::mulAdd(s[0][n][e], scale, -logs.at[e % 2] * kLog2e);
      }
      // A query that is not there has a gradient of zeros, and keys that are not there are not kept.
      if (GB_MASK) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
          const int k = key0 + rowOf(half * 2);
          if (k >= keys) continue;
          const H* from = mask.data + row * mask.row + k * mask.column;
#pragma unroll
          for (int n = 0; n < kStep / 8; n++) {
#pragma unroll
            for (int e = 0; e < 2; e++) {
              if (row + n * 8 + e < queries) s[0][n][half * 2 + e] = Mask::added(s[0][n][half * 2 + e], *from);
              from += e == 0 ? mask.row : 7 * mask.row;
            }
          }
        }
      }
      if (a.causal && query0 + first < key0 + 15) {
#pragma unroll
        for (int n = 0; n < kStep / 8; n++) {
#pragma unroll
          for (int e = 0; e < 4; e++) {
            if (row + n * 8 + e % 2 < key0 + rowOf(e)) s[0][n][e] = kNever;
          }
        }
      }
#pragma unroll
      for (int n = 0; n < kStep / 8; n++) {
        const auto dots = *reinterpret_cast<const Vector<float, 2>*>(&notes[now][1][first + n * 8 + columnOf(0)]);
#pragma unroll
        for (int e = 0; e < 4; e++) {
          s[0][n][e] = exp2Fast(s[0][n][e]);
          dp[0][n][e] = s[0][n][e] * (dp[0][n][e] - dots.at[e % 2]);
        }
      }
      MatrixA weights[1][kStep / 16], shares[1][kStep / 16];
      round<kStep>(weights[0], s[0]);
      round<kStep>(shares[0], dp[0]);
      timesColumns<1, kStep>(dv, weights, tiles[now] + kQueries, first);
      timesColumns<1, kStep>(dk, shares, tiles[now], first);
    }
  }
  const float one[1][2] = {{1.0f, 1.0f}}, scales[1][2] = {{float(a.scale), float(a.scale)}};
  put<1>(a.dv, dv, task.head, key0, a.keys, int(a.values), one);
  put<1>(a.dk, dk, task.head, key0, a.keys, int(a.width), scales);
}

}  // namespace cuda
}  // namespace gb
#endif
