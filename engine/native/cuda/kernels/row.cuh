// A row of elements behind each other, and the threads that take it: a warp, or all of a block. What is computed is written once,
// as functions of a place in the row; a row either stays in the threads' registers, or is read anew each time.
#pragma once
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/layer_arguments.h"

namespace gb {
namespace cuda {

/** The larger of two; a NaN loses, so that it must come out of something else that is computed of the row. */
struct Largest {
  GB_DEVICE static float join(float a, float b) { return ::fmaxf(a, b); }
  GB_DEVICE static double join(double a, double b) { return ::fmax(a, b); }
};

/** A row, and the thread's place among those that take it: a warp's, whose rows stand side by side in a block, or the block's. */
template <bool byWarp>
struct RowPlace {
  i64 row;
  u32 n, lane;
  bool there;

  GB_DEVICE explicit RowPlace(const RowArguments& a) : n(u32(a.n)) {
    row = byWarp ? i64(blockIdx.x) * (blockDim.x / kWarp) + threadIdx.x / kWarp : i64(blockIdx.x);
    lane = byWarp ? threadIdx.x % kWarp : threadIdx.x;
    there = row < a.rows;
  }
  GB_DEVICE u32 width() const { return byWarp ? kWarp : blockDim.x; }
  template <class Join, class A>
  GB_DEVICE A join(A value) const {
    return byWarp ? warpJoin<Join>(value) : blockJoin<Join>(value);
  }
};

/**
 * A thread holds E elements of the row in registers, V neighbours of which are read and written at once; a place is the number of
 * one, known when the kernel is compiled. The row is read once, all of it before the first use. Values behind the row's end are
 * nobody's: nothing adds them up or writes them.
 */
template <class T, bool byWarp, int V, int E>
struct HeldRow : RowPlace<byWarp> {
  using Place = RowPlace<byWarp>;
  using Place::Place, Place::row, Place::n, Place::lane, Place::width;

  struct Values {
    T at[E];
    GB_DEVICE T operator()(int e) const { return at[e]; }
  };

  GB_DEVICE u32 index(int e) const { return (u32(e / V) * width() + lane) * V + u32(e % V); }
  GB_DEVICE bool has(int e) const { return index(e / V * V) < n; }
  /** Where a place's vector is read: behind the row's end, its last one once more. */
  GB_DEVICE u32 inside(int e) const {
    const u32 at = index(e / V * V);
    return at < n ? at : n - V;
  }

  /** Row `row` of a matrix. */
  GB_DEVICE Values load(const T* matrix) const {
    const T* x = matrix + row * n;
    Values values;
#pragma unroll
    for (int e = 0; e < E; e += V) {
      const Vector<T, V> piece = *reinterpret_cast<const Vector<T, V>*>(x + inside(e));
#pragma unroll
      for (int j = 0; j < V; j++) values.at[e + j] = piece.at[j];
    }
    return values;
  }
  /** f(place) computed once for each. */
  template <class F>
  GB_DEVICE Values keep(const F& f) const {
    Values values;
#pragma unroll
    for (int e = 0; e < E; e++) values.at[e] = f(e);
    return values;
  }
  template <class F>
  GB_DEVICE T top(const F& f) const {
    T most = -scalar::Limits<T>::infinity;
#pragma unroll
    for (int e = 0; e < E; e++) most = Largest::join(most, f(e));
    return Place::template join<Largest>(most);
  }
  /** Four elements in T, these in double. */
  template <class F>
  GB_DEVICE double sum(const F& f) const {
    double total = 0;
#pragma unroll
    for (int e = 0; e < E; e += 4) {
      T part[4];
#pragma unroll
      for (int j = 0; j < 4; j++) {
        const T value = f(e + j);
        part[j] = has(e + j) ? value : T(0);
      }
      total += double((part[0] + part[1]) + (part[2] + part[3]));
    }
    return Place::template join<Plus>(total);
  }
  template <class F>
  GB_DEVICE void store(T* matrix, const F& f) const {
    T* y = matrix + row * n;
#pragma unroll
    for (int e = 0; e < E; e += V) {
      if (!has(e)) continue;
      Vector<T, V> piece;
#pragma unroll
      for (int j = 0; j < V; j++) piece.at[j] = f(e + j);
      *reinterpret_cast<Vector<T, V>*>(y + index(e)) = piece;
    }
  }

  /** combine(value, factor) where `inner` neighbours share a factor; the values as they are without any. */
  template <class F>
  GB_DEVICE Values with(const T* factors, const Divisor& inner, Values values, const F& combine) const {
    if (!factors) return values;
    if (inner.d == 1) {
#pragma unroll
      for (int e = 0; e < E; e += V) {
        const Vector<T, V> piece = *reinterpret_cast<const Vector<T, V>*>(factors + inside(e));
#pragma unroll
        for (int j = 0; j < V; j++) values.at[e + j] = combine(values.at[e + j], piece.at[j]);
      }
    } else {
#pragma unroll
      for (int e = 0; e < E; e++) {
        values.at[e] = combine(values.at[e], factors[divide(inside(e) + u32(e % V), inner)]);
      }
    }
    return values;
  }
};

/** A row of any length: a place is an index. */
template <class T>
struct StreamedRow : RowPlace<false> {
  struct Values {
    const T* x;
    GB_DEVICE T operator()(u32 i) const { return x[i]; }
  };
  using RowPlace<false>::RowPlace;

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
  using Type = HeldRow<T, byWarp, V, E>;
};
template <class T, int V>
struct RowOf<T, false, V, 0> {
  using Type = StreamedRow<T>;
};

}  // namespace cuda
}  // namespace gb
