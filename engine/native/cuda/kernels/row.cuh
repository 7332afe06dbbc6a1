// A row of elements behind each other, and the threads that take it: a warp, or all of a block. What is computed is written once,
// as functions of a place in the row; a row either stays in the threads' registers, or is read anew each time.
#pragma once
#include "cuda/kernels/held.cuh"
#include "cuda/kernels/layer_arguments.h"

namespace gb {
namespace cuda {

/** A row of a matrix, by a warp's threads, whose rows stand side by side in a block, or by the block's. */
template <bool byWarp>
struct RowLine {
  i64 row;
  u32 n, lane;
  bool there;

  GB_DEVICE explicit RowLine(const RowArguments& a) : n(u32(a.n)) {
    row = byWarp ? i64(blockIdx.x) * (blockDim.x / kWarp) + threadIdx.x / kWarp : i64(blockIdx.x);
    lane = byWarp ? threadIdx.x % kWarp : threadIdx.x;
    there = row < a.rows;
  }
  GB_DEVICE i64 at(u32 i) const { return row * n + i; }
  GB_DEVICE u32 width() const { return byWarp ? kWarp : blockDim.x; }
  template <class Join, class A>
  GB_DEVICE A join(A value) const {
    return byWarp ? warpJoin<Join>(value) : blockJoin<Join>(value);
  }
};

/** A row of any length: a place is an index. */
template <class T>
struct StreamedRow : RowLine<false> {
  struct Values {
    const T* x;
    GB_DEVICE T operator()(u32 i) const { return x[i]; }
  };
  using RowLine<false>::RowLine;

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

template <class T, bool byWarp, int V, int E>
struct RowOf {
  using Type = Held<T, RowLine<byWarp>, V, E>;
};
template <class T, int V>
struct RowOf<T, false, V, 0> {
  using Type = StreamedRow<T>;
};

}  // namespace cuda
}  // namespace gb
