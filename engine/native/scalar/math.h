// Elementary functions for the formulas beside this file, in float and double, on the host and on a device.
//
// On the host, float versions of the functions that training uses most are polynomials without branches, so that the
// compiler turns a loop over them into SIMD code; they stay within about 2 units in the last place. Everything in
// double, and what is seldom used, is the C library's. A file that includes this one may be compiled for a processor
// that the rest is not compiled for: everything is `static` and inlined by force, so that no such code leaks out.
//
// Macros that the including file may set: GB_FMA 1 where fused multiply-add is one instruction.
#pragma once

#if defined(__CUDACC__)
#define GB_FN static __device__ __forceinline__
// So long that a call is nothing beside it, and that its text for each of a thread's elements would take seconds to compile.
#define GB_LONG_FN static __device__ __noinline__
// On a device these are functions of the compiler's own, outside of any namespace.
#define GB_BUILTIN(NAME) ::NAME
#define GB_FROM_BITS(TYPE, BITS, HOST) __builtin_bit_cast(TYPE, BITS)
#else
#define GB_FN static inline __attribute__((always_inline))
#define GB_LONG_FN GB_FN
#define GB_BUILTIN(NAME) __builtin_##NAME
#define GB_FROM_BITS(TYPE, BITS, HOST) HOST
#endif

