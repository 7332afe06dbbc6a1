#include "cpu/simd/target.h"
//
#include "cpu/simd/rnn.h"

GB_TARGET_BEGIN
#include "cpu/simd/rnn.inc"
GB_TARGET_END
