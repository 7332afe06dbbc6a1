// Orthogonal factors on the CPU: QR by Householder reflections, eigenvalues of symmetric matrices and singular values by
// Jacobi's rotations, which find small ones to full relative accuracy (Golub & Van Loan, chapters 5 and 8).
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <numeric>
#include <vector>

#include "cpu/threads.h"
#include "ops/linalg.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

constexpr int kSweeps = 60;

template <class One>
void forMatrices(int64_t batch, One one) {
  parallelFor(batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) one(i);
  });
}

/** m[begin…, j…] −= tau · v (vᵀ m), for a reflection whose vector stands in column `column` below `begin`, first entry 1. */
void reflect(double* m, int64_t rows, int64_t columns, const double* v, int64_t stride, double tau, int64_t begin,
             int64_t from) {
  std::vector<double> sums(size_t(columns), 0.0);
  for (int64_t i = begin; i < rows; i++) {
    const double factor = i == begin ? 1 : v[i * stride];
    for (int64_t j = from; j < columns; j++) sums[size_t(j)] += factor * m[i * columns + j];
  }
  for (int64_t i = begin; i < rows; i++) {
    const double factor = tau * (i == begin ? 1 : v[i * stride]);
    for (int64_t j = from; j < columns; j++) m[i * columns + j] -= factor * sums[size_t(j)];
  }
}

/** a [m, n] becomes R above its diagonal and the reflections' vectors below; LAPACK's signs. */
std::vector<double> householder(double* a, int64_t m, int64_t n) {
  const int64_t k = std::min(m, n);
  std::vector<double> taus(size_t(k), 0.0);
  for (int64_t p = 0; p < k; p++) {
    const double alpha = a[p * n + p];
    double rest = 0;
    for (int64_t i = p + 1; i < m; i++) rest = std::hypot(rest, a[i * n + p]);
    if (rest == 0) continue;  // nothing to reflect: the entry keeps its sign
    const double beta = -std::copysign(std::hypot(alpha, rest), alpha);
    taus[size_t(p)] = (beta - alpha) / beta;
    for (int64_t i = p + 1; i < m; i++) a[i * n + p] /= alpha - beta;
    a[p * n + p] = beta;
    reflect(a, m, n, a + p, n, taus[size_t(p)], p, p + 1);
    checkInterrupt();
  }
  return taus;
}

/** The first c columns of Q [m, c] from what `householder` left. */
void formQ(const double* a, const std::vector<double>& taus, double* q, int64_t m, int64_t n, int64_t c) {
  std::fill(q, q + m * c, 0.0);
  for (int64_t i = 0; i < std::min(m, c); i++) q[i * c + i] = 1;
  for (int64_t p = int64_t(taus.size()) - 1; p >= 0; p--) {
    if (taus[size_t(p)] != 0) reflect(q, m, c, a + p, n, taus[size_t(p)], p, 0);
  }
}

void qrOnCpu(const Tensor& a, const Tensor& q, const Tensor& r) {
  const int64_t m = a.size(1), n = a.size(2), c = q.size(2);
  forMatrices(a.size(0), [&](int64_t b) {
    double* work = a.as<double>() + b * m * n;
    const std::vector<double> taus = householder(work, m, n);
    formQ(work, taus, q.as<double>() + b * m * c, m, n, c);
    double* upper = r.as<double>() + b * c * n;
    for (int64_t i = 0; i < c; i++) {
      for (int64_t j = 0; j < n; j++) upper[i * n + j] = j < i ? 0 : work[i * n + j];
    }
  });
}

/** Rotates two rows of length n. */
void rotate(double* x, double* y, int64_t n, double c, double s) {
  for (int64_t i = 0; i < n; i++) {
    const double u = x[i], v = y[i];
    x[i] = c * u - s * v;
    y[i] = s * u + c * v;
  }
}

/** Cosine and sine of the rotation that makes [app apq; apq aqq] diagonal. */
void angle(double app, double aqq, double apq, double& c, double& s) {
  const double theta = (aqq - app) / (2 * apq);
  const double t = std::copysign(1, theta) / (std::fabs(theta) + std::hypot(1, theta));
  c = 1 / std::hypot(1, t);
  s = t * c;
}

