#include "cpu/simd/target.h"
//
#include "cpu/simd/loss.h"

GB_TARGET_BEGIN
#include "cpu/simd/loss.inc"
GB_TARGET_END
