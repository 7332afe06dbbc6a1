// Code for one processor family. A kernel's text (a .inc file) is compiled several times, each time by a .cc file that
// names a target; the best that the processor has is chosen when the program starts (cpu/simd/choose.h).
//
//   #define GB_TARGET_AVX2            (or nothing: what every processor of the architecture has)
//   #include "cpu/simd/target.h"      first line; standard headers come before the target is set
//   GB_TARGET_BEGIN
//   #include "cpu/simd/pointwise.inc"
//   GB_TARGET_END
//
// Everything in such a text is in namespace GB_TARGET or static, so that the linker can never hand its code to a
// processor that lacks the instructions. Standard templates have no place in it for the same reason.
#pragma once
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "scalar/half.h"

#if defined(GB_TARGET_VNNI)
#define GB_TARGET vnni
#define GB_VECTOR_BYTES 64
#define GB_FMA 1
#define GB_F16C 1
#define GB_TARGET_FLAGS "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"
#elif defined(GB_TARGET_AVX512)
#define GB_TARGET avx512
#define GB_VECTOR_BYTES 64
#define GB_FMA 1
#define GB_F16C 1
#define GB_TARGET_FLAGS "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"
#elif defined(GB_TARGET_AVX2)
#define GB_TARGET avx2
#define GB_VECTOR_BYTES 32
#define GB_FMA 1
#define GB_F16C 1
#define GB_TARGET_FLAGS "avx2,fma,f16c"
#else
#define GB_TARGET base
#define GB_VECTOR_BYTES 16
#if defined(__aarch64__)
#define GB_FMA 1
#else
#define GB_FMA 0
#endif
#define GB_F16C 0
#endif

#define GB_PRAGMA(text) _Pragma(#text)
#if !defined(GB_TARGET_FLAGS)
#define GB_TARGET_BEGIN
#define GB_TARGET_END
#elif defined(__clang__)
#define GB_PRAGMA_TARGET(flags) GB_PRAGMA(clang attribute push(__attribute__((target(flags))), apply_to = function))
#define GB_TARGET_BEGIN GB_PRAGMA_TARGET(GB_TARGET_FLAGS)
#define GB_TARGET_END _Pragma("clang attribute pop")
#else
#define GB_PRAGMA_TARGET(flags) GB_PRAGMA(GCC target(flags))
#define GB_TARGET_BEGIN _Pragma("GCC push_options") GB_PRAGMA_TARGET(GB_TARGET_FLAGS)
#define GB_TARGET_END _Pragma("GCC pop_options")
#endif

/** The iterations of the loop that follows do not depend on each other (a result may stand in its input's place). */
#if defined(__clang__)
#define GB_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define GB_INDEPENDENT _Pragma("GCC ivdep")
#endif
