// The elements of many tensors in one launch. Macros: GB_T (the type in memory), GB_C (float or double).
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/chunk.cuh"
#include "scalar/math.h"

namespace gb {
namespace cuda {

using T = GB_T;
using C = GB_C;

GB_DEVICE double powered(double x, double p) {
  return p == 2 ? x * x : p == 1 ? x : p == 0 ? double(x != 0) : scalar::pow(x, p);
}

/** What each chunk adds to the norm: the sum of |x|^p, or the largest |x|. */
extern "C" __global__ void __launch_bounds__(256) partsOfNorm(StepArguments a, double* parts, double p) {
  const Chunk chunk(a);
  const T* x = static_cast<const T*>(a.grad[chunk.row]);
  const bool most = p == scalar::Limits<double>::infinity;
  double own = 0;
#pragma unroll 4
  for (i64 i = chunk.begin + threadIdx.x; i < chunk.end; i += blockDim.x) {
    const double size = double(scalar::fabs(cast<C>(x[i])));
    own = most ? Larger::join(own, size) : own + powered(size, p);
  }
  const double all = most ? blockJoin<Larger>(own) : blockJoin<Plus>(own);
  if (threadIdx.x == 0) parts[blockIdx.x] = all;
}

/** One block. */
extern "C" __global__ void __launch_bounds__(1024) joinNorm(Place out, const double* parts, i64 count, double p) {
  const bool most = p == scalar::Limits<double>::infinity;
  double own = 0;
  for (i64 i = threadIdx.x; i < count; i += blockDim.x) own = most ? Larger::join(own, parts[i]) : own + parts[i];
  const double all = most ? blockJoin<Larger>(own) : blockJoin<Plus>(own);
  if (threadIdx.x != 0) return;
  storeAs<double>(out.data, out.type, most || p == 0 || p == 1 ? all : p == 2 ? scalar::sqrt(all) : scalar::pow(all, 1 / p));
}

/** By the factor that lies on the card, or by the number. */
extern "C" __global__ void __launch_bounds__(256) scaleMany(StepArguments a, Place factor, double number) {
  const C by = factor.data ? loadAs<C>(factor.data, factor.type) : C(number);
  if (by == C(1)) return;
  const Chunk chunk(a);
  T* x = static_cast<T*>(a.param[chunk.row]);
#pragma unroll 4
  for (i64 i = chunk.begin + threadIdx.x; i < chunk.end; i += blockDim.x) x[i] = cast<T>(cast<C>(x[i]) * by);
}

}  // namespace cuda
}  // namespace gb