namespace gb {
namespace scalar {

using i32 = int;
using u32 = unsigned int;
#if defined(__CUDACC__)
using i64 = long long;
using u64 = unsigned long long;
#else
using i64 = __INT64_TYPE__;  // the same type as int64_t
using u64 = __UINT64_TYPE__;
#endif

template <class T>
struct Limits;
template <>
struct Limits<float> {
  static constexpr float infinity = GB_FROM_BITS(float, 0x7f800000u, __builtin_huge_valf());
  static constexpr float max = 3.402823466e+38f;
};
template <>
struct Limits<double> {
  static constexpr double infinity = GB_FROM_BITS(double, u64(0x7ff0000000000000), __builtin_huge_val());
  static constexpr double nan = GB_FROM_BITS(double, u64(0x7ff8000000000000), __builtin_nan(""));
  static constexpr double max = 1.7976931348623157e+308;
};

#if !defined(__CUDACC__)  // bit patterns are used by the polynomials of the host alone
GB_FN u32 bits(float x) {
  u32 u;
  __builtin_memcpy(&u, &x, 4);
  return u;
}
GB_FN float fromBits(u32 u) {
  float x;
  __builtin_memcpy(&x, &u, 4);
  return x;
}
#endif

/** a·b + c; rounded once where the processor does that in one instruction. */
GB_FN float mulAdd(float a, float b, float c) {
#if GB_FMA || defined(__CUDACC__)
  return GB_BUILTIN(fmaf)(a, b, c);
#else
  return a * b + c;
#endif
}
GB_FN double mulAdd(double a, double b, double c) {
#if GB_FMA || defined(__CUDACC__)
  return GB_BUILTIN(fma)(a, b, c);
#else
  return a * b + c;
#endif
}

#define GB_LIBRARY_1(NAME)                                        \
  GB_FN float NAME(float x) { return GB_BUILTIN(NAME##f)(x); }    \
  GB_FN double NAME(double x) { return GB_BUILTIN(NAME)(x); }
#define GB_LIBRARY_2(NAME)                                                      \
  GB_FN float NAME(float x, float y) { return GB_BUILTIN(NAME##f)(x, y); }      \
  GB_FN double NAME(double x, double y) { return GB_BUILTIN(NAME)(x, y); }

GB_LIBRARY_1(sqrt)
GB_LIBRARY_1(fabs)
GB_LIBRARY_1(floor)
GB_LIBRARY_1(ceil)
GB_LIBRARY_1(trunc)
GB_LIBRARY_1(rint)
GB_LIBRARY_1(exp2)
GB_LIBRARY_1(log2)
GB_LIBRARY_1(log10)
GB_LIBRARY_1(sin)
GB_LIBRARY_1(cos)
GB_LIBRARY_1(tan)
GB_LIBRARY_1(asin)
GB_LIBRARY_1(acos)
GB_LIBRARY_1(atan)
GB_LIBRARY_1(sinh)
GB_LIBRARY_1(cosh)
GB_LIBRARY_1(asinh)
GB_LIBRARY_1(acosh)
GB_LIBRARY_1(atanh)
GB_LIBRARY_1(erfc)
GB_LIBRARY_1(lgamma)
GB_LIBRARY_2(pow)
GB_LIBRARY_2(fmod)
GB_LIBRARY_2(atan2)
GB_LIBRARY_2(hypot)
GB_LIBRARY_2(copysign)
GB_LIBRARY_2(nextafter)

/** mask ? a : b, also where T is a vector (cpu/simd/lanes.inc). */
template <class T>
GB_FN T choose(bool mask, T a, T b) {
  return mask ? a : b;
}

GB_FN bool isnan(float x) { return x != x; }
GB_FN bool isnan(double x) { return x != x; }

GB_FN double exp(double x) { return GB_BUILTIN(exp)(x); }
GB_FN double expm1(double x) { return GB_BUILTIN(expm1)(x); }
GB_FN double log(double x) { return GB_BUILTIN(log)(x); }
GB_FN double log1p(double x) { return GB_BUILTIN(log1p)(x); }
GB_FN double tanh(double x) { return GB_BUILTIN(tanh)(x); }
GB_FN double erf(double x) { return GB_BUILTIN(erf)(x); }

#if defined(__CUDACC__)

GB_FN float exp(float x) { return GB_BUILTIN(expf)(x); }
GB_FN float expm1(float x) { return GB_BUILTIN(expm1f)(x); }
GB_FN float log(float x) { return GB_BUILTIN(logf)(x); }
GB_FN float log1p(float x) { return GB_BUILTIN(log1pf)(x); }
GB_FN float tanh(float x) { return GB_BUILTIN(tanhf)(x); }
GB_FN float erf(float x) { return GB_BUILTIN(erff)(x); }

#else

/** 2^n for n of the normal range, from the integer. */
GB_FN float powerOfTwo(i32 n) { return fromBits(u32(n + 127) << 23); }

/** Splits x = n·ln 2 + r with |r| ≤ ln 2 / 2, and gives e^r − 1 − r. */
struct Reduced {
  i32 n;
  float r, tail;
};
GB_FN Reduced reduceExp(float x) {
  const float magic = 12582912.0f;  // adding it rounds to a whole number
  const float shifted = mulAdd(x, 1.44269504088896341f, magic);
  const float whole = shifted - magic;
  float r = mulAdd(whole, -0.693359375f, x);
  r = mulAdd(whole, 2.12194440e-4f, r);
  float p = 1.9875691500e-4f;  // Cephes' expf
  p = mulAdd(p, r, 1.3981999507e-3f);
  p = mulAdd(p, r, 8.3334519073e-3f);
  p = mulAdd(p, r, 4.1665795894e-2f);
  p = mulAdd(p, r, 1.6666665459e-1f);
  p = mulAdd(p, r, 5.0000001201e-1f);
  return {i32(bits(shifted)) - 0x4b400000, r, p * r * r};
}

GB_FN float exp(float x) {
  x = x > 89.0f ? 89.0f : x;
  x = x < -104.0f ? -104.0f : x;
  const Reduced k = reduceExp(x);
  const i32 half = k.n >> 1;  // in two steps, since 2^n may lie outside the normal range
  return (1.0f + (k.r + k.tail)) * powerOfTwo(half) * powerOfTwo(k.n - half);
}

GB_FN float expm1(float x) {
  const float y = x > 89.0f ? 89.0f : x < -30.0f ? -30.0f : x;
  const Reduced k = reduceExp(y);
  const float half = powerOfTwo(k.n - 1);
  const float result = 2.0f * mulAdd(half, k.r + k.tail, half - 0.5f);
  return x == 0.0f ? x : result;
}

GB_FN float log(float x) {
  const bool small = x < 1.17549435e-38f;
  const u32 shifted = bits(small ? x * 8388608.0f : x) + (0x3f800000u - 0x3f3504f3u);
  const float e = float(i32(shifted >> 23) - (small ? 150 : 127));
  const float m = fromBits((shifted & 0x7fffffu) + 0x3f3504f3u) - 1.0f;  // √½ … √2, less one
  float p = 7.0376836292e-2f;                                            // Cephes' logf
  p = mulAdd(p, m, -1.1514610310e-1f);
  p = mulAdd(p, m, 1.1676998740e-1f);
  p = mulAdd(p, m, -1.2420140846e-1f);
  p = mulAdd(p, m, 1.4249322787e-1f);
  p = mulAdd(p, m, -1.6668057665e-1f);
  p = mulAdd(p, m, 2.0000714765e-1f);
  p = mulAdd(p, m, -2.4999993993e-1f);
  p = mulAdd(p, m, 3.3333331174e-1f);
  const float z = m * m;
  float y = p * m * z;
  y = mulAdd(e, -2.12194440e-4f, y);
  y = mulAdd(-0.5f, z, y);
  float result = mulAdd(e, 0.693359375f, m + y);
  result = x == 0.0f ? -Limits<float>::infinity : result;
  result = x < 0.0f ? __builtin_nanf("") : result;
  return x == Limits<float>::infinity || isnan(x) ? x : result;
}

GB_FN float log1p(float x) {
  const float u = 1.0f + x;
  const float lost = (x - (u - 1.0f)) / u;
  const float result = log(u) + lost;
  return u == 1.0f || x == Limits<float>::infinity ? x : x == -1.0f ? -Limits<float>::infinity : result;
}

GB_FN float tanh(float x) {
  const float a = fabs(x);
  const float t = expm1(2.0f * (a > 10.0f ? 10.0f : a));
  return copysign(t / (t + 2.0f), x);
}

/** After N. Juffa: two polynomials that meet at 0.93, within 1 unit in the last place. */
GB_FN float erf(float x) {
  const float t = fabs(x);
  const float s = x * x;
  float far = mulAdd(-1.72853470e-5f, t, 3.83197126e-4f);
  far = mulAdd(far, s, mulAdd(-3.88396438e-3f, t, 2.42546219e-2f));
  far = mulAdd(far, t, -1.06777877e-1f);
  far = mulAdd(far, t, -6.34846687e-1f);
  far = mulAdd(far, t, -1.28717512e-1f);
  far = mulAdd(far, t, -t);
  far = copysign(1.0f - exp(far), x);
  float near = -5.96761703e-4f;
  near = mulAdd(near, s, 4.99119423e-3f);
  near = mulAdd(near, s, -2.67681349e-2f);
  near = mulAdd(near, s, 1.12819925e-1f);
  near = mulAdd(near, s, -3.76125336e-1f);
  near = mulAdd(near, s, 1.28379166e-1f);
  near = mulAdd(near, x, x);
  return t > 0.927734375f ? (t > 4.0f ? copysign(1.0f, x) : far) : near;
}

#endif

/** log(1 + e^−x) for x ≥ 0. */
template <class T>
GB_FN T log1pExp(T x) {
  return log1p(exp(-x));
}

#undef GB_LIBRARY_1
#undef GB_LIBRARY_2

}  // namespace scalar
}  // namespace gb
