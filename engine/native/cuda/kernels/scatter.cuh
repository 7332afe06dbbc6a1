// What the two ways of writing at indices have in common: where a position's value goes, and how it joins with what is there. Macros:
// GB_T (an element's type), GB_C (float, double or i64: what values join in).
#pragma once
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/scatter_arguments.h"
#include "scalar/binary.h"

namespace gb {
namespace cuda {

using T = GB_T;
using C = GB_C;

/** Blocks at places that index tensors name together, mostly one. */
struct Blocks {
  const IndexArguments& index;
  const char* values;
  char* base;

  GB_DEVICE i64 at(int k, i64 i) const {
    const i64 at = index.at[k][i];
    return at < 0 && index.fromEnd ? at + index.sizes[k] : at;
  }
  /** The place's number among all; −1 where the index is out of bounds. */
  GB_DEVICE i64 key(i64 i) const {
    i64 key = 0;
#pragma unroll 1
    for (int k = 0; k < index.count; k++) {
      const i64 own = at(k, i);
      if (own < 0 || own >= index.sizes[k]) return -1;
      key = key * index.sizes[k] + own;
    }
    return key;
  }
  GB_DEVICE void refuse(i64 i) const {
#pragma unroll 1
    for (int k = 0; k < index.count; k++) {
      const i64 own = at(k, i);
      if (own < 0 || own >= index.sizes[k]) report(index.fault, index.op, k, index.at[k][i], index.sizes[k]);
    }
  }
  GB_DEVICE i64 offset(i64 i) const {
    i64 offset = 0;
#pragma unroll 1
    for (int k = 0; k < index.count; k++) offset += at(k, i) * index.strides[k];
    return offset;
  }
};

/** Elements of a line. */
struct Elements {
  const Line& line;
  const char* index;
  const char* values;
  char* base;

  GB_DEVICE i64 at(i64 i) const { return *reinterpret_cast<const i64*>(index + i * line.index); }
  GB_DEVICE i64 key(i64 i) const {
    const i64 own = at(i);
    return own >= 0 && own < line.size ? own : -1;
  }
  GB_DEVICE void refuse(i64 i) const { report(line.fault, line.op, line.dimension, at(i), line.size); }
  GB_DEVICE i64 offset(i64 i) const { return at(i) * line.x; }
};

GB_DEVICE C load(const char* p) { return cast<C>(*reinterpret_cast<const T*>(p)); }

GB_DEVICE C joined(C a, C b, int mode) {
  return mode == kScatterAdd        ? scalar::add(a, b)
         : mode == kScatterMultiply ? scalar::mul(a, b)
         : mode == kScatterMaximum  ? scalar::maximum(a, b)
                                    : scalar::minimum(a, b);
}

}  // namespace cuda
}  // namespace gb
