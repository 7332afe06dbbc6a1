// A row of elements behind each other, and the threads that take it: a warp or some of its lanes, or all of a block. What is computed is written once,
// as functions of a place in the row; a row either stays in the threads' registers, or is read anew each time.
#pragma once
#include "cuda/kernels/held.cuh"
#include "cuda/kernels/layer_arguments.h"

namespace gb {
namespace cuda {

/**
 * A row of a matrix, by `lanes` threads of a warp, whose rows stand side by side in a block, or by all of the block's (0). Threads
 * behind the last row of all go through it once more where their warp has others, and write nothing.
 */
template <int lanes>
struct RowLine {
  i64 row;
  u32 n, lane;
  bool there;

  GB_DEVICE explicit RowLine(const RowArguments& a) : n(u32(a.n)) {
    row = lanes ? i64(blockIdx.x) * (blockDim.x / perRow) + threadIdx.x / perRow : i64(blockIdx.x);
    lane = lanes ? threadIdx.x % perRow : threadIdx.x;
    there = row < a.rows;
    if (lanes % kWarp != 0 && !there) row = a.rows - 1;
  }
  /** Nothing to do for any thread of the warp. */
  GB_DEVICE bool none() const { return (lanes == 0 || lanes == kWarp) && !there; }
  /** Whether this thread writes what a row has one of. */
  GB_DEVICE bool first() const { return there && lane == 0; }
  GB_DEVICE i64 at(u32 i) const { return row * n + i; }
  GB_DEVICE u32 width() const { return lanes ? perRow : blockDim.x; }
  template <class Join, class A>
  GB_DEVICE A join(A value) const {
    if (lanes == 0) return blockJoin<Join>(value);
#pragma unroll
    for (u32 step = perRow / 2; step > 0; step /= 2) value = Join::join(value, opposite(value, step));
    return value;
  }

 private:
  static constexpr u32 perRow = lanes ? lanes : kWarp;
};

/** A row of any length: a place is an index. */
template <class T>
struct StreamedRow : RowLine<0> {
  struct Values {
    const T* x;
    GB_DEVICE T operator()(u32 i) const { return x[i]; }
  };
  using RowLine<0>::RowLine;

  GB_DEVICE Values load(const T* matrix) const { return {matrix + row * n}; }
  /** Computed when it is asked for. */
  template <class F>
  GB_DEVICE F keep(const F& f) const {
    return f;
  }
  template <class F>
  GB_DEVICE T top(const F& f) const {
    T most = -scalar::Limits<T>::infinity;
#pragma unroll 4
    for (u32 i = lane; i < n; i += width()) most = Largest::join(most, f(i));
    return join<Largest>(most);
  }
  template <class F>
  GB_DEVICE double sum(const F& f) const {
    double total = 0;
    u32 i = lane;
    for (; i + 3 * width() < n; i += 4 * width()) {
      total += double((f(i) + f(i + width())) + (f(i + 2 * width()) + f(i + 3 * width())));
    }
    for (; i < n; i += width()) total += double(f(i));
    return join<Plus>(total);
  }
  template <class F>
  GB_DEVICE void store(T* matrix, const F& f) const {
    T* y = matrix + row * n;
#pragma unroll 4
    for (u32 i = lane; i < n; i += width()) y[i] = f(i);
  }

  template <class X, class F>
  GB_DEVICE auto with(const T* factors, const Divisor& inner, const X& values, const F& combine) const {
    return [=, &inner](u32 i) { return factors ? combine(values(i), factors[divide(i, inner)]) : values(i); };
  }
};

template <class T, int lanes, int V, int E>
struct RowOf {
  using Type = Held<T, RowLine<lanes>, V, E>;
};
template <class T, int V>
struct RowOf<T, 0, V, 0> {
  using Type = StreamedRow<T>;
};

}  // namespace cuda
}  // namespace gb
