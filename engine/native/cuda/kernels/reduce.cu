// One reduction. Macros: GB_R (a formula of scalar/reduce.h), GB_C (float, double or i64: elements are brought into it
// first), GB_T (the type in memory; without it any, known only when the kernel runs). Elements join in GB_C a few at a time,
// these in double (or i64): as on the host.
#include "cuda/kernels/block.cuh"
#include "scalar/reduce.h"

namespace gb {
namespace cuda {

using C = GB_C;
using R = scalar::GB_R;

using A = AccumulatorOf<C>::Type;

/** Loads that a thread has under way: one after the other, it would wait for memory most of its time; powers take longer. */
template <class Reduction>
constexpr u32 kLoadsOf = 4;
template <>
constexpr u32 kLoadsOf<scalar::SumPowers> = 1;
constexpr u32 kLoads = kLoadsOf<R>;

#ifdef GB_T
/** Elements that are read together: more fill the registers. */
constexpr int kRun = sizeof(GB_T) == 8 ? 2 : 4;
template <int N>
struct Piece {
  Vector<GB_T, N> in;
  GB_DEVICE void load(const char* p, int) { in = *reinterpret_cast<const Vector<GB_T, N>*>(p); }
  GB_DEVICE C at(int i) const { return cast<C>(in.at[i]); }
};
#else
constexpr int kRun = 1;
template <int N>
struct Piece {
  C in;
  GB_DEVICE void load(const char* p, int type) { in = loadAs<C>(p, type); }
  GB_DEVICE C at(int) const { return in; }
};
#endif

/** The p-th root belongs to sums of powers: a call of pow costs every kernel that has one its registers. */
template <class Reduction>
GB_DEVICE double root(double x, double) {
  return x;
}
template <>
GB_DEVICE double root<scalar::SumPowers>(double x, double p) {
  return scalar::pow(x, 1 / p);
}
GB_DEVICE double finished(double x, const ReduceArguments& a) {
  switch (a.finish) {
    case 1: return x / a.p;
    case 2: return scalar::sqrt(x);
    case 3: return root<R>(x, a.p);
  }
  return x;
}
GB_DEVICE i64 finished(i64 x, const ReduceArguments&) { return x; }

GB_DEVICE void put(A result, i64 outOffset, const ReduceArguments& a) {
  storeAs<A>(a.out.data + outOffset, a.out.type, finished(result, a));
}
GB_DEVICE void putPart(A result, u32 output, const ReduceArguments& a) {
  static_cast<A*>(a.partial)[i64(blockIdx.y) * a.outputs + output] = result;
}

GB_DEVICE i64 reducedAt(u32 position, const ReduceArguments& a) {
  if (a.reduced.dims == 1) return i64(position) * a.reduced.strides[0][0];
  i64 offset[1];
  locate(a.reduced, position, offset);
  return offset[0];
}

GB_DEVICE u32 endOf(u32 from, const ReduceArguments& a) { return a.count - from < a.perPart ? a.count : from + a.perPart; }

/** The pieces of N elements `from + step·i` before `end`, all of one output. */
template <int N>
GB_DEVICE A joined(const char* x, u32 from, u32 end, u32 step, const ReduceArguments& a) {
  A total = R::start<A>();
  for (u32 first = from; first < end; first += kLoads * step) {
    Piece<N> pieces[kLoads];
#pragma unroll
    for (u32 j = 0; j < kLoads; j++) {
      const u32 at = first + j * step;
      if (at < end) pieces[j].load(x + reducedAt(at * N, a), a.x.type);
    }
    C part = R::start<C>();
#pragma unroll
    for (u32 j = 0; j < kLoads; j++) {
      if (first + j * step >= end) continue;
#pragma unroll
      for (int i = 0; i < N; i++) part = R::join(part, R::map(pieces[j].at(i), C(a.p)));
      if (N == 1) continue;
      total = R::join(total, A(part));
      part = R::start<C>();
    }
    if (N == 1) total = R::join(total, A(part));
  }
  return total;
}

/** `lanes` threads for each output and part: for elements that lie behind each other in memory. */
extern "C" __global__ void __launch_bounds__(1024, 1) along(ReduceArguments a) {
  const u32 lane = threadIdx.x & (a.lanes - 1), from = blockIdx.y * a.perPart, end = endOf(from, a);
  const i64 output = globalThread() / a.lanes;
  i64 at[2] = {0, 0};
  A result = R::start<A>();
  if (output < a.outputs) {
    locate(a.kept, u32(output), at);
    const char* x = a.x.data + at[0];
    result = a.runs ? joined<kRun>(x, from / kRun + lane, end / kRun, a.lanes, a) : joined<1>(x, from + lane, end, a.lanes, a);
  }
  result = groupJoin<R>(result, a.lanes, R::start<A>());
  if (lane != 0 || output >= a.outputs) return;
  if (a.parts > 1) {
    putPart(result, u32(output), a);
  } else {
    put(result, at[1], a);
  }
}

/** A block's threads as rows of `lanes` columns, one column for N neighbouring outputs. */
struct Seat {
  u32 column, row, rows;
  GB_DEVICE explicit Seat(const ReduceArguments& a)
      : column(threadIdx.x & (a.lanes - 1)), row(threadIdx.x / a.lanes), rows(blockDim.x / a.lanes) {}
};

/** Room for the rows of a block, one for all that ask. */
GB_DEVICE A* table() {
  __shared__ A all[1024];
  return all;
}

/** Joins the rows of a block; gives each output to one thread, as done(total, output). */
template <int N, class Done>
GB_DEVICE void stack(A (&totals)[N], const ReduceArguments& a, const Done& done) {
  A* const all = table();
  const u32 columns = a.lanes, lane = threadIdx.x % kWarp;
  // Columns of fewer threads than a warp: a warp holds several rows.
  for (u32 step = kWarp / 2; step >= columns; step /= 2) {
#pragma unroll
    for (int n = 0; n < N; n++) totals[n] = R::join(totals[n], __shfl_xor_sync(kAllLanes, totals[n], step));
  }
  const u32 left = columns < kWarp ? blockDim.x / kWarp : blockDim.x / columns, width = columns * N;
  const u32 row = columns < kWarp ? threadIdx.x / kWarp : threadIdx.x / columns;
  if (columns >= kWarp || lane < columns) {
#pragma unroll
    for (int n = 0; n < N; n++) all[row * width + (threadIdx.x & (columns - 1)) * N + n] = totals[n];
  }
  __syncthreads();
  for (u32 i = threadIdx.x; i < width; i += blockDim.x) {
    const i64 output = i64(blockIdx.x) * width + i;
    if (output >= a.outputs) continue;
    A total = all[i];
    for (u32 r = 1; r < left; r++) total = R::join(total, all[r * width + i]);
    done(total, u32(output));
  }
}

template <int N>
GB_DEVICE void columns(const ReduceArguments& a) {
  const Seat seat(a);
  const u32 from = blockIdx.y * a.perPart, end = endOf(from, a);
  const i64 output = (i64(blockIdx.x) * a.lanes + seat.column) * N;
  A totals[N];
#pragma unroll
  for (int n = 0; n < N; n++) totals[n] = R::start<A>();
  if (output < a.outputs) {
    i64 at[2];
    locate(a.kept, u32(output), at);
    const char* x = a.x.data + at[0];
    for (u32 first = from + seat.row; first < end; first += kLoads * seat.rows) {
      Piece<N> pieces[kLoads];
#pragma unroll
      for (u32 j = 0; j < kLoads; j++) {
        const u32 i = first + j * seat.rows;
        if (i < end) pieces[j].load(x + reducedAt(i, a), a.x.type);
      }
      C parts[N];
#pragma unroll
      for (int n = 0; n < N; n++) parts[n] = R::start<C>();
#pragma unroll
      for (u32 j = 0; j < kLoads; j++) {
        if (first + j * seat.rows >= end) continue;
#pragma unroll
        for (int n = 0; n < N; n++) parts[n] = R::join(parts[n], R::map(pieces[j].at(n), C(a.p)));
      }
#pragma unroll
      for (int n = 0; n < N; n++) totals[n] = R::join(totals[n], A(parts[n]));
    }
  }
  stack(totals, a, [&](A total, u32 at) {
    if (a.parts > 1) return putPart(total, at, a);
    i64 offsets[2];
    locate(a.kept, at, offsets);
    put(total, offsets[1], a);
  });
}

/** Neighbouring threads for neighbouring outputs, and rows of them for each part. */
extern "C" __global__ void __launch_bounds__(1024, 1) across(ReduceArguments a) {
  if (a.runs) {
    columns<kRun>(a);
  } else {
    columns<1>(a);
  }
}

/** Joins the parts of each output. */
extern "C" __global__ void __launch_bounds__(1024, 1) join(ReduceArguments a) {
  const Seat seat(a);
  const i64 output = i64(blockIdx.x) * a.lanes + seat.column;
  A totals[1] = {R::start<A>()};
  if (output < a.outputs) {
    const A* parts = static_cast<const A*>(a.partial) + output;
    for (u32 first = seat.row; first < a.parts; first += kLoads * seat.rows) {
      A in[kLoads];
#pragma unroll
      for (u32 j = 0; j < kLoads; j++) {
        const u32 part = first + j * seat.rows;
        in[j] = part < a.parts ? parts[i64(part) * a.outputs] : R::start<A>();
      }
#pragma unroll
      for (u32 j = 0; j < kLoads; j++) totals[0] = R::join(totals[0], in[j]);
    }
  }
  stack(totals, a, [&](A total, u32 at) {
    i64 offsets[2];
    locate(a.kept, at, offsets);
    put(total, offsets[1], a);
  });
}

}  // namespace cuda
}  // namespace gb
