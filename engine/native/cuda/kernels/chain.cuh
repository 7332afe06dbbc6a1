// What chains of pointwise ops (cuda/ops/chain_source.cc) are written with.
#pragma once
#include "cuda/kernels/prelude.cuh"
#include "scalar/binary.h"
#include "scalar/unary.h"

namespace gb {
namespace cuda {

template <class T, int N>
GB_DEVICE Vector<T, N> lanesAt(const char* p, i64 first) {
  return reinterpret_cast<const Vector<T, N>*>(p)[first / N];
}
template <class T, int N>
GB_DEVICE void putLanes(char* p, i64 first, const Vector<T, N>& values) {
  reinterpret_cast<Vector<T, N>*>(p)[first / N] = values;
}
template <class T>
GB_DEVICE T elementAt(const char* p, i64 offset = 0) {
  return *reinterpret_cast<const T*>(p + offset);
}

}  // namespace cuda
}  // namespace gb
