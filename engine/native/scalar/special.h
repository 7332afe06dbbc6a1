// Special functions that the C library lacks.
#pragma once
#include "scalar/math.h"

namespace gb {
namespace scalar {

/** Digamma, by recurrence up to 10 and the asymptotic series, by reflection below zero (Cephes' psi, as PyTorch). */
GB_FN double digamma(double x) {
  const double pi = 3.14159265358979323846;
  if (x == 0) return copysign(Limits<double>::infinity, -x);
  double result = 0;
  if (x < 0) {
    if (x == trunc(x)) return __builtin_nan("");
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

/** Inverse of erf: Giles' rational start, then two steps of Newton's method in double. */
GB_FN double erfinv(double y) {
  if (isnan(y) || fabs(y) > 1) return __builtin_nan("");
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
GB_FN float erfinv(float y) { return float(erfinv(double(y))); }

}  // namespace scalar
}  // namespace gb
