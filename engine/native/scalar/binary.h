// One formula per pointwise op of two or three inputs. T is float, double or i64 (all integers and bool; results
// wrap when they are stored). Names are those of rows in ops/pointwise.def.
#pragma once
#include "scalar/gamma.h"
#include "scalar/math.h"

namespace gb {
namespace scalar {

#define GB_OP template <class T> GB_FN

GB_OP T add(T a, T b) { return a + b; }
GB_OP T sub(T a, T b) { return a - b; }
GB_OP T addScaled(T a, T b, T alpha) { return mulAdd(alpha, b, a); }
GB_FN i64 add(i64 a, i64 b) { return i64(u64(a) + u64(b)); }
GB_FN i64 sub(i64 a, i64 b) { return i64(u64(a) - u64(b)); }
GB_FN i64 addScaled(i64 a, i64 b, i64 alpha) { return i64(u64(a) + u64(alpha) * u64(b)); }
GB_OP T mul(T a, T b) { return a * b; }
GB_FN i64 mul(i64 a, i64 b) { return i64(u64(a) * u64(b)); }
GB_OP T div(T a, T b) { return a / b; }

GB_OP T truncDivide(T a, T b) { return trunc(a / b); }
/** A zero divisor is refused before the loop; the most negative number over −1 wraps. */
GB_FN i64 truncDivide(i64 a, i64 b) { return b == -1 ? i64(-u64(a)) : a / b; }

/** Python's floor division: rounds the exact quotient, which floor(a / b) does not. */
GB_OP T floorDivide(T a, T b) {
  const T rest = fmod(a, b), exact = (a - rest) / b;
  const T quotient = choose((rest != T(0)) & ((b < T(0)) ^ (rest < T(0))), exact - T(1), exact);
  const T low = floor(quotient), whole = choose(quotient - low > T(0.5), low + T(1), low);
  return choose(b == T(0), a / b, choose(quotient == T(0), copysign(T(0), a / b), whole));
}
GB_FN i64 floorDivide(i64 a, i64 b) {
  if (b == -1) return i64(-u64(a));
  // One division: a device has none of its own for 64 bits.
  const i64 quotient = a / b, rest = a - quotient * b;
  return (rest != 0) & ((a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

/** The sign follows the dividend. */
GB_FN i64 fmod(i64 a, i64 b) { return b == -1 ? 0 : a % b; }
/** The sign follows the divisor. */
GB_OP T remainder(T a, T b) {
  const T rest = fmod(a, b);
  return choose((rest != T(0)) & ((b < T(0)) ^ (rest < T(0))), rest + b, rest);
}

/** Wraps; a negative exponent gives 0 except for the bases 1 and −1. */
GB_FN i64 pow(i64 a, i64 b) {
  if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
  u64 result = 1, base = u64(a);
  for (; b; b >>= 1) {
    if (b & 1) result *= base;
    base *= base;
  }
  return i64(result);
}

GB_OP T maximum(T a, T b) { return choose((a > b) | (a != a), a, b); }
GB_OP T minimum(T a, T b) { return choose((a < b) | (a != a), a, b); }
GB_OP T fmax(T a, T b) { return a > b || b != b ? a : b; }
GB_OP T fmin(T a, T b) { return a < b || b != b ? a : b; }

GB_OP T logaddexp(T a, T b) {
  const T high = choose(a > b, a, b);
  return choose((fabs(a) == T(Limits<float>::infinity)) & (a == b), a, high + log1pExp(fabs(a - b)));
}
GB_OP T logaddexp2(T a, T b) {
  const T high = choose(a > b, a, b);
  const T sum = high + log1p(exp2(-fabs(a - b))) * T(1.4426950408889634074);
  return choose((fabs(a) == T(Limits<float>::infinity)) & (a == b), a, sum);
}
GB_OP T xlogy(T a, T b) { return choose(b != b, b, choose(a == T(0), T(0), a * log(b))); }

/** 0 below zero (and for NaN, as in PyTorch), 1 above it, b at it. */
GB_OP T heaviside(T a, T b) { return a == T(0) ? b : T(a > T(0)); }

/** Results that do not fit wrap, as everywhere. */
GB_FN i64 gcd(i64 a, i64 b) {
  u64 x = a < 0 ? -u64(a) : u64(a), y = b < 0 ? -u64(b) : u64(b);
  while (y != 0) {
    const u64 rest = x % y;
    x = y;
    y = rest;
  }
  return i64(x);
}
GB_FN i64 lcm(i64 a, i64 b) {
  if (a == 0 || b == 0) return 0;
  const i64 product = i64(u64(a / gcd(a, b)) * u64(b));
  return product < 0 ? i64(-u64(product)) : product;
}

// clang-format off
GB_OP auto eq(T a, T b) { return a == b; }
GB_OP auto ne(T a, T b) { return a != b; }
GB_OP auto lt(T a, T b) { return a < b; }
GB_OP auto le(T a, T b) { return a <= b; }
GB_OP auto gt(T a, T b) { return a > b; }
GB_OP auto ge(T a, T b) { return a >= b; }
GB_OP auto logicalAnd(T a, T b) { return (a != T(0)) & (b != T(0)); }
GB_OP auto logicalOr(T a, T b) { return (a != T(0)) | (b != T(0)); }
GB_OP auto logicalXor(T a, T b) { return (a != T(0)) ^ (b != T(0)); }
GB_OP T bitwiseAnd(T a, T b) { return a & b; }
GB_OP T bitwiseOr(T a, T b) { return a | b; }
GB_OP T bitwiseXor(T a, T b) { return a ^ b; }
// clang-format on
/** Shifts by a negative count, or by all bits and more, leave 0 (left) or the sign (right). */
GB_OP T bitwiseLeftShift(T a, T b) { return b < 0 || b >= 64 ? 0 : T(u64(a) << b); }
GB_OP T bitwiseRightShift(T a, T b) { return b < 0 || b >= 64 ? (a < 0 ? -1 : 0) : a >> b; }

/** What losses make of two numbers: (a − b)², and d²/2 over `divisor` where d = |a − b| is below `edge`, else slope·(d − edge/2). */
GB_OP T squaredDifference(T a, T b) { return (a - b) * (a - b); }
GB_OP T bowl(T a, T b, T edge, T slope, T divisor) {
  const T d = fabs(a - b);
  return choose(d < edge, T(0.5) * d * d / divisor, slope * (d - T(0.5) * edge));
}
/** Their derivatives: the difference, at most `edge` to either side (NaN stays), times the gradient and `scale`. */
GB_OP T scaledDifference(T grad, T a, T b, T edge, T scale) {
  const T d = a - b;
  return choose(d < -edge, -edge, choose(d > edge, edge, d)) * (grad * scale);
}

GB_OP T lerp(T start, T end, T weight) {
  return choose(fabs(weight) < T(0.5), start + weight * (end - start), end - (end - start) * (T(1) - weight));
}
GB_OP T addcmul(T x, T a, T b, T value) { return x + value * a * b; }
GB_OP T addcdiv(T x, T a, T b, T value) { return x + value * a / b; }
GB_FN i64 addcmul(i64 x, i64 a, i64 b, i64 value) { return i64(u64(x) + u64(value) * u64(a) * u64(b)); }

#undef GB_OP

}  // namespace scalar
}  // namespace gb
