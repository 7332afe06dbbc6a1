// Ops on rows whose elements lie apart, so that neighbouring rows stand side by side: a block takes kColumnsBeside of them, or a part of
// each, whose results are joined in order. Macro: GB_T (float or double).
#include "cuda/kernels/column_arguments.h"
#include "cuda/kernels/exponentials.cuh"

namespace gb {
namespace cuda {

using T = GB_T;

/** Elements of a thread whose reads are under way together. */
constexpr int kLoads = 8;

GB_DEVICE double none(double) { return 0; }
GB_DEVICE double join(double a, double b) { return a + b; }

/** This thread's column and its part of it: every kColumnLanes-th element from `begin` on. */
struct Column {
  i64 at, begin, end, inner;
  int beside, lane;
  bool active;

  GB_DEVICE explicit Column(const ColumnArguments& a) : inner(a.inner), beside(threadIdx.x % kColumnsBeside), lane(threadIdx.x / kColumnsBeside) {
    const i64 column = i64(blockIdx.x) * kColumnsBeside + beside;
    active = column < a.columns;
    at = active ? column / inner * a.n * inner + column % inner : 0;
    begin = blockIdx.y * a.perPart;
    end = !active ? begin : begin + a.perPart < a.n ? begin + a.perPart : a.n;
  }

  /** f(places, count) for up to kLoads elements at a time. */
  template <class F>
  GB_DEVICE void each(const F& f) const {
    for (i64 i = begin + lane; i < end; i += kLoads * kColumnLanes) {
      i64 places[kLoads];
      int count = 0;
#pragma unroll
      for (int j = 0; j < kLoads; j++) {
        const bool there = i + j * kColumnLanes < end;
        places[j] = at + (there ? i + j * kColumnLanes : i) * inner;
        count += there;
      }
      f(places, count);
    }
  }
};

/** What all lanes of a column have found together, in each of them. All threads must come here. */
template <class A>
GB_DEVICE A joinLanes(const Column& c, const A& own) {
  __shared__ A all[kColumnLanes][kColumnsBeside];
  all[c.lane][c.beside] = own;
  __syncthreads();
  A total = all[0][c.beside];
  for (int lane = 1; lane < kColumnLanes; lane++) total = join(total, all[lane][c.beside]);
  return total;
}

/** Of a column all that its parts have found, if it has several; [part][column]. */
template <class A>
GB_DEVICE A whole(const ColumnArguments& a, const Column& c, const A& own) {
  if (gridDim.y == 1) return joinLanes(c, own);
  const A* parts = static_cast<const A*>(a.parts) + i64(blockIdx.x) * kColumnsBeside + c.beside;
  A total = none(A());
  if (c.active) {
    for (u32 part = c.lane; part < gridDim.y; part += kColumnLanes) total = join(total, parts[part * a.columns]);
  }
  return joinLanes(c, total);
}
template <class A>
GB_DEVICE void keepPart(const ColumnArguments& a, const Column& c, const A& own) {
  const A total = joinLanes(c, own);
  if (c.lane > 0 || !c.active) return;
  static_cast<A*>(a.parts)[blockIdx.y * a.columns + i64(blockIdx.x) * kColumnsBeside + c.beside] = total;
}

GB_DEVICE Exponentials exponentials(const Column& c, const T* in) {
  Exponentials own = none(Exponentials());
  c.each([&](const i64(&places)[kLoads], int count) {
    T x[kLoads];
    T top = own.top;
#pragma unroll
    for (int j = 0; j < kLoads; j++) x[j] = in[places[j]];
#pragma unroll
    for (int j = 0; j < kLoads; j++) top = Larger::join(top, x[j]);
    // As long as nothing is above −∞, there is no sum.
    if (top == -scalar::Limits<T>::infinity) return;
    T part = 0;
#pragma unroll
    for (int j = 0; j < kLoads; j++) part += j < count ? scalar::exp(x[j] - top) : T(0);
    own = {top, own.sum * rescaled(own.top, top) + double(part)};
  });
  return own;
}

GB_DEVICE double products(const Column& c, const T* g, const T* y, bool log) {
  double own = 0;
  c.each([&](const i64(&places)[kLoads], int count) {
    T x[kLoads], part = 0;
#pragma unroll
    for (int j = 0; j < kLoads; j++) x[j] = log ? g[places[j]] : g[places[j]] * y[places[j]];
#pragma unroll
    for (int j = 0; j < kLoads; j++) part += j < count ? x[j] : T(0);
    own += double(part);
  });
  return own;
}

extern "C" __global__ void __launch_bounds__(kColumnThreads) softmaxParts(ColumnArguments a, const T* in) {
  const Column c(a);
  keepPart(a, c, exponentials(c, in));
}
extern "C" __global__ void __launch_bounds__(kColumnThreads) softmaxColumns(ColumnArguments a, T* out, const T* in) {
  const Column c(a);
  const Exponentials all = whole(a, c, gridDim.y == 1 ? exponentials(c, in) : none(Exponentials()));
  const T top = all.top, factor = T(a.log ? scalar::log(all.sum) : 1 / all.sum);
  c.each([&](const i64(&places)[kLoads], int count) {
    T x[kLoads];
#pragma unroll
    for (int j = 0; j < kLoads; j++) x[j] = in[places[j]] - top;
#pragma unroll
    for (int j = 0; j < kLoads; j++) {
      if (j < count) out[places[j]] = a.log ? x[j] - factor : scalar::exp(x[j]) * factor;
    }
  });
}

extern "C" __global__ void __launch_bounds__(kColumnThreads) softmaxPartsBackward(ColumnArguments a, const T* g, const T* y) {
  const Column c(a);
  keepPart(a, c, products(c, g, y, a.log));
}
extern "C" __global__ void __launch_bounds__(kColumnThreads) softmaxColumnsBackward(ColumnArguments a, T* out, const T* g, const T* y) {
  const Column c(a);
  const T sum = T(whole(a, c, gridDim.y == 1 ? products(c, g, y, a.log) : 0.0));
  c.each([&](const i64(&places)[kLoads], int count) {
    T grads[kLoads], results[kLoads];
#pragma unroll
    for (int j = 0; j < kLoads; j++) {
      grads[j] = g[places[j]];
      results[j] = y[places[j]];
    }
#pragma unroll
    for (int j = 0; j < kLoads; j++) {
      if (j < count) out[places[j]] = a.log ? grads[j] - scalar::exp(results[j]) * sum : results[j] * (grads[j] - sum);
    }
  });
}

}  // namespace cuda
}  // namespace gb
