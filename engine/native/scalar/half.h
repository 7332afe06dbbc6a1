// Two-byte floating-point numbers: only storage and conversion; arithmetic runs in float. No header but
// <cstdint>, so that the same text serves NVRTC, which has none.
#pragma once
#if !defined(__CUDACC_RTC__)
#include <cstdint>
#endif

namespace gb {

#if defined(__CUDACC_RTC__)
using uint16_t = unsigned short;
using uint32_t = unsigned int;
#endif

struct Half {
  uint16_t bits;
};
struct BFloat16 {
  uint16_t bits;
};

#if defined(__CUDACC_RTC__)
inline uint32_t bitsOf(float x) { return __builtin_bit_cast(uint32_t, x); }
inline float floatOf(uint32_t u) { return __builtin_bit_cast(float, u); }
#else
inline uint32_t bitsOf(float x) {
  uint32_t u;
  __builtin_memcpy(&u, &x, 4);
  return u;
}
inline float floatOf(uint32_t u) {
  float x;
  __builtin_memcpy(&x, &u, 4);
  return x;
}
#endif

/** Exact. Scaling by 2^112 rebuilds the exponent of normal and subnormal numbers alike, without branches. */
inline float toFloat(Half h) {
  const uint32_t sign = uint32_t(h.bits & 0x8000) << 16;
  const uint32_t body = uint32_t(h.bits & 0x7fff) << 13;
  const uint32_t scaled = bitsOf(floatOf(body) * 0x1p112f);
  const uint32_t special = body | 0x7f800000;  // infinity and NaN keep their fraction
  return floatOf(sign | ((h.bits & 0x7c00) == 0x7c00 ? special : scaled));
}

/** Rounds half to even. Without branches, so that loops over it become SIMD code. */
inline Half toHalf(float x) {
  const uint32_t u = bitsOf(x);
  const uint32_t sign = (u >> 16) & 0x8000;
  const uint32_t body = u & 0x7fffffff;
  const uint32_t nan = 0x7e00 | ((body >> 13) & 0x1ff);
  const uint32_t subnormal = bitsOf(floatOf(body) + 0.5f) - 0x3f000000;  // the addition rounds at the right bit
  const uint32_t normal = (body - 0x38000000 + 0xfff + ((body >> 13) & 1)) >> 13;
  const uint32_t finite = body < 0x38800000 ? subnormal : normal;
  const uint32_t magnitude = body > 0x7f800000 ? nan : body >= 0x477ff000 ? 0x7c00 : finite;
  return {uint16_t(sign | magnitude)};
}

inline float toFloat(BFloat16 b) { return floatOf(uint32_t(b.bits) << 16); }

/** Rounds half to even; NaN becomes PyTorch's 0x7fc0. */
inline BFloat16 toBFloat16(float x) {
  const uint32_t u = bitsOf(x);
  const uint32_t rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
  return {uint16_t((u & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : rounded)};
}

}  // namespace gb
