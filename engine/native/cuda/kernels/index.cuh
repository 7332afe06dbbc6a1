// What reading and writing at indices have in common: which element a thread takes, and which place a position names.
#pragma once
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/scatter_arguments.h"

namespace gb {
namespace cuda {

/** The element that a thread takes in turn `j` of kIndexEach; those of a turn are neighbours, and all turns' reads are under way together. */
GB_DEVICE i64 elementOf(int j) { return (i64(blockIdx.x) * kIndexEach + j) * blockDim.x + threadIdx.x; }

/** The same where the last threads take the last of n elements again, so that nothing stands between their reads and the others'. */
GB_DEVICE u32 elementWithin(int j, u32 n) {
  const i64 i = elementOf(j);
  return i < n ? u32(i) : n - 1;
}

#if defined(GB_SIZE)
/** What is moved as one: an element, or neighbours. */
#if GB_SIZE == 16
using Bits = Vector<u64, 2>;
#else
using Bits = BitsOf<GB_SIZE>::Type;
#endif
#endif

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

}  // namespace cuda
}  // namespace gb
