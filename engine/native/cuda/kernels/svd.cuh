// What singular values take beside rotations: rows of R that the rotations have made orthogonal.
#pragma once
#include "cuda/kernels/jacobi.cuh"

namespace gb {
namespace cuda {

/**
 * What a matrix of numbers up to `most` is multiplied by, so that their squares do not leave the range: a power of two, which rounds
 * nothing.
 */
GB_DEVICE double scaleFor(double most) {
  const double magnitude = most > 1e-300 ? scalar::floor(scalar::log2(most)) : -996;
  return most > 0 ? scalar::exp2(-magnitude) : 1;
}

GB_DEVICE double dot(const double* x, const double* y, i64 n) {
  double sum = 0;
  for (i64 i = threadIdx.x; i < n; i += blockDim.x) sum += x[i] * y[i];
  return blockJoin<Plus>(sum);
}

/** A row becomes a unit vector, unless it is nothing. */
GB_DEVICE void normalize(double* row, double& size, i64 n) {
  const double own = scalar::sqrt(dot(row, row, n));
  __syncthreads();
  if (threadIdx.x == 0) size = own;
  for (i64 j = threadIdx.x; own > kSmallest && j < n; j += blockDim.x) row[j] /= own;
  __syncthreads();
}

/** Rows of u [n, n] whose size is nothing become unit vectors orthogonal to all others. */
GB_DEVICE void complete(double* u, const double* sizes, i64 n) {
  i64 axis = 0;
  for (i64 i = 0; i < n; i++) {
    if (sizes[i] > kSmallest) continue;
    double* row = u + i * n;
    for (double size = 0; size < 0.5 / scalar::sqrt(double(n)); axis++) {
      __syncthreads();
      for (i64 j = threadIdx.x; j < n; j += blockDim.x) row[j] = j == axis % n;
      __syncthreads();
      for (int pass = 0; pass < 2; pass++) {
        for (i64 other = 0; other < n; other++) {
          if (other == i || (other > i && !(sizes[other] > kSmallest))) continue;
          const double along = dot(row, u + other * n, n);
          __syncthreads();
          for (i64 j = threadIdx.x; j < n; j += blockDim.x) row[j] -= along * u[other * n + j];
          __syncthreads();
        }
      }
      size = scalar::sqrt(dot(row, row, n));
      __syncthreads();
      for (i64 j = threadIdx.x; size > 0 && j < n; j += blockDim.x) row[j] /= size;
    }
    __syncthreads();
  }
}

}  // namespace cuda
}  // namespace gb
