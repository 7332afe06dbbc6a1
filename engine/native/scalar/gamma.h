// The incomplete gamma functions, the scaled complement of erf, the quantiles of the normal distribution. In double: what is asked
// in float is rounded once.
#pragma once
#include "scalar/special.h"

namespace gb {
namespace scalar {

/** log(1 + t) − t, without the cancellation of small t. */
GB_LONG_FN double log1pMinus(double t) {
  if (fabs(t) > 0.25) return log1p(t) - t;
  double power = t, sum = 0;
  for (int k = 2; k < 60; k++) {
    power *= -t;
    const double term = power / k;
    sum += term;
    if (fabs(term) < 1e-17 * fabs(sum)) break;
  }
  return sum;
}

/** x^a e^−x / Γ(a + 1): of a large a by Stirling's series, so that nothing large cancels. */
GB_LONG_FN double gammaWeight(double a, double x) {
  if (a < 12) return exp(a * log(x) - x - lgamma(a + 1));
  const double z = 1 / (a * a);
  const double correction = (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188))))) / a;
  return exp(a * log1pMinus((x - a) / a) - correction) * 0.39894228040143267794 / sqrt(a);
}

/** The lower function by its power series, Σ xⁿ / ((a + 1) … (a + n)). */
GB_LONG_FN double lowerBySeries(double a, double x) {
  double term = 1, sum = 1;
  for (int n = 1; n < 4000; n++) {
    term *= x / (a + n);
    sum += term;
    if (term < 1e-17 * sum) break;
  }
  return gammaWeight(a, x) * sum;
}

/** The upper function of a small x, where 1 less the lower one would lose its digits. */
GB_LONG_FN double upperBySeries(double a, double x) {
  double factor = 1, sum = 0;
  for (int n = 1; n < 200; n++) {
    factor *= -x / n;
    const double term = factor / (a + n);
    sum += term;
    if (fabs(term) < 1e-17 * fabs(sum)) break;
  }
  const double weight = a * log(x) - lgamma(a);
  return -expm1(weight - log(a)) - exp(weight) * sum;
}

/** The upper function by Legendre's continued fraction, from the front (Lentz). */
GB_LONG_FN double upperByFraction(double a, double x) {
  const double least = 1e-300;
  double b = x + 1 - a, c = 1 / least, d = 1 / b, result = d;
  for (int n = 1; n < 4000; n++) {
    const double numerator = -n * (n - a);
    b += 2;
    d = numerator * d + b;
    if (fabs(d) < least) d = least;
    c = b + numerator / c;
    if (fabs(c) < least) c = least;
    d = 1 / d;
    const double factor = d * c;
    result *= factor;
    if (fabs(factor - 1) < 1e-16) break;
  }
  return gammaWeight(a, x) * a * result;
}

/** The upper (or lower) function of a large a near x, by Temme's uniform expansion. */
GB_LONG_FN double gammaByTemme(double a, double x, bool upper) {
  const double c[3][14] = {
      {-3.3333333333333333e-1, 8.3333333333333333e-2, -1.4814814814814815e-2, 1.1574074074074074e-3, 3.527336860670194e-4,
       -1.7875514403292181e-4, 3.9192631785224378e-5, -2.1854485106799922e-6, -1.85406221071516e-6, 8.296711340953086e-7,
       -1.7665952736826079e-7, 6.7078535434014986e-9, 1.0261809784240308e-8, -4.3820360184533532e-9},
      {-1.8518518518518519e-3, -3.4722222222222222e-3, 2.6455026455026455e-3, -9.9022633744855967e-4, 2.0576131687242798e-4,
       -4.0187757201646091e-7, -1.8098550334489978e-5, 7.6491609160811101e-6, -1.6120900894563446e-6, 4.6471278028074343e-9,
       1.378633446915721e-7, -5.752545603517705e-8, 1.1951628599778147e-8, 0},
      {4.1335978835978836e-3, -2.6813271604938272e-3, 7.7160493827160494e-4, 2.0093878600823045e-6, -1.0736653226365161e-4,
       5.2923448829120125e-5, -1.2760635188618728e-5, 3.4235787340961381e-8, 1.3721957309062933e-6, -6.298992138380055e-7,
       1.4280614206064242e-7, 0, 0, 0}};
  const double t = (x - a) / a;
  const double eta = copysign(sqrt(-2 * log1pMinus(t)), t);
  double sum = 0, scale = 1;
  for (int k = 0; k < 3; k++) {
    double of = 0;
    for (int n = 13; n >= 0; n--) of = of * eta + c[k][n];
    sum += of * scale;
    scale /= a;
  }
  const double rest = exp(-0.5 * a * eta * eta) * sum * 0.39894228040143267794 / sqrt(a);
  return upper ? 0.5 * erfc(eta * sqrt(a / 2)) + rest : 0.5 * erfc(-eta * sqrt(a / 2)) - rest;
}

