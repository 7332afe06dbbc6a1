#include "cpu/simd/target.h"
//
#include "cpu/simd/quantized.h"

GB_TARGET_BEGIN
#include "cpu/simd/quantized.inc"
GB_TARGET_END
