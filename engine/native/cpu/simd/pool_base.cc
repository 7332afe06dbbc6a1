#include "cpu/simd/target.h"
//
#include "cpu/simd/pool.h"

GB_TARGET_BEGIN
#include "cpu/simd/pool.inc"
GB_TARGET_END
