// One reduction. Macros: GB_R (a formula of scalar/reduce.h), GB_C (float, double or i64: elements are brought into it
// first). Elements join in GB_C four at a time, these in double (or i64): as on the host.
#include "cuda/kernels/block.cuh"
#include "scalar/reduce.h"

namespace gb {
namespace cuda {

using C = GB_C;
using R = scalar::GB_R;

template <class T>
struct AccumulatorOf {
  using Type = double;
};
template <>
struct AccumulatorOf<i64> {
  using Type = i64;
};
using A = AccumulatorOf<C>::Type;

GB_DEVICE double finished(double x, const ReduceArguments& a) {
  switch (a.finish) {
    case 1: return x / a.p;
    case 2: return scalar::sqrt(x);
    case 3: return scalar::pow(x, 1 / a.p);
  }
  return x;
}
GB_DEVICE i64 finished(i64 x, const ReduceArguments&) { return x; }

GB_DEVICE void put(A result, u32 output, u32 part, i64 outOffset, const ReduceArguments& a) {
  if (a.parts > 1) {
    static_cast<A*>(a.partial)[i64(part) * a.outputs + output] = result;
  } else {
    storeAs<A>(a.out.data + outOffset, a.out.type, finished(result, a));
  }
}

/** Elements from + step·i of one output, i < 4 at a time. */
GB_DEVICE A joined(const char* x, u32 from, u32 end, u32 step, const ReduceArguments& a) {
  A total = R::start<A>();
  for (u32 i = from; i < end; i += 4 * step) {
    C part = R::start<C>();
#pragma unroll
    for (u32 j = 0; j < 4; j++) {
      const u32 at = i + j * step;
      if (at >= end) break;
      i64 offset[1];
      locate(a.reduced, at, offset);
      part = R::join(part, R::map(loadAs<C>(x + offset[0], a.x.type), C(a.p)));
    }
    total = R::join(total, A(part));
  }
  return total;
}

GB_DEVICE u32 endOf(u32 from, const ReduceArguments& a) { return a.count - from < a.perPart ? a.count : from + a.perPart; }

/** A block for each output and part: for elements that lie behind each other in memory. */
extern "C" __global__ void along(ReduceArguments a) {
  const u32 output = blockIdx.x, part = blockIdx.y, from = part * a.perPart;
  i64 at[2];
  locate(a.kept, output, at);
  const A result = blockJoin<R>(joined(a.x.data + at[0], from + threadIdx.x, endOf(from, a), blockDim.x, a));
  if (threadIdx.x == 0) put(result, output, part, at[1], a);
}

/** A thread for each output and part: for neighbours in memory that belong to different outputs. */
extern "C" __global__ void across(ReduceArguments a) {
  const i64 output = globalThread();
  if (output >= a.outputs) return;
  const u32 part = blockIdx.y, from = part * a.perPart;
  i64 at[2];
  locate(a.kept, u32(output), at);
  put(joined(a.x.data + at[0], from, endOf(from, a), 1, a), u32(output), part, at[1], a);
}

/** Joins the parts of each output. */
extern "C" __global__ void join(ReduceArguments a) {
  const i64 output = globalThread();
  if (output >= a.outputs) return;
  A total = R::start<A>();
  for (u32 part = 0; part < a.parts; part++) total = R::join(total, static_cast<const A*>(a.partial)[i64(part) * a.outputs + output]);
  i64 at[2];
  locate(a.kept, u32(output), at);
  storeAs<A>(a.out.data + at[1], a.out.type, finished(total, a));
}

}  // namespace cuda
}  // namespace gb
