#include "cpu/simd/choose.h"

#include <cstdlib>
#include <cstring>

namespace gb {
namespace {

Simd detect() {
#if defined(__x86_64__)
  Simd best = Simd::Base;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) best = Simd::Avx2;
  if (best == Simd::Avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    best = Simd::Avx512;
  }
  if (const char* wish = std::getenv("GRADBOOK_SIMD")) {
    if (!std::strcmp(wish, "base")) best = Simd::Base;
    if (!std::strcmp(wish, "avx2") && best == Simd::Avx512) best = Simd::Avx2;
  }
  return best;
#else
  return Simd::Base;
#endif
}

}  // namespace

Simd simd() {
  static const Simd best = detect();
  return best;
}

const char* simdName() {
#if defined(__aarch64__)
  return "neon";
#elif defined(__x86_64__)
  return simd() == Simd::Avx512 ? "avx512" : simd() == Simd::Avx2 ? "avx2" : "sse2";
#else
  return "none";
#endif
}

}  // namespace gb
