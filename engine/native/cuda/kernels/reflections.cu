// QR of large matrices (cuda/ops/reflections.cc): panels of reflections, which go to all other columns by products (Schreiber and
// Van Loan 1989). blockIdx.y (of panels x): the matrix of a batch.
#include "cuda/kernels/matrix_arguments.h"
#include "cuda/kernels/reflect.cuh"

namespace gb {
namespace cuda {

/**
 * Columns from … from + width of QR, whose rows above are done: R above the diagonal, the reflections' vectors below.
 * v [rows − from, width] has them too, with ones and zeros, and t [width, width] what joins them: H₁ … Hₖ = 1 − v t vᵀ.
 */
extern "C" __global__ void __launch_bounds__(kPanelThreads, 1) qrPanel(double* a, double* v, double* t, i64 rows, i64 n, i64 from,
                                                                       int width, i64 vBatch, i64 tBatch) {
  __shared__ double sums[kPanelThreads], products[kPanel][kPanel], taus[kPanel];
  const int lane = threadIdx.x % kPanel, group = threadIdx.x / kPanel, groups = blockDim.x / kPanel;
  double* m = a + blockIdx.x * rows * n + from * (n + 1);
  const i64 left = rows - from;
  for (int p = 0; p < width; p++) {
    const double rest = normOf(p + 1, left, [&](i64 i) { return m[i * n + p]; }), alpha = m[p * n + p];
    __syncthreads();
    // Nothing to reflect: the entry keeps its sign.
    const bool any = rest != 0;
    const double beta = any ? -scalar::copysign(scalar::hypot(alpha, rest), alpha) : alpha, tau = any ? (beta - alpha) / beta : 0;
    if (threadIdx.x == 0) {
      taus[p] = tau;
      m[p * n + p] = beta;
    }
    for (i64 i = p + 1 + threadIdx.x; any && i < left; i += blockDim.x) m[i * n + p] /= alpha - beta;
    __syncthreads();
    // With the vectors before and with the columns behind.
    const auto element = [&](i64 i) { return i == p ? 1 : m[i * n + p]; };
    const bool other = lane < width && lane != p;
    double sum = 0;
    for (i64 i = p + group; other && i < left; i += groups) sum += element(i) * m[i * n + lane];
    sums[threadIdx.x] = sum;
    __syncthreads();
    double all = 0;
    for (int g = 0; g < groups; g++) all += sums[g * kPanel + lane];
    if (group == 0) products[lane][p] = all;
    for (i64 first = p + group; any && other && lane > p && first < left; first += kPanelRows * groups) {
      double vector[kPanelRows], value[kPanelRows];
#pragma unroll
      for (int e = 0; e < kPanelRows; e++) {
        const i64 i = first + e * groups;
        vector[e] = i < left ? element(i) : 0;
        value[e] = i < left ? m[i * n + lane] : 0;
      }
#pragma unroll
      for (int e = 0; e < kPanelRows; e++) {
        const i64 i = first + e * groups;
        if (i < left) m[i * n + lane] = value[e] - tau * vector[e] * all;
      }
    }
    __syncthreads();
  }
  if (threadIdx.x < width) {
    const int i = threadIdx.x;
    double own[kPanel] = {};
#pragma unroll
    for (int j = 0; j < kPanel; j++) {
      if (j >= width) break;
      double sum = 0;
#pragma unroll
      for (int l = 0; l < j; l++) sum += l >= i ? own[l] * products[l][j] : 0;
      own[j] = j < i ? 0 : j == i ? taus[j] : -taus[j] * sum;
      t[blockIdx.x * tBatch + i * width + j] = own[j];
    }
  }
  for (i64 i = group; lane < width && i < left; i += groups) {
    v[blockIdx.x * vBatch + i * width + lane] = i < lane ? 0 : i == lane ? 1 : m[i * n + lane];
  }
}

/** r [c, n]: what stands on and above the diagonal of a [rows, n]; x: rows of r. */
extern "C" __global__ void upperPart(const double* a, double* r, i64 rows, i64 c, i64 n) {
  const i64 i = blockIdx.x;
  for (i64 j = threadIdx.x; j < n; j += blockDim.x) r[(blockIdx.y * c + i) * n + j] = j < i ? 0 : a[(blockIdx.y * rows + i) * n + j];
}

/** q [rows, c]: ones on the diagonal; x: rows. */
extern "C" __global__ void identity(double* q, i64 rows, i64 c) {
  for (i64 j = threadIdx.x; j < c; j += blockDim.x) q[(blockIdx.y * rows + blockIdx.x) * c + j] = blockIdx.x == j;
}

}  // namespace cuda
}  // namespace gb
