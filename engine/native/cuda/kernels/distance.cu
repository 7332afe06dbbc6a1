// Distances of points. Macros: GB_T (float or double), GB_ORDER (of scalar/distance.h).
#include "cuda/kernels/prelude.cuh"
#include "scalar/distance.h"

namespace gb {
namespace cuda {

using T = GB_T;
constexpr scalar::Order kOrder = scalar::Order::GB_ORDER;

/** A block's square of distances, coordinates at a time, and distances of a thread in each direction. */
constexpr int kSquare = 64, kDepth = 16, kOwn = 4;

/** 16 × 16 threads; grid: squares along m, along n, batch. */
extern "C" __global__ void __launch_bounds__(256) cdist(T* out, const T* a, const T* b, i64 n, i64 m, i64 d, T p) {
  __shared__ T as[kDepth][kSquare + 1], bs[kDepth][kSquare + 1];
  const i64 firstRow = i64(blockIdx.y) * kSquare, firstColumn = i64(blockIdx.x) * kSquare, batch = blockIdx.z;
  const int tx = int(threadIdx.x) % 16, ty = int(threadIdx.x) / 16;
  a += batch * n * d;
  b += batch * m * d;
  T joined[kOwn][kOwn] = {};
  for (i64 k0 = 0; k0 < d; k0 += kDepth) {
#pragma unroll
    for (int i = 0; i < kSquare * kDepth / 256; i++) {
      const int at = int(threadIdx.x) + i * 256, k = at % kDepth, r = at / kDepth;
      const i64 row = firstRow + r, column = firstColumn + r;
      as[k][r] = row < n && k0 + k < d ? a[row * d + k0 + k] : T(0);
      bs[k][r] = column < m && k0 + k < d ? b[column * d + k0 + k] : T(0);
    }
    __syncthreads();
    // Behind the last coordinate both are 0, which adds nothing.
#pragma unroll
    for (int k = 0; k < kDepth; k++) {
      T x[kOwn], y[kOwn];
#pragma unroll
      for (int i = 0; i < kOwn; i++) {
        x[i] = as[k][ty + 16 * i];
        y[i] = bs[k][tx + 16 * i];
      }
#pragma unroll
      for (int i = 0; i < kOwn; i++) {
#pragma unroll
        for (int j = 0; j < kOwn; j++) {
          joined[i][j] = scalar::joinTerms<kOrder>(joined[i][j], scalar::distanceTerm<kOrder>(x[i] - y[j], p));
        }
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < kOwn; i++) {
    const i64 row = firstRow + ty + 16 * i;
#pragma unroll
    for (int j = 0; j < kOwn; j++) {
      const i64 column = firstColumn + tx + 16 * j;
      if (row < n && column < m) out[(batch * n + row) * m + column] = scalar::distanceOf<kOrder>(joined[i][j], p);
    }
  }
}

/** A thread for each coordinate of each point of the first set, which takes the other points in order. */
extern "C" __global__ void cdistBackward(T* da, const T* grad, const T* a, const T* b, const T* distances, i64 rows, i64 n, i64 m, i64 d,
                                         T p) {
  const i64 thread = globalThread();
  if (thread >= rows * d) return;
  const i64 row = thread / d, k = thread - row * d;
  const T x = a[thread], *y = b + row / n * m * d + k, *g = grad + row * m, *far = distances + row * m;
  T sum = T(0);
#pragma unroll 4
  for (i64 j = 0; j < m; j++) sum += scalar::distanceSlope<kOrder>(x - y[j * d], g[j], far[j], p);
  da[thread] = sum;
}

}  // namespace cuda
}  // namespace gb