void setIdentity(double* x, int64_t n) {
  std::fill(x, x + n * n, 0.0);
  for (int64_t i = 0; i < n; i++) x[i * n + i] = 1;
}

/** The symmetric matrix a [n, n] becomes diagonal; v [n, n] (or none) gets the eigenvectors as rows. */
void jacobi(double* a, double* v, int64_t n) {
  if (v) setIdentity(v, n);
  const double norm = std::sqrt(std::inner_product(a, a + n * n, a, 0.0));
  GB_CHECK(std::isfinite(norm), "the algorithm did not converge: the matrix holds NaN, infinity or numbers too large");
  const double nothing = std::max(DBL_MIN, norm * DBL_EPSILON * 1e-3);
  for (int sweep = 0; sweep < kSweeps; sweep++) {
    bool rotated = false;
    for (int64_t p = 0; p < n; p++) {
      for (int64_t q = p + 1; q < n; q++) {
        const double apq = a[p * n + q];
        if (std::fabs(apq) <= std::max(nothing, DBL_EPSILON / 4 * std::sqrt(std::fabs(a[p * n + p] * a[q * n + q])))) {
          continue;
        }
        rotated = true;
        double c, s;
        angle(a[p * n + p], a[q * n + q], apq, c, s);
        rotate(a + p * n, a + q * n, n, c, s);
        for (int64_t i = 0; i < n; i++) {
          const double x = a[i * n + p], y = a[i * n + q];
          a[i * n + p] = c * x - s * y;
          a[i * n + q] = s * x + c * y;
        }
        a[p * n + q] = a[q * n + p] = 0;
        if (v) rotate(v + p * n, v + q * n, n, c, s);
      }
      checkInterrupt();
    }
    if (!rotated) return;
  }
  fail("the eigenvalues did not converge in ", kSweeps, " sweeps");
}

void eighOnCpu(const Tensor& a, const Tensor& values, MaybeTensor vectors) {
  const int64_t n = a.size(1);
  forMatrices(a.size(0), [&](int64_t b) {
    double* m = a.as<double>() + b * n * n;
    for (int64_t i = 0; i < n; i++) {
      for (int64_t j = i + 1; j < n; j++) m[i * n + j] = m[j * n + i];
    }
    std::vector<double> rows(vectors ? size_t(n * n) : 0);
    jacobi(m, vectors ? rows.data() : nullptr, n);
    std::vector<int64_t> order(size_t(n), 0);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t x, int64_t y) { return m[x * n + x] < m[y * n + y]; });
    for (int64_t j = 0; j < n; j++) {
      const int64_t from = order[size_t(j)];
      values.as<double>()[b * n + j] = m[from * n + from];
      for (int64_t i = 0; vectors && i < n; i++) vectors->as<double>()[b * n * n + i * n + j] = rows[size_t(from * n + i)];
    }
  });
}

/** The rows of w [n, n] become orthogonal by rotations, which v (rows, [n, n], or none) takes part in. */
void orthogonalize(double* w, double* v, int64_t n) {
  for (int sweep = 0; sweep < kSweeps; sweep++) {
    bool rotated = false;
    for (int64_t p = 0; p < n; p++) {
      for (int64_t q = p + 1; q < n; q++) {
        double alpha = 0, beta = 0, gamma = 0;
        for (int64_t i = 0; i < n; i++) {
          const double x = w[p * n + i], y = w[q * n + i];
          alpha += x * x;
          beta += y * y;
          gamma += x * y;
        }
        if (std::fabs(gamma) <= DBL_EPSILON * std::sqrt(alpha * beta) || std::fabs(gamma) < DBL_MIN) continue;
        rotated = true;
        double c, s;
        angle(alpha, beta, gamma, c, s);
        rotate(w + p * n, w + q * n, n, c, s);
        if (v) rotate(v + p * n, v + q * n, n, c, s);
      }
      checkInterrupt();
    }
    if (!rotated) return;
  }
  fail("the singular values did not converge in ", kSweeps, " sweeps");
}

