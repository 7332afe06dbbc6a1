// Special functions that the C library lacks.
#pragma once
#include "scalar/math.h"

namespace gb {
namespace scalar {

/** Digamma, by recurrence up to 10 and the asymptotic series, by reflection below zero (Cephes' psi, as PyTorch). */
GB_LONG_FN double digamma(double x) {
  const double pi = 3.14159265358979323846;
  if (x == 0) return copysign(Limits<double>::infinity, -x);
  double result = 0;
  if (x < 0) {
    if (x == trunc(x)) return Limits<double>::nan;
    const double fraction = x - trunc(x);
    result = -pi / tan(pi * fraction);
    x = 1 - x;
  }
  while (x < 10) {
    result -= 1 / x;
    x += 1;
  }
  if (x == 10) return result + 2.25175258906672110764;
  double series = 0;
  if (x < 1e17) {
    const double z = 1 / (x * x);
    series = 8.33333333333333333333e-2;
    series = series * z - 2.10927960927960927961e-2;
    series = series * z + 7.57575757575757575758e-3;
    series = series * z - 4.16666666666666666667e-3;
    series = series * z + 3.96825396825396825397e-3;
    series = series * z - 8.33333333333333333333e-3;
    series = series * z + 8.33333333333333333333e-2;
    series *= z;
  }
  return result + log(x) - 0.5 / x - series;
}
GB_FN float digamma(float x) { return float(digamma(double(x))); }

/** The standard normal distribution: what lies below a number, and the density there. */
template <class T>
struct Normal {
  T cdf, pdf;
};
template <class T>
GB_FN Normal<T> normal(T x) {
  return {mulAdd(erf(x * T(0.70710678118654752440)), T(0.5), T(0.5)), exp(T(-0.5) * x * x) * T(0.39894228040143267794)};
}

/** Inverse of erf: Giles' rational start, then two steps of Newton's method in double. */
GB_LONG_FN double erfinv(double y) {
  if (isnan(y) || fabs(y) > 1) return Limits<double>::nan;
  if (fabs(y) == 1) return copysign(Limits<double>::infinity, y);
  double x;
  if (fabs(y) <= 0.7) {
    const double z = y * y;
    const double num = ((-0.140543331 * z + 0.914624893) * z - 1.645349621) * z + 0.886226899;
    const double den = (((0.012229801 * z - 0.329097515) * z + 1.442710462) * z - 2.118377725) * z + 1;
    x = y * num / den;
  } else {
    const double z = sqrt(-log((1 - fabs(y)) / 2));
    const double num = ((1.641345311 * z + 3.429567803) * z - 1.624906493) * z - 1.970840454;
    const double den = (1.637067800 * z + 3.543889200) * z + 1;
    x = copysign(num / den, y);
  }
  for (int step = 0; step < 2; step++) x -= (erf(x) - y) / (1.12837916709551257390 * exp(-x * x));
  return x;
}
#if defined(__CUDACC__)
GB_FN float erfinv(float y) { return ::erfinvf(y); }
#else
GB_FN float erfinv(float y) { return float(erfinv(double(y))); }
#endif

/** Hurwitz' zeta function Σ (k + q)^−x, k ≥ 0, by the Euler–Maclaurin formula; x > 1. */
GB_LONG_FN double zeta(double x, double q) {
  if (x == 1) return Limits<double>::infinity;
  if (!(x > 1)) return Limits<double>::nan;
  if (q <= 0) {
    if (q == floor(q)) return Limits<double>::infinity;
    if (x != floor(x)) return Limits<double>::nan;
  }
  // Terms up to an argument of 10, then the tail with ten Bernoulli numbers B₂ₖ / (2k)!.
  double sum = 0;
  while (q < 10) {
    sum += pow(q, -x);
    q += 1;
  }
  const double last = pow(q, -x);
  sum += last * q / (x - 1) + 0.5 * last;
  const double bernoulli[10] = {8.3333333333333333e-2,  -1.3888888888888889e-3, 3.3068783068783069e-5, -8.2671957671957672e-7,
                                2.0876756987868099e-8,  -5.2841901386874932e-10, 1.3382536530684679e-11, -3.3896802963225829e-13,
                                8.5860620562778446e-15, -2.1748686985580619e-16};
  double factor = x * last / q;
  for (int k = 0; k < 10; k++) {
    const double term = bernoulli[k] * factor;
    sum += term;
    if (fabs(term) < 1e-17 * fabs(sum)) break;
    factor *= (x + 2 * k + 1) * (x + 2 * k + 2) / (q * q);
  }
  return sum;
}

/** Trigamma, by recurrence and the first terms of the asymptotic series, by reflection below ½: PyTorch's formula. */
GB_LONG_FN double trigamma(double x) {
  const double pi = 3.14159265358979323846;
  double sign = 1, result = 0;
  if (x < 0.5) {
    sign = -1;
    const double s = sin(pi * x);
    result -= pi * pi / (s * s);
    x = 1 - x;
  }
  for (int i = 0; i < 6; i++) {
    result += 1 / (x * x);
    x += 1;
  }
  const double z = 1 / (x * x);
  result += (1 + 1 / (2 * x) + z * (1.0 / 6 - z * (1.0 / 30 - z * (1.0 / 42)))) / x;
  return sign * result;
}

/** The n-th derivative of digamma: (−1)ⁿ⁺¹ n! ζ(n + 1, x) from n = 2 on. */
GB_LONG_FN double polygamma(double x, double n) {
  if (n == 0) return digamma(x);
  if (n == 1) return trigamma(x);
  const double size = exp(lgamma(n + 1)) * zeta(n + 1, x);
  return fmod(n, 2.0) == 1 ? size : -size;
}
GB_FN float polygamma(float x, float n) { return float(polygamma(double(x), double(n))); }

/** sin(πx) / πx */
GB_FN double sinc(double x) {
  const double pi = 3.14159265358979323846;
  return x == 0 ? 1 : sin(pi * x) / (pi * x);
}
GB_FN float sinc(float x) {
  const float pi = 3.14159265358979323846f;
  return x == 0 ? 1 : sin(pi * x) / (pi * x);
}

}  // namespace scalar
}  // namespace gb
