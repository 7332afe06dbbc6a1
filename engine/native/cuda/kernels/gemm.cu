// C = alpha·A·B + beta·C (+ bias), one matrix of a batch for each block in z. Macros: GB_T (the type in memory), GB_C (the
// type of sums: float, double or i64). Any strides. The engine's own product, for where cuBLASLt is missing.
#include "cuda/kernels/prelude.cuh"

namespace gb {
namespace cuda {

using T = GB_T;
using C = GB_C;

constexpr int kTile = 64, kDepth = 16, kSide = 16, kPer = kTile / kSide;

GB_DEVICE float joined(float a, float b, float c) { return scalar::mulAdd(a, b, c); }
GB_DEVICE double joined(double a, double b, double c) { return scalar::mulAdd(a, b, c); }
GB_DEVICE i64 joined(i64 a, i64 b, i64 c) { return i64(u64(a) * u64(b) + u64(c)); }

/** Which of a tile's two coordinates runs fastest over threads: the one along which memory is read in order. */
GB_DEVICE void tilePlace(int i, int outer, int inner, bool innerFirst, int& o, int& n) {
  o = innerFirst ? i / inner : i % outer;
  n = innerFirst ? i % inner : i / outer;
}

extern "C" __global__ void __launch_bounds__(256, 1) gemm(GemmArguments g) {
  __shared__ C as[kDepth][kTile + 1], bs[kDepth][kTile + 1];
  const T* a = static_cast<const T*>(g.a) + i64(blockIdx.z) * g.aBatch;
  const T* b = static_cast<const T*>(g.b) + i64(blockIdx.z) * g.bBatch;
  T* c = static_cast<T*>(g.c) + i64(blockIdx.z) * g.cBatch;
  const i64 row0 = i64(blockIdx.y) * kTile, column0 = i64(blockIdx.x) * kTile;
  const int tx = int(threadIdx.x) % kSide, ty = int(threadIdx.x) / kSide;
  const bool aAlong = g.aColumn == 1, bAlong = g.bRow == 1;
  C sums[kPer][kPer] = {};
  for (i64 k0 = 0; k0 < g.k; k0 += kDepth) {
    for (int i = int(threadIdx.x); i < kTile * kDepth; i += 256) {
      int m, k;
      tilePlace(i, kTile, kDepth, aAlong, m, k);
      const bool inside = row0 + m < g.m && k0 + k < g.k;
      as[k][m] = inside ? cast<C>(a[(row0 + m) * g.aRow + (k0 + k) * g.aColumn]) : C(0);
      int n;
      tilePlace(i, kTile, kDepth, bAlong, n, k);
      const bool within = column0 + n < g.n && k0 + k < g.k;
      bs[k][n] = within ? cast<C>(b[(k0 + k) * g.bRow + (column0 + n) * g.bColumn]) : C(0);
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kDepth; k++) {
      C left[kPer], right[kPer];
#pragma unroll
      for (int i = 0; i < kPer; i++) {
        left[i] = as[k][ty + i * kSide];
        right[i] = bs[k][tx + i * kSide];
      }
#pragma unroll
      for (int i = 0; i < kPer; i++) {
#pragma unroll
        for (int j = 0; j < kPer; j++) sums[i][j] = joined(left[i], right[j], sums[i][j]);
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < kPer; i++) {
    const i64 row = row0 + ty + i * kSide;
    if (row >= g.m) continue;
#pragma unroll
    for (int j = 0; j < kPer; j++) {
      const i64 column = column0 + tx + j * kSide;
      if (column >= g.n) continue;
      T* to = c + row * g.cRow + column * g.cColumn;
      C value = sums[i][j];
      if (g.alpha != 1) value = C(g.alpha) * value;
      if (g.beta != 0) value = joined(C(g.beta), cast<C>(*to), value);
      if (g.bias) value = value + cast<C>(static_cast<const T*>(g.bias)[column]);
      *to = cast<T>(value);
    }
  }
}

}  // namespace cuda
}  // namespace gb
