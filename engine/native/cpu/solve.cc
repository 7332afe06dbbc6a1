// Triangular factors on the CPU, and what is solved with them: LU with partial pivoting, Cholesky, substitution.
#include <algorithm>
#include <cmath>

#include "cpu/threads.h"
#include "ops/linalg.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

/** `one(i)` for every matrix of a batch; `work` operations each. */
template <class One>
void forMatrices(int64_t batch, int64_t work, One one) {
  parallelFor(batch, std::max<int64_t>(1, 100000 / std::max<int64_t>(1, work)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) one(i);
  });
}

/** row −= factor · other, from `begin` on. */
void subtract(double* row, const double* other, double factor, int64_t begin, int64_t end) {
  for (int64_t j = begin; j < end; j++) row[j] -= factor * other[j];
}

void luOnCpu(const Tensor& a, const Tensor& pivots, const Tensor& info) {
  const int64_t m = a.size(1), n = a.size(2), steps = std::min(m, n);
  forMatrices(a.size(0), m * n * steps, [&](int64_t b) {
    double* x = a.as<double>() + b * m * n;
    int64_t* pivot = pivots.as<int64_t>() + b * steps;
    int64_t& first = info.as<int64_t>()[b];
    first = 0;
    for (int64_t k = 0; k < steps; k++) {
      int64_t best = k;
      for (int64_t i = k + 1; i < m; i++) {
        if (std::fabs(x[i * n + k]) > std::fabs(x[best * n + k])) best = i;
      }
      pivot[k] = best;
      if (best != k) std::swap_ranges(x + k * n, x + k * n + n, x + best * n);
      if (x[k * n + k] == 0) {
        if (!first) first = k + 1;
        continue;
      }
      for (int64_t i = k + 1; i < m; i++) {
        const double factor = x[i * n + k] /= x[k * n + k];
        if (factor != 0) subtract(x + i * n, x + k * n, factor, k + 1, n);
      }
      checkInterrupt();
    }
  });
}

/** x [n, k] becomes the solution of a triangle [n, n] row by row. */
void substitute(const double* a, double* x, int64_t n, int64_t k, bool upper, bool unit) {
  for (int64_t step = 0; step < n; step++) {
    const int64_t i = upper ? n - 1 - step : step;
    double* row = x + i * k;
    for (int64_t j = upper ? i + 1 : 0; j < (upper ? n : i); j++) {
      if (a[i * n + j] != 0) subtract(row, x + j * k, a[i * n + j], 0, k);
    }
    if (!unit) {
      for (int64_t c = 0; c < k; c++) row[c] /= a[i * n + i];
    }
    checkInterrupt();
  }
}

void luSolveOnCpu(const Tensor& lu, const Tensor& pivots, const Tensor& b) {
  const int64_t n = lu.size(1), k = b.size(2);
  forMatrices(lu.size(0), n * n * k, [&](int64_t i) {
    const double* m = lu.as<double>() + i * n * n;
    const int64_t* pivot = pivots.as<int64_t>() + i * n;
    double* x = b.as<double>() + i * n * k;
    for (int64_t row = 0; row < n; row++) {
      GB_CHECK(pivot[row] >= 0 && pivot[row] < n, "pivot ", pivot[row], " is out of range for matrices of size ", n);
      if (pivot[row] != row) std::swap_ranges(x + row * k, x + row * k + k, x + pivot[row] * k);
    }
    substitute(m, x, n, k, false, true);
    substitute(m, x, n, k, true, false);
  });
}

void choleskyOnCpu(const Tensor& a, const Tensor& info) {
  const int64_t n = a.size(1);
  forMatrices(a.size(0), n * n * n / 3, [&](int64_t b) {
    double* m = a.as<double>() + b * n * n;
    int64_t& failed = info.as<int64_t>()[b];
    failed = 0;
    for (int64_t i = 0; i < n; i++) {
      for (int64_t j = 0; j <= i; j++) {
        double sum = m[i * n + j];
        for (int64_t p = 0; p < j; p++) sum -= m[i * n + p] * m[j * n + p];
        if (i != j) {
          m[i * n + j] = sum / m[j * n + j];
          continue;
        }
        if (!(sum > 0) && !failed) failed = i + 1;
        m[i * n + i] = std::sqrt(sum);
      }
      for (int64_t j = i + 1; j < n; j++) m[i * n + j] = 0;
      checkInterrupt();
    }
  });
}

void triangularOnCpu(const Tensor& a, const Tensor& b, bool upper, bool unit) {
  const int64_t n = a.size(1), k = b.size(2);
  forMatrices(a.size(0), n * n * k, [&](int64_t i) {
    substitute(a.as<double>() + i * n * n, b.as<double>() + i * n * k, n, k, upper, unit);
  });
}

}  // namespace

GB_KERNEL(CPU, luKernel, luOnCpu)
GB_KERNEL(CPU, luSolveKernel, luSolveOnCpu)
GB_KERNEL(CPU, choleskyKernel, choleskyOnCpu)
GB_KERNEL(CPU, triangularKernel, triangularOnCpu)

}  // namespace gb
