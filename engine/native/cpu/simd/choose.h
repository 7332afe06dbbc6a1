// Which of the compiled targets this processor can run.
#pragma once

namespace gb {

enum class Simd { Base, Avx2, Avx512 };

/** The best target of this machine; GRADBOOK_SIMD=base|avx2|avx512 lowers it (for tests). */
Simd simd();
/** For people: "avx2", "neon", … */
const char* simdName();

/** GB_CHOOSE(name): the best version of a table or function that exists for base and avx2. */
#if defined(__x86_64__)
#define GB_CHOOSE(NAME) (::gb::simd() == ::gb::Simd::Base ? ::gb::base::NAME : ::gb::avx2::NAME)
#else
#define GB_CHOOSE(NAME) (::gb::base::NAME)
#endif

}  // namespace gb
