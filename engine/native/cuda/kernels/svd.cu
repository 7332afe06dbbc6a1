// Singular values by QR and Jacobi's rotations of its triangle. A block for each matrix.
#include "cuda/kernels/jacobi.cuh"
#include "cuda/kernels/reflect.cuh"

namespace gb {
namespace cuda {

/** The rows of w [n, n] become orthogonal by rotations, which v (rows, [n, n]) takes part in; a warp for each pair. */
GB_DEVICE bool orthogonalize(double* w, double* v, i64 n) {
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, warps = blockDim.x / kWarp;
  const Pairs pairs(n);
  for (int sweep = 0; sweep < kSweeps; sweep++) {
    int rotated = 0;
    for (i64 round = 0; n > 1 && round < pairs.rounds; round++) {
      for (i64 k = warp; k < pairs.count; k += warps) {
        i64 p, q;
        if (!pairs.of(round, k, p, q)) continue;
        double alpha = 0, beta = 0, gamma = 0;
        for (i64 i = lane; i < n; i += kWarp) {
          const double x = w[p * n + i], y = w[q * n + i];
          alpha += x * x;
          beta += y * y;
          gamma += x * y;
        }
        alpha = warpJoin<Plus>(alpha);
        beta = warpJoin<Plus>(beta);
        gamma = warpJoin<Plus>(gamma);
        const double size = scalar::fabs(gamma);
        if (size <= kEpsilon * scalar::sqrt(alpha * beta) || size < kSmallest) continue;
        rotated = 1;
        double c, s;
        angle(alpha, beta, gamma, c, s);
        for (i64 i = lane; i < n; i += kWarp) {
          rotate(w[p * n + i], w[q * n + i], c, s);
          rotate(v[p * n + i], v[q * n + i], c, s);
        }
      }
      __syncthreads();
    }
    if (blockJoin<Larger>(rotated) == 0) return true;
  }
  return false;
}

GB_DEVICE double dot(const double* x, const double* y, i64 n) {
  double sum = 0;
  for (i64 i = threadIdx.x; i < n; i += blockDim.x) sum += x[i] * y[i];
  return blockJoin<Plus>(sum);
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

/** `work`: 2n² + 2n doubles for each matrix. */
extern "C" __global__ void svd(double* a, double* u, double* s, double* v, double* work, i64 m, i64 n, Fault* fault, int op) {
  double *reflections = a + blockIdx.x * m * n, *rows = work + blockIdx.x * (2 * n * n + 2 * n), *turns = rows + n * n;
  double *taus = turns + n * n, *sizes = taus + n;
  householder(reflections, taus, m, n);
  // The columns of R are made orthogonal, as rows: Rᵀ = V (S Uᵀ).
  forEntries(0, n, 0, n, [&](i64 i, i64 j) { rows[i * n + j] = j <= i ? reflections[j * n + i] : 0; });
  setIdentity(turns, n, n);
  __syncthreads();
  double most = 0;
  for (i64 i = threadIdx.x; i < n * n; i += blockDim.x) most = Larger::join(most, scalar::fabs(rows[i]));
  most = blockJoin<Larger>(most);
  if (!(most < scalar::Limits<double>::infinity)) {
    if (threadIdx.x == 0) report(fault, op, kNotFinite, blockIdx.x, 0);
    return;
  }
  // Squares of large or small numbers must not leave the range. The factor is a power of two: nothing is rounded.
  const double magnitude = most > 1e-300 ? scalar::floor(scalar::log2(most)) : -996;
  const double scale = most > 0 ? scalar::exp2(-magnitude) : 1;
  __syncthreads();
  for (i64 i = threadIdx.x; i < n * n; i += blockDim.x) rows[i] *= scale;
  __syncthreads();
  if (!orthogonalize(rows, turns, n)) {
    if (threadIdx.x == 0) report(fault, op, kNoConvergence, blockIdx.x, kSweeps);
    return;
  }
  for (i64 i = 0; i < n; i++) {
    const double size = scalar::sqrt(dot(rows + i * n, rows + i * n, n));
    __syncthreads();
    if (threadIdx.x == 0) sizes[i] = size;
    for (i64 j = threadIdx.x; size > kSmallest && j < n; j += blockDim.x) rows[i * n + j] /= size;
    __syncthreads();
  }
  complete(rows, sizes, n);
  double *left = u + blockIdx.x * m * n, *right = v + blockIdx.x * n * n;
  forEntries(n, m, 0, n, [&](i64 i, i64 j) { left[i * n + j] = 0; });
  forEntries(0, n, 0, n, [&](i64 i, i64 j) {
    const double size = sizes[i];
    i64 rank = 0;
    for (i64 k = 0; k < n; k++) rank += sizes[k] > size || (sizes[k] == size && k < i);
    right[j * n + rank] = turns[i * n + j];
    left[j * n + rank] = rows[i * n + j];
    if (j == 0) s[blockIdx.x * n + rank] = size / scale;
  });
  __syncthreads();
  reflectBack(reflections, taus, left, m, n, n);
}

}  // namespace cuda
}  // namespace gb
