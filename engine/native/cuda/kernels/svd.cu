// Singular values by QR and Jacobi's rotations of its triangle. A block for each matrix.
#include "cuda/kernels/reflect.cuh"
#include "cuda/kernels/svd.cuh"

namespace gb {
namespace cuda {

/** The rows of w [n, n] become orthogonal by rotations, which v (rows, [n, n], or null) takes part in; a warp for each pair. */
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
          if (v) rotate(v[p * n + i], v[q * n + i], c, s);
        }
      }
      __syncthreads();
    }
    if (blockJoin<Larger>(rotated) == 0) return true;
  }
  return false;
}

/** How many stand before the i-th in falling order, the first of equals first. */
GB_DEVICE i64 rankOf(const double* sizes, i64 n, i64 i) {
  i64 rank = 0;
  for (i64 k = 0; k < n; k++) rank += sizes[k] > sizes[i] || (sizes[k] == sizes[i] && k < i);
  return rank;
}

/** `work`: 2n² + 2n doubles for each matrix. u and v are null where values alone are asked for. */
extern "C" __global__ void svd(double* a, double* u, double* s, double* v, double* work, i64 m, i64 n, Fault* fault, int op) {
  double *reflections = a + blockIdx.x * m * n, *rows = work + blockIdx.x * (2 * n * n + 2 * n), *turns = rows + n * n;
  double *taus = turns + n * n, *sizes = taus + n;
  householder(reflections, taus, m, n);
  // The columns of R are made orthogonal, as rows: Rᵀ = V (S Uᵀ).
  forEntries(0, n, 0, n, [&](i64 i, i64 j) { rows[i * n + j] = j <= i ? reflections[j * n + i] : 0; });
  if (v) setIdentity(turns, n, n);
  __syncthreads();
  double most = 0;
  for (i64 i = threadIdx.x; i < n * n; i += blockDim.x) most = Larger::join(most, scalar::fabs(rows[i]));
  most = blockJoin<Larger>(most);
  if (!(most < scalar::Limits<double>::infinity)) {
    if (threadIdx.x == 0) report(fault, op, kNotFinite, blockIdx.x, 0);
    return;
  }
  const double scale = scaleFor(most);
  __syncthreads();
  for (i64 i = threadIdx.x; i < n * n; i += blockDim.x) rows[i] *= scale;
  __syncthreads();
  if (!orthogonalize(rows, v ? turns : nullptr, n)) {
    if (threadIdx.x == 0) report(fault, op, kNoConvergence, blockIdx.x, kSweeps);
    return;
  }
  for (i64 i = 0; i < n; i++) normalize(rows + i * n, sizes[i], n);
  if (!u) {
    forEntries(0, n, 0, 1, [&](i64 i, i64) { s[blockIdx.x * n + rankOf(sizes, n, i)] = sizes[i] / scale; });
    return;
  }
  complete(rows, sizes, n);
  double *left = u + blockIdx.x * m * n, *right = v + blockIdx.x * n * n;
  forEntries(n, m, 0, n, [&](i64 i, i64 j) { left[i * n + j] = 0; });
  forEntries(0, n, 0, n, [&](i64 i, i64 j) {
    const i64 rank = rankOf(sizes, n, i);
    right[j * n + rank] = turns[i * n + j];
    left[j * n + rank] = rows[i * n + j];
    if (j == 0) s[blockIdx.x * n + rank] = sizes[i] / scale;
  });
  __syncthreads();
  reflectBack(reflections, taus, left, m, n, n);
}

}  // namespace cuda
}  // namespace gb
