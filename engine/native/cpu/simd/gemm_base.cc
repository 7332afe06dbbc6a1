#include "cpu/simd/target.h"
//
#include "cpu/simd/gemm.h"

GB_TARGET_BEGIN
#include "cpu/simd/gemm.inc"
GB_TARGET_END
