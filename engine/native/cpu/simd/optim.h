// Loops of optimiser steps over contiguous runs, one table per target.
#pragma once
#include <cstdint>

#include "ops/optim.h"

namespace gb {

/** buffer may be null. */
template <class T>
using SgdLoop = void (*)(T* param, const T* grad, T* buffer, bool fresh, int64_t n, const SgdOptions& options);

/** Up to three states; constants as the formula takes them (scalar/optim.h). */
template <class T>
using StepLoop = void (*)(T* param, const T* grad, T* const* states, int64_t n, const double* constants);

namespace base {
extern const StepLoop<float> stepsF32[kSteps];
extern const StepLoop<double> stepsF64[kSteps];
extern const SgdLoop<float> sgdF32;
extern const SgdLoop<double> sgdF64;
}  // namespace base
namespace avx2 {
extern const StepLoop<float> stepsF32[kSteps];
extern const StepLoop<double> stepsF64[kSteps];
extern const SgdLoop<float> sgdF32;
extern const SgdLoop<double> sgdF64;
}  // namespace avx2

}  // namespace gb