/** Rows of u [n, n] that are 0 become unit vectors orthogonal to all others. */
void complete(double* u, const std::vector<bool>& set, int64_t n) {
  std::vector<int64_t> done;
  for (int64_t i = 0; i < n; i++) {
    if (set[size_t(i)]) done.push_back(i);
  }
  int64_t axis = 0;
  for (int64_t i = 0; i < n; i++) {
    if (set[size_t(i)]) continue;
    double* row = u + i * n;
    for (double size = 0; size < 0.5 / std::sqrt(double(n)); axis++) {
      std::fill(row, row + n, 0.0);
      row[axis % n] = 1;
      for (int pass = 0; pass < 2; pass++) {
        for (int64_t other : done) {
          const double along = std::inner_product(row, row + n, u + other * n, 0.0);
          for (int64_t j = 0; j < n; j++) row[j] -= along * u[other * n + j];
        }
      }
      size = std::sqrt(std::inner_product(row, row + n, row, 0.0));
      if (size > 0) {
        for (int64_t j = 0; j < n; j++) row[j] /= size;
      }
    }
    done.push_back(i);
  }
}

void svdOnCpu(const Tensor& a, MaybeTensor u, const Tensor& s, MaybeTensor v) {
  const int64_t m = a.size(1), n = a.size(2);
  forMatrices(a.size(0), [&](int64_t b) {
    double* work = a.as<double>() + b * m * n;
    const std::vector<double> taus = householder(work, m, n);
    // The columns of R are made orthogonal, as rows: Rᵀ = V (S Uᵀ).
    std::vector<double> rows(size_t(n * n), 0.0), turns(v ? size_t(n * n) : 0);
    if (v) setIdentity(turns.data(), n);
    for (int64_t i = 0; i < n; i++) {
      for (int64_t j = i; j < n; j++) rows[size_t(j * n + i)] = work[i * n + j];
    }
    double most = 0;
    for (double x : rows) most = std::max(most, std::fabs(x));
    GB_CHECK(std::all_of(rows.begin(), rows.end(), [](double x) { return std::isfinite(x); }), "the algorithm did not converge: the matrix holds NaN or infinity");
    // Squares of large or small numbers must not leave the range.
    const double scale = most > 0 ? std::exp2(-std::ilogb(most)) : 1;
    for (double& x : rows) x *= scale;
    orthogonalize(rows.data(), v ? turns.data() : nullptr, n);
    std::vector<double> sizes(size_t(n), 0.0);
    std::vector<bool> set(size_t(n), false);
    for (int64_t i = 0; i < n; i++) {
      double* row = rows.data() + i * n;
      const double size = std::sqrt(std::inner_product(row, row + n, row, 0.0));
      sizes[size_t(i)] = size / scale;
      if (size <= DBL_MIN) continue;
      for (int64_t j = 0; j < n; j++) row[j] /= size;
      set[size_t(i)] = true;
    }
    if (u) complete(rows.data(), set, n);
    std::vector<int64_t> order(size_t(n), 0);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int64_t x, int64_t y) { return sizes[size_t(x)] > sizes[size_t(y)]; });
    for (int64_t j = 0; j < n; j++) s.as<double>()[b * n + j] = sizes[size_t(order[size_t(j)])];
    if (!u) return;
    double* left = u->as<double>() + b * m * n;
    std::fill(left, left + m * n, 0.0);
    for (int64_t j = 0; j < n; j++) {
      const int64_t from = order[size_t(j)];
      for (int64_t i = 0; i < n; i++) {
        v->as<double>()[b * n * n + i * n + j] = turns[size_t(from * n + i)];
        left[i * n + j] = rows[size_t(from * n + i)];
      }
    }
    for (int64_t p = int64_t(taus.size()) - 1; p >= 0; p--) {
      if (taus[size_t(p)] != 0) reflect(left, m, n, work + p, n, taus[size_t(p)], p, 0);
    }
  });
}

}  // namespace

GB_KERNEL(CPU, qrKernel, qrOnCpu)
GB_KERNEL(CPU, eighKernel, eighOnCpu)
GB_KERNEL(CPU, svdKernel, svdOnCpu)

}  // namespace gb
