// Joining values over a warp and over a block, in an order that does not change from run to run.
#pragma once
#include "cuda/kernels/prelude.cuh"

namespace gb {
namespace cuda {

constexpr int kWarp = 32;
constexpr unsigned int kAllLanes = 0xffffffffu;

/** The value of the lane whose number differs in the bits of `step`. */
template <class A>
GB_DEVICE A opposite(A value, u32 step) {
  return __shfl_xor_sync(kAllLanes, value, step);
}

/** The join of all lanes' values, in every lane. Blocks have whole warps. */
template <class Join, class A>
GB_DEVICE A warpJoin(A value) {
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) value = Join::join(value, __shfl_xor_sync(kAllLanes, value, step));
  return value;
}

/** The sum of the values of this lane and all before it; every lane must come here. */
template <class A>
GB_DEVICE A warpUpTo(A value) {
  const int lane = int(threadIdx.x) % kWarp;
#pragma unroll
  for (int step = 1; step < kWarp; step *= 2) {
    const A lower = __shfl_up_sync(kAllLanes, value, step);
    if (lane >= step) value += lower;
  }
  return value;
}

/** What sums and products of T run in. */
template <class T>
struct AccumulatorOf {
  using Type = double;
};
template <>
struct AccumulatorOf<i64> {
  using Type = i64;
};

/** The join of all threads' values, in every thread. At most 1024 threads in x; all must come here. */
template <class Join, class A>
GB_DEVICE A blockJoin(A value) {
  __shared__ A warps[kWarp];
  value = warpJoin<Join>(value);
  const int count = int(blockDim.x) / kWarp;
  if (count == 1) return value;
  __syncthreads();
  if (threadIdx.x % kWarp == 0) warps[threadIdx.x / kWarp] = value;
  __syncthreads();
  A total = warps[0];
  for (int i = 1; i < count; i++) total = Join::join(total, warps[i]);
  return total;
}

/**
 * The join of the values of each group of `lanes` threads behind each other (a power of two), in the first of them. `start` joins
 * with nothing. Blocks have whole warps and whole groups, at most 1024 threads in x; all must come here.
 */
template <class Join, class A>
GB_DEVICE A groupJoin(A value, u32 lanes, A start) {
  for (u32 step = lanes < kWarp ? lanes / 2 : kWarp / 2; step > 0; step /= 2) {
    value = Join::join(value, opposite(value, step));
  }
  if (lanes <= kWarp) return value;
  __shared__ A warps[kWarp];
  const u32 lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, count = lanes / kWarp;
  __syncthreads();
  if (lane == 0) warps[warp] = value;
  __syncthreads();
  value = lane < count && warp + lane < blockDim.x / kWarp ? warps[warp + lane] : start;
  for (u32 step = kWarp / 2; step > 0; step /= 2) value = Join::join(value, opposite(value, step));
  return value;
}

struct Plus {
  template <class A>
  GB_DEVICE static A join(A a, A b) {
    return a + b;
  }
};
/** A NaN wins. */
struct Larger {
  template <class A>
  GB_DEVICE static A join(A a, A b) {
    return a > b || a != a ? a : b;
  }
};

/** A NaN loses, so that it must come out of something else. */
struct Largest {
  GB_DEVICE static float join(float a, float b) { return ::fmaxf(a, b); }
  GB_DEVICE static double join(double a, double b) { return ::fmax(a, b); }
};

/** Notes what is wrong, unless something is noted already. */
GB_DEVICE void report(Fault* fault, int op, int dimension, i64 value, i64 size) {
  if (atomicCAS(&fault->op, 0, op) != 0) return;
  fault->dimension = dimension;
  fault->value = value;
  fault->size = size;
}

}  // namespace cuda
}  // namespace gb
