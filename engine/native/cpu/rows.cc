#include "cpu/simd/choose.h"
#include "cpu/simd/rows.h"

namespace gb {

template <>
const RowLoops<float>& rowLoops<float>() {
#if defined(__x86_64__)
  if (simd() == Simd::Avx512) return avx512::rowsF32;
#endif
  return GB_CHOOSE(rowsF32);
}
template <>
const RowLoops<double>& rowLoops<double>() {
#if defined(__x86_64__)
  if (simd() == Simd::Avx512) return avx512::rowsF64;
#endif
  return GB_CHOOSE(rowsF64);
}

}  // namespace gb
