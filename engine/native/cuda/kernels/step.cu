// An optimiser's step, element by element; one launch for many parameters. Macros: GB_T (the type in memory), GB_C (float or
// double), GB_STEP (a formula of scalar/optim.h in C).
#include "cuda/kernels/chunk.cuh"
#include "scalar/optim.h"

namespace gb {
namespace cuda {

using T = GB_T;
using C = GB_C;

extern "C" __global__ void step(StepArguments a) {
  using F = scalar::GB_STEP;
  const Chunk chunk(a);
  const F f = F::of(chunk.constants(a));
  T* param = static_cast<T*>(a.param[chunk.row]);
  const T* grad = static_cast<const T*>(a.grad[chunk.row]);
  T* first = static_cast<T*>(a.states[0][chunk.row]);
  T* second = static_cast<T*>(a.states[1][chunk.row]);
  T* third = static_cast<T*>(a.states[2][chunk.row]);
  for (i64 i = chunk.begin + threadIdx.x; i < chunk.end; i += blockDim.x) {
    C x = cast<C>(first[i]), y = F::kStates > 1 ? cast<C>(second[i]) : C(0), z = F::kStates > 2 ? cast<C>(third[i]) : C(0);
    param[i] = cast<T>(F::next(f, cast<C>(param[i]), cast<C>(grad[i]), x, y, z));
    first[i] = cast<T>(x);
    if (F::kStates > 1) second[i] = cast<T>(y);
    if (F::kStates > 2) third[i] = cast<T>(z);
  }
}

}  // namespace cuda
}  // namespace gb
