// A line of elements that stays in the registers of the threads that take it. What is computed of it is written as functions of a
// place.
#pragma once
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

/**
 * A Line is n elements (at least one) and the threads that take them: it says where element i lies in memory (`at`), which thread
 * of how many this one is (`lane`, `width`), how their values join, and whether there is such a line at all (`there`).
 *
 * A thread holds E of the elements in registers, V neighbours of which are read and written at once; a place is the number of one,
 * known when the kernel is compiled. Memory is read once, all of it before the first use. Values behind the line's end are
 * nobody's: nothing adds them up or writes them.
 */
template <class T, class Line, int V, int E>
struct Held : Line {
  using Line::Line, Line::n, Line::lane, Line::width, Line::there;

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

  /** From memory of type M, which may be a half one. */
  template <class M>
  GB_DEVICE Values load(const M* memory) const {
    Vector<M, V> pieces[E / V];
#pragma unroll
    for (int e = 0; e < E; e += V) pieces[e / V] = *reinterpret_cast<const Vector<M, V>*>(memory + Line::at(inside(e)));
    Values values;
#pragma unroll
    for (int e = 0; e < E; e++) values.at[e] = cast<T>(pieces[e / V].at[e % V]);
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
    return Line::template join<Largest>(most);
  }
  template <class F>
  GB_DEVICE double sum(const F& f) const {
    return Line::template join<Plus>(own(f));
  }
  /** The thread's part of a sum: four elements in T, these in double. */
  template <class F>
  GB_DEVICE double own(const F& f) const {
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
    return total;
  }
  template <class M, class F>
  GB_DEVICE void store(M* memory, const F& f) const {
#pragma unroll
    for (int e = 0; e < E; e += V) {
      if (!there || !has(e)) continue;
      Vector<M, V> piece;
#pragma unroll
      for (int j = 0; j < V; j++) piece.at[j] = cast<M>(f(e + j));
      *reinterpret_cast<Vector<M, V>*>(memory + Line::at(index(e))) = piece;
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

}  // namespace cuda
}  // namespace gb
