// QR by Householder's reflections. A block for each matrix.
#include "cuda/kernels/reflect.cuh"

namespace gb {
namespace cuda {

extern "C" __global__ void qr(double* a, double* q, double* r, double* taus, i64 m, i64 n, i64 c) {
  double *work = a + blockIdx.x * m * n, *own = taus + blockIdx.x * (m < n ? m : n), *to = q + blockIdx.x * m * c;
  householder(work, own, m, n);
  setIdentity(to, m, c);
  __syncthreads();
  reflectBack(work, own, to, m, n, c);
  double* upper = r + blockIdx.x * c * n;
  forEntries(0, c, 0, n, [&](i64 i, i64 j) { upper[i * n + j] = j < i ? 0 : work[i * n + j]; });
}

}  // namespace cuda
}  // namespace gb
