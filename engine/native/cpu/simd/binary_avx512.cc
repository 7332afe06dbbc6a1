#if defined(__x86_64__)
#define GB_TARGET_AVX512
#include "cpu/simd/target.h"
//
#include "cpu/simd/pointwise.h"

GB_TARGET_BEGIN
#include "cpu/simd/binary.inc"
GB_TARGET_END
#endif
