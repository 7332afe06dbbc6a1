// Reading and writing through indices. Macro: GB_SIZE (bytes of an element) for what only moves elements.
#include "cuda/kernels/block.cuh"
#include "scalar/binary.h"

namespace gb {
namespace cuda {

using Bits = BitsOf<GB_SIZE>::Type;

/** Byte offset of the block that position i of the index tensors names; −1 where one is out of bounds. */
GB_DEVICE i64 blockOffset(const IndexArguments& index, i64 i) {
  i64 offset = 0;
  for (int k = 0; k < index.count; k++) {
    i64 at = index.at[k][i];
    if (at < 0 && index.fromEnd) at += index.sizes[k];
    if (at < 0 || at >= index.sizes[k]) {
      report(index.fault, index.op, k, index.at[k][i], index.sizes[k]);
      return -1;
    }
    offset += at * index.strides[k];
  }
  return offset;
}

/** dst += factor·src in the type that arithmetic runs in; types that compute in the same one agree. */
GB_DEVICE void addTo(char* dst, const char* src, int type, double factor) {
  switch (type) {
    case 5:
    case 6:
    case 9: return storeAs<float>(dst, type, loadAs<float>(dst, type) + float(factor) * loadAs<float>(src, type));
    case 7: return storeAs<double>(dst, type, loadAs<double>(dst, type) + factor * loadAs<double>(src, type));
  }
  storeAs<i64>(dst, type, loadAs<i64>(dst, type) + i64(factor) * loadAs<i64>(src, type));
}

/** Indices are checked also where nothing is read. */
extern "C" __global__ void check(IndexArguments index, i64 n) {
  const i64 i = globalThread();
  if (i < n) blockOffset(index, i);
}

/** walk: the block's dimensions, then the index: operands out and base (which stands still along the index). */
extern "C" __global__ void gatherBlocks(char* out, const char* base, IndexArguments index, Walk<2> walk, u32 block, u32 n) {
  const i64 i = globalThread();
  if (i >= n) return;
  i64 at[2];
  locate(walk, u32(i), at);
  const i64 offset = blockOffset(index, i / block);
  if (offset >= 0) *reinterpret_cast<Bits*>(out + at[0]) = *reinterpret_cast<const Bits*>(base + at[1] + offset);
}

/**
 * A thread for each element of the block, which takes the index in order: for wide blocks and short indices. scatter.cu has the
 * others.
 */
extern "C" __global__ void scatterBlocks(char* base, const char* values, i64 valueStep, int type, IndexArguments index,
                                         Walk<2> walk, u32 block, i64 count, bool add, double factor) {
  const i64 thread = globalThread();
  if (thread >= block) return;
  i64 at[2];
  locate(walk, u32(thread), at);
  for (i64 i = 0; i < count; i++) {
    const i64 offset = blockOffset(index, i);
    if (offset < 0) continue;
    char* dst = base + at[0] + offset;
    const char* src = values + at[1] + i * valueStep;
    if (add) {
      addTo(dst, src, type, factor);
    } else {
      *reinterpret_cast<Bits*>(dst) = *reinterpret_cast<const Bits*>(src);
    }
  }
}

/** How a value goes into a place along a dimension: the codes of Along. */
enum Mode { kSet = 1, kAdd, kMultiply, kMaximum, kMinimum };

template <class C>
GB_DEVICE void combine(char* dst, const char* src, int type, int mode) {
  const C a = loadAs<C>(dst, type), b = loadAs<C>(src, type);
  const C result = mode == kAdd        ? scalar::add(a, b)
                   : mode == kMultiply ? scalar::mul(a, b)
                   : mode == kMaximum  ? scalar::maximum(a, b)
                                       : scalar::minimum(a, b);
  storeAs<C>(dst, type, result);
}

GB_DEVICE i64 placeOf(const char* index, const Line& line) {
  const i64 at = *reinterpret_cast<const i64*>(index);
  if (at >= 0 && at < line.size) return at;
  report(line.fault, line.op, line.dimension, at, line.size);
  return -1;
}

/** walk over all but the dimension: operands other, index, x. */
extern "C" __global__ void gatherAlong(char* other, const char* index, const char* x, Walk<3> walk, Line line, u32 lines) {
  const i64 i = globalThread();
  if (i >= i64(lines) * line.length) return;
  i64 at[3];
  locate(walk, u32(i % lines), at);
  const i64 k = i / lines;
  const i64 place = placeOf(index + at[1] + k * line.index, line);
  if (place < 0) return;
  *reinterpret_cast<Bits*>(other + at[0] + k * line.other) = *reinterpret_cast<const Bits*>(x + at[2] + place * line.x);
}

/** A thread for each line, which it takes in order: for many lines and short ones. scatter.cu has the others. */
extern "C" __global__ void scatterAlong(const char* other, const char* index, char* x, Walk<3> walk, Line line, u32 lines,
                                        int mode) {
  const i64 thread = globalThread();
  if (thread >= lines) return;
  i64 at[3];
  locate(walk, u32(thread), at);
  for (i64 k = 0; k < line.length; k++) {
    const i64 place = placeOf(index + at[1] + k * line.index, line);
    if (place < 0) continue;
    char* dst = x + at[2] + place * line.x;
    const char* src = other + at[0] + k * line.other;
    if (mode == kSet) {
      *reinterpret_cast<Bits*>(dst) = *reinterpret_cast<const Bits*>(src);
    } else if (line.type == 7) {
      combine<double>(dst, src, line.type, mode);
    } else if (line.type == 5 || line.type == 6 || line.type == 9) {
      combine<float>(dst, src, line.type, mode);
    } else {
      combine<i64>(dst, src, line.type, mode);
    }
  }
}

}  // namespace cuda
}  // namespace gb
