// Orthogonal factors: QR by Householder reflections, eigenvalues of symmetric matrices and singular values by Jacobi's
// rotations (Golub & Van Loan, chapters 5 and 8), as on the host, but with rotations that do not touch each other side by
// side, in the order of a tournament. A block for each matrix.
#include "cuda/kernels/matrix.cuh"

namespace gb {
namespace cuda {

constexpr int kSweeps = 60;

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

extern "C" __global__ void qr(double* a, double* q, double* r, double* taus, i64 m, i64 n, i64 c) {
  double *work = a + blockIdx.x * m * n, *own = taus + blockIdx.x * (m < n ? m : n), *to = q + blockIdx.x * m * c;
  householder(work, own, m, n);
  setIdentity(to, m, c);
  __syncthreads();
  reflectBack(work, own, to, m, n, c);
  double* upper = r + blockIdx.x * c * n;
  forEntries(0, c, 0, n, [&](i64 i, i64 j) { upper[i * n + j] = j < i ? 0 : work[i * n + j]; });
}

/** Cosine and sine of the rotation that makes [app apq; apq aqq] diagonal. */
GB_DEVICE void angle(double app, double aqq, double apq, double& c, double& s) {
  const double theta = (aqq - app) / (2 * apq);
  const double t = scalar::copysign(1.0, theta) / (scalar::fabs(theta) + scalar::hypot(1.0, theta));
  c = 1 / scalar::hypot(1.0, t);
  s = t * c;
}

GB_DEVICE void rotate(double& x, double& y, double c, double s) {
  const double first = x;
  x = c * first - s * y;
  y = s * first + c * y;
}

/** Pairs p < q that meet in a round of a tournament in which everyone meets everyone once. */
struct Pairs {
  i64 n, count, rounds;
  GB_DEVICE explicit Pairs(i64 n) : n(n), count((n + 1) / 2), rounds(2 * count - 1) {}
  /** False where one of them has nobody to meet. */
  GB_DEVICE bool of(i64 round, i64 pair, i64& p, i64& q) const {
    const i64 a = (round + pair) % rounds, b = pair == 0 ? rounds : (round - pair + rounds) % rounds;
    p = a < b ? a : b;
    q = a < b ? b : a;
    return q < n;
  }
  /** Where a pair's two numbers stand among n: of an odd number the first pair is the one that is none. */
  GB_DEVICE i64 slot(i64 pair) const { return 2 * (pair - n % 2); }
};

/** `values` holds the cosines and sines of a round's rotations until the end; `turns`: [n, n] for each matrix. */
extern "C" __global__ void eigh(double* a, double* values, double* vectors, double* turns, i64 n, Fault* fault, int op) {
  double *m = a + blockIdx.x * n * n, *v = turns + blockIdx.x * n * n, *own = values + blockIdx.x * n;
  forEntries(0, n, 0, n, [&](i64 i, i64 j) {
    if (j > i) m[i * n + j] = m[j * n + i];
  });
  setIdentity(v, n, n);
  __syncthreads();
  double squares = 0;
  for (i64 i = threadIdx.x; i < n * n; i += blockDim.x) squares += m[i] * m[i];
  const double norm = scalar::sqrt(blockJoin<Plus>(squares));
  if (!(norm < scalar::Limits<double>::infinity)) {
    if (threadIdx.x == 0) report(fault, op, kNotFinite, blockIdx.x, 0);
    return;
  }
  const double nothing = norm * kEpsilon * 1e-3 > kSmallest ? norm * kEpsilon * 1e-3 : kSmallest;
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
        const double app = m[p * n + p], aqq = m[q * n + q], apq = m[p * n + q];
        const double relative = kEpsilon / 4 * scalar::sqrt(scalar::fabs(app * aqq));
        double c = 1, s = 0;
        if (scalar::fabs(apq) > (nothing > relative ? nothing : relative)) {
          angle(app, aqq, apq, c, s);
          rotated = 1;
        }
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
        rotate(v[x * n + j], v[y * n + j], c, s);
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
  forEntries(0, n, 0, n, [&](i64 i, i64 j) {
    const double value = m[i * n + i];
    i64 rank = 0;
    for (i64 k = 0; k < n; k++) rank += m[k * n + k] < value || (m[k * n + k] == value && k < i);
    vectors[(blockIdx.x * n + j) * n + rank] = v[i * n + j];
    if (j == 0) own[rank] = value;
  });
}

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
