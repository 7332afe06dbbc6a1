// Jacobi's rotations of large matrices (cuda/ops/jacobi.cc): a launch for each round of the tournament, since what its pairs touch
// is apart. What turns with them, and the vectors made of it, are null where values alone are asked for. blockIdx.y (of rounds of eigenvalues z, of what is one block's x): the matrix of a batch.
#include "cuda/kernels/svd.cuh"

namespace gb {
namespace cuda {

/** The lower triangle is the upper one too, and v the identity; x: rows. */
extern "C" __global__ void eighBegin(double* a, double* v, i64 n) {
  double *m = a + blockIdx.y * n * n, *to = v ? v + blockIdx.y * n * n : nullptr;
  const i64 i = blockIdx.x;
  for (i64 j = threadIdx.x; j < n; j += blockDim.x) {
    if (to) to[i * n + j] = i == j;
    if (j > i) m[i * n + j] = m[j * n + i];
  }
}

/** A matrix that is not finite is noted, and never rotated: infinity is nothing in it. */
extern "C" __global__ void __launch_bounds__(1024, 1) eighNothing(const double* a, double* nothing, int* rotated, i64 n, Fault* fault,
                                                                  int op) {
  const double own = nothingOf(a + blockIdx.x * n * n, n);
  const bool finite = own < scalar::Limits<double>::infinity;
  if (threadIdx.x == 0 && !finite) report(fault, op, kNotFinite, blockIdx.x, 0);
  if (threadIdx.x == 0) nothing[blockIdx.x] = finite ? own : scalar::Limits<double>::infinity;
  for (int i = threadIdx.x; blockIdx.x == 0 && i < kSweeps; i += blockDim.x) rotated[i] = 0;
}

/**
 * A round: `to` becomes `from` with the rows and columns of all pairs rotated, v (rows) takes part. A thread has the four elements
 * where a pair's rows meet a pair's columns; x and y: pairs, kPairs at a time.
 */
extern "C" __global__ void __launch_bounds__(kPairs* kPairs, 1) eighRound(const double* from, double* to, double* v,
                                                                          const double* nothing, int* rotated, i64 n, i64 round) {
  // Of rows and of columns.
  __shared__ i64 first[2][kPairs], second[2][kPairs];
  __shared__ double cosine[2][kPairs], sine[2][kPairs];
  const double* m = from + blockIdx.z * n * n;
  const Pairs pairs(n);
  if (threadIdx.x < 2 * kPairs) {
    const int side = threadIdx.x / kPairs, own = threadIdx.x % kPairs;
    const i64 pair = i64(side == 0 ? blockIdx.y : blockIdx.x) * kPairs + own;
    i64 p = n, q = n;
    double c = 1, s = 0;
    if (pair < pairs.count && pairs.of(round, pair, p, q) && rotation(m, n, p, q, nothing[blockIdx.z], c, s)) *rotated = 1;
    first[side][own] = p;
    second[side][own] = q;
    cosine[side][own] = c;
    sine[side][own] = s;
  }
  __syncthreads();
  const int down = threadIdx.x / kPairs, across = threadIdx.x % kPairs;
  const i64 rows[2] = {first[0][down], second[0][down]}, columns[2] = {first[1][across], second[1][across]};
  const double c = cosine[0][down], s = sine[0][down], c2 = cosine[1][across], s2 = sine[1][across];
  double x[2][2];
#pragma unroll
  for (int i = 0; i < 2; i++) {
#pragma unroll
    for (int j = 0; j < 2; j++) x[i][j] = rows[i] < n && columns[j] < n ? m[rows[i] * n + columns[j]] : 0;
  }
#pragma unroll
  for (int j = 0; s != 0 && j < 2; j++) rotate(x[0][j], x[1][j], c, s);
#pragma unroll
  for (int i = 0; s2 != 0 && i < 2; i++) rotate(x[i][0], x[i][1], c2, s2);
  if (s != 0 && rows[0] == columns[0]) x[0][1] = x[1][0] = 0;
#pragma unroll
  for (int i = 0; i < 2; i++) {
#pragma unroll
    for (int j = 0; j < 2; j++) {
      if (rows[i] < n && columns[j] < n) to[blockIdx.z * n * n + rows[i] * n + columns[j]] = x[i][j];
    }
  }
  double* turns = v + blockIdx.z * n * n;
  for (i64 j = (i64(blockIdx.x) * kPairs + across) * 2, end = j + 2; v && s != 0 && j < end && j < n; j++) {
    rotate(turns[rows[0] * n + j], turns[rows[1] * n + j], c, s);
  }
}

/** Eigenvalues in rising order, the first of equals first, and their vectors as columns; x: rows of v. */
extern "C" __global__ void eighEnd(const double* a, const double* v, double* values, double* vectors, i64 n) {
  const double *m = a + blockIdx.y * n * n, value = m[i64(blockIdx.x) * (n + 1)];
  const i64 i = blockIdx.x;
  i64 below = 0;
  for (i64 k = threadIdx.x; k < n; k += blockDim.x) below += m[k * n + k] < value || (m[k * n + k] == value && k < i);
  const i64 rank = blockJoin<Plus>(below);
  for (i64 j = threadIdx.x; v && j < n; j += blockDim.x) vectors[(blockIdx.y * n + j) * n + rank] = v[(blockIdx.y * n + i) * n + j];
  if (threadIdx.x == 0) values[blockIdx.y * n + rank] = value;
}

/** rows: Rᵀ, of R above the diagonal of a [m, n]; turns: the identity. x: rows. */
extern "C" __global__ void svdBegin(const double* a, double* rows, double* turns, i64 m, i64 n) {
  const i64 i = blockIdx.x, at = (blockIdx.y * n + i) * n;
  for (i64 j = threadIdx.x; j < n; j += blockDim.x) {
    rows[at + j] = j <= i ? a[blockIdx.y * m * n + j * n + i] : 0;
    if (turns) turns[at + j] = i == j;
  }
}

/** Rows are multiplied by what keeps their squares in the range; a matrix that is not finite is noted. */
extern "C" __global__ void __launch_bounds__(1024, 1) svdScale(double* rows, double* scales, int* rotated, i64 n, Fault* fault, int op) {
  double *own = rows + blockIdx.x * n * n, most = 0;
  for (i64 i = threadIdx.x; i < n * n; i += blockDim.x) most = Larger::join(most, scalar::fabs(own[i]));
  most = blockJoin<Larger>(most);
  if (threadIdx.x == 0 && !(most < scalar::Limits<double>::infinity)) report(fault, op, kNotFinite, blockIdx.x, 0);
  const double scale = scaleFor(most);
  for (i64 i = threadIdx.x; i < n * n; i += blockDim.x) own[i] *= scale;
  if (threadIdx.x == 0) scales[blockIdx.x] = scale;
  for (int i = threadIdx.x; blockIdx.x == 0 && i < kSweeps; i += blockDim.x) rotated[i] = 0;
}

/** A round: each pair of rows becomes orthogonal by a rotation, which turns take part in; x: pairs. */
extern "C" __global__ void svdRound(double* rows, double* turns, int* rotated, i64 n, i64 round) {
  i64 p, q;
  if (!Pairs(n).of(round, blockIdx.x, p, q)) return;
  double *first = rows + (blockIdx.y * n + p) * n, *second = rows + (blockIdx.y * n + q) * n;
  const double alpha = dot(first, first, n), beta = dot(second, second, n), gamma = dot(first, second, n);
  const double size = scalar::fabs(gamma);
  if (size <= kEpsilon * scalar::sqrt(alpha * beta) || size < kSmallest) return;
  *rotated = 1;
  double c, s;
  angle(alpha, beta, gamma, c, s);
  double *u = turns ? turns + (blockIdx.y * n + p) * n : nullptr, *v = turns + (blockIdx.y * n + q) * n;
  for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
    rotate(first[i], second[i], c, s);
    if (u) rotate(u[i], v[i], c, s);
  }
}

/** Rows become unit vectors; x: rows. */
extern "C" __global__ void svdSizes(double* rows, double* sizes, i64 n) {
  const i64 own = blockIdx.y * n + blockIdx.x;
  normalize(rows + own * n, sizes[own], n);
}

/** Those that are nothing become unit vectors beside all others. */
extern "C" __global__ void svdComplete(double* rows, const double* sizes, i64 n) {
  complete(rows + blockIdx.x * n * n, sizes + blockIdx.x * n, n);
}

/** Singular values in falling order, the first of equals first; x: rows of u [m, n], below the n-th zeros. */
extern "C" __global__ void svdEnd(const double* rows, const double* turns, const double* sizes, const double* scales, double* u,
                                  double* s, double* v, i64 m, i64 n) {
  const i64 i = blockIdx.x, b = blockIdx.y;
  if (i >= n) {
    for (i64 j = threadIdx.x; j < n; j += blockDim.x) u[(b * m + i) * n + j] = 0;
    return;
  }
  const double *all = sizes + b * n, size = all[i];
  i64 above = 0;
  for (i64 k = threadIdx.x; k < n; k += blockDim.x) above += all[k] > size || (all[k] == size && k < i);
  const i64 rank = blockJoin<Plus>(above);
  for (i64 j = threadIdx.x; u && j < n; j += blockDim.x) {
    v[(b * n + j) * n + rank] = turns[(b * n + i) * n + j];
    u[(b * m + j) * n + rank] = rows[(b * n + i) * n + j];
  }
  if (threadIdx.x == 0) s[b * n + rank] = size / scales[b];
}

}  // namespace cuda
}  // namespace gb
