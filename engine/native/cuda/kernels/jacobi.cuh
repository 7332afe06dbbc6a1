// Jacobi's rotations (Golub & Van Loan, chapter 8), as on the host, but those that do not touch each other side by side, in the order
// of a tournament.
#pragma once
#include "cuda/kernels/matrix.cuh"
#include "cuda/kernels/matrix_arguments.h"

namespace gb {
namespace cuda {

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

/** What counts as nothing in a symmetric matrix [n, n]; infinity or NaN where it holds such. */
GB_DEVICE double nothingOf(const double* m, i64 n) {
  double squares = 0;
  for (i64 i = threadIdx.x; i < n * n; i += blockDim.x) squares += m[i] * m[i];
  const double nothing = scalar::sqrt(blockJoin<Plus>(squares)) * kEpsilon * 1e-3;
  return nothing > kSmallest || nothing != nothing ? nothing : kSmallest;
}

/** The rotation of rows and columns p and q that makes m[p][q] nothing; false where it is that already. */
GB_DEVICE bool rotation(const double* m, i64 n, i64 p, i64 q, double nothing, double& c, double& s) {
  const double app = m[p * n + p], aqq = m[q * n + q], apq = m[p * n + q];
  const double relative = kEpsilon / 4 * scalar::sqrt(scalar::fabs(app * aqq));
  if (!(scalar::fabs(apq) > (nothing > relative ? nothing : relative))) return false;
  angle(app, aqq, apq, c, s);
  return true;
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

}  // namespace cuda
}  // namespace gb
