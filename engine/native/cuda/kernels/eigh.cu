// Eigenvalues and eigenvectors of symmetric matrices by Jacobi's rotations. A block for each matrix.
#include "cuda/kernels/jacobi.cuh"

namespace gb {
namespace cuda {

/**
 * `values` holds the cosines and sines of a round's rotations until the end; `turns`: [n, n] for each matrix, null as `vectors` is
 * where values alone are asked for.
 */
extern "C" __global__ void eigh(double* a, double* values, double* vectors, double* turns, i64 n, Fault* fault, int op) {
  double *m = a + blockIdx.x * n * n, *v = turns ? turns + blockIdx.x * n * n : nullptr, *own = values + blockIdx.x * n;
  forEntries(0, n, 0, n, [&](i64 i, i64 j) {
    if (j > i) m[i * n + j] = m[j * n + i];
  });
  if (v) setIdentity(v, n, n);
  __syncthreads();
  const double nothing = nothingOf(m, n);
  if (!(nothing < scalar::Limits<double>::infinity)) {
    if (threadIdx.x == 0) report(fault, op, kNotFinite, blockIdx.x, 0);
    return;
  }
  const Pairs pairs(n);
  int sweep = 0;
  for (bool more = n > 1; more; sweep++) {
    if (sweep == kSweeps) {
      if (threadIdx.x == 0) report(fault, op, kNoConvergence, blockIdx.x, kSweeps);
      return;
    }
    int rotated = 0;
    for (i64 round = 0; round < pairs.rounds; round++) {
      i64 p, q;
      for (i64 k = threadIdx.x; k < pairs.count; k += blockDim.x) {
        if (!pairs.of(round, k, p, q)) continue;
        double c = 1, s = 0;
        if (rotation(m, n, p, q, nothing, c, s)) rotated = 1;
        own[pairs.slot(k)] = c;
        own[pairs.slot(k) + 1] = s;
      }
      __syncthreads();
      forEntries(0, pairs.count, 0, n, [&](i64 k, i64 j) {
        i64 x, y;
        if (!pairs.of(round, k, x, y)) return;
        const double c = own[pairs.slot(k)], s = own[pairs.slot(k) + 1];
        if (s == 0) return;
        rotate(m[x * n + j], m[y * n + j], c, s);
        if (v) rotate(v[x * n + j], v[y * n + j], c, s);
      });
      __syncthreads();
      forEntries(0, n, 0, pairs.count, [&](i64 i, i64 k) {
        i64 x, y;
        if (!pairs.of(round, k, x, y)) return;
        const double c = own[pairs.slot(k)], s = own[pairs.slot(k) + 1];
        if (s == 0) return;
        rotate(m[i * n + x], m[i * n + y], c, s);
        if (i == x) m[i * n + y] = 0;
        if (i == y) m[i * n + x] = 0;
      });
      __syncthreads();
    }
    more = blockJoin<Larger>(rotated) != 0;
  }
  __syncthreads();
  forEntries(0, n, 0, v ? n : 1, [&](i64 i, i64 j) {
    const double value = m[i * n + i];
    i64 rank = 0;
    for (i64 k = 0; k < n; k++) rank += m[k * n + k] < value || (m[k * n + k] == value && k < i);
    if (v) vectors[(blockIdx.x * n + j) * n + rank] = v[i * n + j];
    if (j == 0) own[rank] = value;
  });
}

}  // namespace cuda
}  // namespace gb
