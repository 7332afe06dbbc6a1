// SGD's step; one launch for many parameters. Macros: GB_T (the type in memory), GB_C (float or double).
#include "cuda/kernels/chunk.cuh"
#include "scalar/optim.h"

namespace gb {
namespace cuda {

using T = GB_T;
using C = GB_C;

/** Constants: lr, momentum, 1 − dampening, weight decay, the gradient's sign, nesterov. Without buffers states[0] is null. */
extern "C" __global__ void sgd(StepArguments a, bool fresh) {
  using S = scalar::Sgd<C>;
  const Chunk chunk(a);
  const double* c = chunk.constants(a);
  const S s{C(c[0]), C(c[1]), C(c[2]), C(c[3]), C(c[4]), c[5] != 0};
  T* param = static_cast<T*>(a.param[chunk.row]);
  const T* grad = static_cast<const T*>(a.grad[chunk.row]);
  T* buffer = static_cast<T*>(a.states[0][chunk.row]);
  for (i64 i = chunk.begin + threadIdx.x; i < chunk.end; i += blockDim.x) {
    const C p = cast<C>(param[i]), d = S::direction(s, p, cast<C>(grad[i]));
    if (!buffer) {
      param[i] = cast<T>(S::apply(s, p, d));
      continue;
    }
    const C b = fresh ? d : S::buffer(s, cast<C>(buffer[i]), d);
    buffer[i] = cast<T>(b);
    param[i] = cast<T>(S::apply(s, p, S::step(s, d, b)));
  }
}

}  // namespace cuda
}  // namespace gb
