// One formula per pointwise op of one input, and per derivative of such an op. T is float or double, and i64 where
// the op takes integers. Names are those of rows in
// ops/pointwise.def.
#pragma once
#include "scalar/math.h"
#include "scalar/gamma.h"
#include "scalar/special.h"

namespace gb {
namespace scalar {

#define GB_OP template <class T> GB_FN

// clang-format off
GB_OP T neg(T x) { return -x; }
GB_OP T abs(T x) { return choose(x < T(0), T(-x), choose(x == T(0), T(0), x)); }
GB_OP T sign(T x) { return choose(x > T(0), T(1), choose(x < T(0), T(-1), T(0))); }
GB_OP T square(T x) { return x * x; }
GB_OP T cube(T x) { return x * x * x; }
GB_OP T inverseSquare(T x) { return T(1) / (x * x); }
GB_OP T reciprocal(T x) { return T(1) / x; }
GB_OP T rsqrt(T x) { return T(1) / sqrt(x); }
GB_OP T frac(T x) { return x - trunc(x); }
GB_OP T round(T x) { return rint(x); }
/** `up` and `down` are powers of ten, one of them 1. */
GB_OP T roundScaled(T x, T up, T down) { return rint(x * up / down) * down / up; }
GB_OP auto isinf(T x) { return fabs(x) == T(Limits<float>::infinity); }
GB_OP auto isfinite(T x) { return fabs(x) < T(Limits<float>::infinity); }
GB_OP auto logicalNot(T x) { return x == T(0); }
GB_OP T bitwiseNot(T x) { return ~x; }
// clang-format on

// A NaN fails every comparison: the branch it falls into must hand it on.
GB_OP T relu(T x) { return choose(x < T(0), T(0), x); }
GB_OP T relu6(T x) { return choose(x < T(0), T(0), choose(x > T(6), T(6), x)); }
GB_OP T sigmoid(T x) { return T(1) / (T(1) + exp(-x)); }
/** x is kept between eps and 1 − eps first; a NaN keeps it as it is. */
GB_OP T logit(T x, T eps) {
  const T y = choose(x < eps, eps, choose(x > T(1) - eps, T(1) - eps, x));
  return log(y / (T(1) - y));
}
GB_OP bool signbit(T x) { return copysign(T(1), x) < T(0); }
GB_FN bool signbit(i64 x) { return x < 0; }
GB_OP T logSigmoid(T x) { return choose(x > T(0), T(0), x) - log1pExp(fabs(x)); }
GB_OP T silu(T x) { return x / (T(1) + exp(-x)); }
GB_OP T softplus(T x, T beta, T limit) {
  const T y = x * beta;
  return choose(y > limit, x, (choose(y > T(0), y, T(0)) + log1pExp(fabs(y))) / beta);
}
/** tanh(log(1 + e)) is n / (n + 2) with n = e·(e + 2); from 30 on it is 1. */
GB_OP T mish(T x) {
  const T e = exp(choose(x > T(30), T(30), x)), n = e * (e + T(2));
  return x * (n / (n + T(2)));
}
GB_OP T softsign(T x) { return x / (T(1) + fabs(x)); }
GB_OP T clampTo(T x, T low, T high) { return choose(x < low, low, choose(x > high, high, x)); }
GB_OP T hardsigmoid(T x) { return clampTo(x + T(3), T(0), T(6)) / T(6); }
GB_OP T hardswish(T x) { return x * clampTo(x + T(3), T(0), T(6)) / T(6); }
GB_OP T tanhshrink(T x) { return x - tanh(x); }
GB_OP T gelu(T x) { return x * T(0.5) * (T(1) + erf(x * T(0.70710678118654752440))); }
/** (1 + tanh u) / 2 = 1 / (1 + e^−2u), which cancels nowhere. */
GB_OP T geluTanh(T x) { return x / (T(1) + exp(T(-1.5957691216057307) * (x + T(0.044715) * x * x * x))); }
GB_OP T leakyRelu(T x, T slope) { return choose(x > T(0), x, x * slope); }
GB_OP T elu(T x, T alpha, T scale, T inputScale) {
  return choose(x > T(0), x * scale, expm1(x * inputScale) * (alpha * scale));
}
GB_OP T hardshrink(T x, T lambda) { return choose((x >= -lambda) & (x <= lambda), T(0), x); }
GB_OP T softshrink(T x, T lambda) {
  return choose(x > lambda, x - lambda, choose(x < -lambda, x + lambda, x * T(0)));
}
GB_OP T hardtanh(T x, T low, T high) { return clampTo(x, low, high); }
GB_OP T threshold(T x, T limit, T value) { return choose(x <= limit, value, x); }
/** An absent bound is NaN (for integers: the end of their range). PyTorch's order: the upper bound wins. */
GB_OP T clamp(T x, T low, T high) {
  const T y = choose(x < low, low, x);
  return choose(y > high, high, y);
}
GB_OP T nanToNum(T x, T nan, T positive, T negative) {
  const T infinity = T(Limits<float>::infinity);
  return choose(x != x, nan, choose(x == infinity, positive, choose(x == -infinity, negative, x)));
}

// Derivatives: g is the gradient of the result; y the result, x the input.
GB_OP T sigmoidBackward(T g, T y) { return g * y * (T(1) - y); }
GB_OP T tanhBackward(T g, T y) { return g * mulAdd(-y, y, T(1)); }
GB_OP T reluBackward(T g, T y) { return choose(y <= T(0), T(0), g); }
GB_OP T siluBackward(T g, T x) {
  const T s = sigmoid(x);
  return g * s * mulAdd(x, T(1) - s, T(1));
}
/** With mish's e and n: n / (n + 2) + 4x·e·(e + 1) / (n + 2)². */
GB_OP T mishBackward(T g, T x) {
  const T y = choose(x > T(30), T(30), x);
  const T e = exp(y), n = e * (e + T(2)), w = T(1) / (n + T(2));
  return g * (w * mulAdd(T(4) * y, e * (e + T(1)) * w, n));
}
GB_OP T softsignBackward(T g, T x) {
  const T d = T(1) + fabs(x);
  return g / (d * d);
}
GB_OP T hardsigmoidBackward(T g, T x) {
  return choose((x > T(-3)) & (x < T(3)), g * T(1.0f / 6.0f), T(0));  // PyTorch's sixth
}
GB_OP T hardswishBackward(T g, T x) {
  return choose(x <= T(-3), T(0), choose(x < T(3), g * (x / T(3) + T(0.5)), g));
}
GB_OP T geluBackward(T g, T x) {
  const Normal<T> at = normal(x);
  return g * mulAdd(x, at.pdf, at.cdf);
}
GB_OP T geluTanhBackward(T g, T x) {
  const T k = T(1.5957691216057307);
  const T s = sigmoid(k * (x + T(0.044715) * x * x * x));
  return g * s * mulAdd(x * (T(1) - s), k * mulAdd(T(3 * 0.044715) * x, x, T(1)), T(1));
}
GB_OP T logSigmoidBackward(T g, T x) { return g / (T(1) + exp(x)); }
GB_OP T leakyReluBackward(T g, T x, T slope) { return choose(x > T(0), g, g * slope); }
GB_OP T eluBackward(T g, T x, T alpha, T scale, T inputScale) {
  return choose(x <= T(0), g * (inputScale * alpha * scale) * exp(x * inputScale), g * scale);
}
GB_OP T softplusBackward(T g, T x, T beta, T limit) {
  const T z = exp(x * beta);
  return choose(x * beta > limit, g, g * z / (z + T(1)));
}
GB_OP T hardshrinkBackward(T g, T x, T lambda) { return choose((x >= -lambda) & (x <= lambda), T(0), g); }
GB_OP T softshrinkBackward(T g, T x, T lambda) { return choose((x >= -lambda) & (x <= lambda), T(0), g); }
GB_OP T hardtanhBackward(T g, T x, T low, T high) { return choose((x <= low) | (x >= high), T(0), g); }
GB_OP T thresholdBackward(T g, T x, T limit) { return choose(x <= limit, T(0), g); }
/** At a bound itself nothing flows, as in PyTorch from 2.15 on. */
GB_OP T clampBackward(T g, T x, T low, T high) { return choose((x <= low) | (x >= high) | (x != x), T(0), g); }

#undef GB_OP

}  // namespace scalar
}  // namespace gb
