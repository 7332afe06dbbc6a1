// Householder's reflections (Golub & Van Loan, chapter 5), as on the host, by one block for a matrix.
#pragma once
#include "cuda/kernels/matrix.cuh"

namespace gb {
namespace cuda {

/** m −= tau · v (vᵀ m) from row `begin` and column `from` on; v: a column whose first entry stands for 1. */
GB_DEVICE void reflect(double* m, i64 rows, i64 columns, const double* v, i64 stride, double tau, i64 begin, i64 from) {
  __shared__ double sums[kMostThreads];
  const Lanes at(columns - from, kWarp);
  for (i64 first = from; first < columns; first += at.wide) {
    const i64 j = first + at.column;
    double sum = 0;
    for (i64 i = begin + at.group; j < columns && i < rows; i += at.groups) {
      sum += (i == begin ? 1 : v[i * stride]) * m[i * columns + j];
    }
    sums[threadIdx.x] = sum;
    __syncthreads();
    double all = 0;
    for (int g = 0; g < at.groups; g++) all += sums[g * at.wide + at.column];
    for (i64 i = begin + at.group; j < columns && i < rows; i += at.groups) {
      m[i * columns + j] -= tau * (i == begin ? 1 : v[i * stride]) * all;
    }
    __syncthreads();
  }
}

/** The Euclidean norm of f(i), first ≤ i < end, whose squares may leave the range. */
template <class F>
GB_DEVICE double normOf(i64 first, i64 end, const F& f) {
  double most = 0;
  for (i64 i = first + threadIdx.x; i < end; i += blockDim.x) most = Larger::join(most, scalar::fabs(f(i)));
  most = blockJoin<Larger>(most);
  if (!(most > 0 && most < scalar::Limits<double>::infinity)) return most;
  double squares = 0;
  for (i64 i = first + threadIdx.x; i < end; i += blockDim.x) squares += f(i) / most * (f(i) / most);
  return most * scalar::sqrt(blockJoin<Plus>(squares));
}

/** a [m, n] becomes R above its diagonal and the reflections' vectors below; LAPACK's signs. */
GB_DEVICE void householder(double* a, double* taus, i64 m, i64 n) {
  for (i64 p = 0; p < m && p < n; p++) {
    const double rest = normOf(p + 1, m, [&](i64 i) { return a[i * n + p]; }), alpha = a[p * n + p];
    __syncthreads();
    if (rest == 0) {  // nothing to reflect: the entry keeps its sign
      if (threadIdx.x == 0) taus[p] = 0;
      continue;
    }
    const double beta = -scalar::copysign(scalar::hypot(alpha, rest), alpha), tau = (beta - alpha) / beta;
    if (threadIdx.x == 0) {
      taus[p] = tau;
      a[p * n + p] = beta;
    }
    for (i64 i = p + 1 + threadIdx.x; i < m; i += blockDim.x) a[i * n + p] /= alpha - beta;
    __syncthreads();
    reflect(a, m, n, a + p, n, tau, p, p + 1);
  }
  __syncthreads();
}

/** q [m, c] times the reflections that `householder` left, the last one first. */
GB_DEVICE void reflectBack(const double* a, const double* taus, double* q, i64 m, i64 n, i64 c) {
  for (i64 p = (m < n ? m : n) - 1; p >= 0; p--) {
    if (taus[p] != 0) reflect(q, m, c, a + p, n, taus[p], p, 0);
  }
}

}  // namespace cuda
}  // namespace gb
