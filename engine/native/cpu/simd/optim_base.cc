#include "cpu/simd/target.h"
//
#include "cpu/simd/optim.h"

GB_TARGET_BEGIN
#include "cpu/simd/optim.inc"
GB_TARGET_END
