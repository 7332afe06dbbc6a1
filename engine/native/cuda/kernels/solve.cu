// Triangular factors and what is solved with them: LU with partial pivoting, Cholesky, substitution. A block for each matrix.
#include "cuda/kernels/matrix.cuh"

namespace gb {
namespace cuda {

extern "C" __global__ void lu(double* a, i64* pivots, i64* info, i64 rows, i64 n) {
  double* m = a + blockIdx.x * rows * n;
  const i64 steps = rows < n ? rows : n;
  i64 first = 0;
  for (i64 k = 0; k < steps; k++) {
    double most = -1;
    i64 at = k;
    for (i64 i = k + threadIdx.x; i < rows; i += blockDim.x) {
      const double size = scalar::fabs(m[i * n + k]);
      if (size > most) {
        most = size;
        at = i;
      }
    }
    const double all = blockJoin<Larger>(most), diagonal = m[k * n + k];
    // The first of equals; a NaN on the diagonal stays.
    const i64 found = -blockJoin<Larger>(most == all ? -at : -rows), place = diagonal != diagonal ? k : found;
    __syncthreads();
    if (threadIdx.x == 0) pivots[blockIdx.x * steps + k] = place;
    for (i64 j = threadIdx.x; place != k && j < n; j += blockDim.x) {
      const double other = m[k * n + j];
      m[k * n + j] = m[place * n + j];
      m[place * n + j] = other;
    }
    __syncthreads();
    const double pivot = m[k * n + k];
    if (pivot == 0) {
      if (first == 0) first = k + 1;
      continue;
    }
    for (i64 i = k + 1 + threadIdx.x; i < rows; i += blockDim.x) m[i * n + k] /= pivot;
    __syncthreads();
    forEntries(k + 1, rows, k + 1, n, [&](i64 i, i64 j) {
      const double factor = m[i * n + k];
      if (factor != 0) m[i * n + j] -= factor * m[k * n + j];
    });
    __syncthreads();
  }
  if (threadIdx.x == 0) info[blockIdx.x] = first;
}

/** x [n, k] becomes the solution of a triangle [n, n]: what is known of a row is taken from all that follow. */
GB_DEVICE void substitute(const double* a, double* x, i64 n, i64 k, bool upper, bool unit) {
  for (i64 step = 0; step < n; step++) {
    const i64 i = upper ? n - 1 - step : step;
    if (!unit) {
      for (i64 c = threadIdx.x; c < k; c += blockDim.x) x[i * k + c] /= a[i * n + i];
      __syncthreads();
    }
    forEntries(upper ? 0 : i + 1, upper ? i : n, 0, k, [&](i64 row, i64 c) {
      const double factor = a[row * n + i];
      if (factor != 0) x[row * k + c] -= factor * x[i * k + c];
    });
    __syncthreads();
  }
}

extern "C" __global__ void luSolve(const double* a, const i64* pivots, double* b, i64 n, i64 k, Fault* fault, int op) {
  double* x = b + blockIdx.x * n * k;
  for (i64 i = 0; i < n; i++) {
    const i64 place = pivots[blockIdx.x * n + i];
    if (place < 0 || place >= n) {
      if (threadIdx.x == 0) report(fault, op, kNoPivot, place, n);
      return;
    }
    // A thread keeps to its columns: nothing to wait for.
    for (i64 c = threadIdx.x; place != i && c < k; c += blockDim.x) {
      const double other = x[i * k + c];
      x[i * k + c] = x[place * k + c];
      x[place * k + c] = other;
    }
  }
  __syncthreads();
  substitute(a + blockIdx.x * n * n, x, n, k, false, true);
  substitute(a + blockIdx.x * n * n, x, n, k, true, false);
}

extern "C" __global__ void triangular(const double* a, double* b, i64 n, i64 k, bool upper, bool unit) {
  substitute(a + blockIdx.x * n * n, b + blockIdx.x * n * k, n, k, upper, unit);
}

extern "C" __global__ void cholesky(double* a, i64* info, i64 n) {
  double* m = a + blockIdx.x * n * n;
  const i64 failed = choleskyColumns(m, n, n);
  forEntries(0, n, 0, n, [&](i64 i, i64 j) {
    if (j > i) m[i * n + j] = 0;
  });
  if (threadIdx.x == 0) info[blockIdx.x] = failed;
}

}  // namespace cuda
}  // namespace gb
