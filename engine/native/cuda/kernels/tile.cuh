// A thread's share of a tile of a product.
#pragma once
#include "cuda/kernels/prelude.cuh"

namespace gb {
namespace cuda {

/** sums[i][j] += left(i)·right(j): one step of the depth. */
template <class T, int M, int N, class Left, class Right>
GB_DEVICE void addProducts(T (&sums)[M][N], const Left& left, const Right& right) {
  T l[M], r[N];
#pragma unroll
  for (int i = 0; i < M; i++) l[i] = left(i);
#pragma unroll
  for (int j = 0; j < N; j++) r[j] = right(j);
#pragma unroll
  for (int i = 0; i < M; i++) {
#pragma unroll
    for (int j = 0; j < N; j++) sums[i][j] = scalar::mulAdd(l[i], r[j], sums[i][j]);
  }
}

}  // namespace cuda
}  // namespace gb