GB_LONG_FN double gammaPart(double a, double x, bool upper) {
  const double infinity = Limits<double>::infinity, none = upper ? 1 : 0;
  if (!(a >= 0 && x >= 0)) return Limits<double>::nan;
  if (a == 0) return x > 0 ? 1 - none : Limits<double>::nan;
  if (x == 0) return none;
  if (a == infinity) return x == infinity ? Limits<double>::nan : none;
  if (x == infinity) return 1 - none;
  if (a > 1000 && fabs(x - a) < 0.2 * a) return gammaByTemme(a, x, upper);
  if (upper && x <= 1.1 && (x <= 0.5 ? -0.4 / log(x) >= a : x * 1.1 >= a)) return upperBySeries(a, x);
  if (x <= 1 || x <= a) {
    const double lower = lowerBySeries(a, x);
    return upper ? 1 - lower : lower;
  }
  const double above = upperByFraction(a, x);
  return upper ? above : 1 - above;
}
GB_FN double gammainc(double a, double x) { return gammaPart(a, x, false); }
GB_FN double gammaincc(double a, double x) { return gammaPart(a, x, true); }
GB_FN float gammainc(float a, float x) { return float(gammaPart(double(a), double(x), false)); }
GB_FN float gammaincc(float a, float x) { return float(gammaPart(double(a), double(x), true)); }
GB_FN float zeta(float x, float q) { return float(zeta(double(x), double(q))); }

/** exp(x²) · erfc x: by these up to 5, then by Laplace's continued fraction from the back. */
GB_LONG_FN double erfcx(double x) {
  if (x < 5) return x < -26.7 ? Limits<double>::infinity : exp(x * x) * erfc(x);
  const double scale = 0.56418958354775628695;
  if (x > 1e8) return scale / x;
  double fraction = x;
  for (int k = 40; k > 0; k--) fraction = x + 0.5 * k / fraction;
  return x != x ? x : scale / fraction;
}
GB_FN float erfcx(float x) { return float(erfcx(double(x))); }

/** The number below which a standard normal one lies with chance p: Acklam's rational start, then Halley's step. */
GB_LONG_FN double ndtri(double p) {
  if (!(p >= 0 && p <= 1)) return Limits<double>::nan;
  if (p == 0 || p == 1) return p == 0 ? -Limits<double>::infinity : Limits<double>::infinity;
  // 1 − p is exact above one half.
  const bool high = p > 0.5;
  const double q = high ? 1 - p : p;
  double x;
  if (q < 0.02425) {
    const double r = sqrt(-2 * log(q));
    const double above = ((((-7.784894002430293e-03 * r - 3.223964580411365e-01) * r - 2.400758277161838e+00) * r -
                           2.549732539343734e+00) * r + 4.374664141464968e+00) * r + 2.938163982698783e+00;
    x = above / ((((7.784695709041462e-03 * r + 3.224671290700398e-01) * r + 2.445134137142996e+00) * r + 3.754408661907416e+00) * r + 1);
  } else {
    const double r = q - 0.5, s = r * r;
    const double above = ((((-3.969683028665376e+01 * s + 2.209460984245205e+02) * s - 2.759285104469687e+02) * s +
                           1.383577518672690e+02) * s - 3.066479806614716e+01) * s + 2.506628277459239e+00;
    const double below = ((((-5.447609879822406e+01 * s + 1.615858368580409e+02) * s - 1.556989798598866e+02) * s +
                           6.680131188771972e+01) * s - 1.328068155288572e+01) * s + 1;
    x = above * r / below;
  }
  for (int step = 0; step < 2; step++) {
    // (Φ(x) − q) / φ(x), by the scaled function, which neither runs full nor empty.
    const double u = 1.25331413731550025121 * erfcx(-x * 0.70710678118654752440) - 2.50662827463100050242 * exp(log(q) + 0.5 * x * x);
    x -= u / (1 + 0.5 * x * u);
  }
  return high ? -x : x;
}
GB_FN float ndtri(float p) { return float(ndtri(double(p))); }

}  // namespace scalar
}  // namespace gb
