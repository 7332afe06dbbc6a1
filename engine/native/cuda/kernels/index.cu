// Reading and writing through indices. Macro: GB_SIZE (bytes of an element, or of neighbours that are moved as one) for what only
// moves elements.
#include "cuda/kernels/index.cuh"
#include "scalar/binary.h"

namespace gb {
namespace cuda {

/** Byte offset of the block that position i of the index tensors names, `first` of them; −1 where one is out of bounds. */
GB_DEVICE i64 blockOffset(const IndexArguments& index, i64 i, i64 first) {
  i64 offset = 0;
#pragma unroll 1
  for (int k = 0; k < index.count; k++) {
    const i64 own = k == 0 ? first : index.at[k][i], at = own < 0 && index.fromEnd ? own + index.sizes[k] : own;
    if (at < 0 || at >= index.sizes[k]) {
      report(index.fault, index.op, k, own, index.sizes[k]);
      return -1;
    }
    offset += at * index.strides[k];
  }
  return offset;
}
GB_DEVICE i64 blockOffset(const IndexArguments& index, i64 i) { return blockOffset(index, i, index.at[0][i]); }

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
extern "C" __global__ void gatherBlocks(char* out, const char* base, IndexArguments index, Walk<2> walk, Divisor block, u32 n) {
  i64 at[kIndexEach][2], offsets[kIndexEach];
  u32 positions[kIndexEach];
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    const u32 i = elementWithin(j, n);
    locate(walk, i, at[j]);
    positions[j] = divide(i, block);
    offsets[j] = index.at[0][positions[j]];
  }
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) offsets[j] = blockOffset(index, positions[j], offsets[j]);
  Bits values[kIndexEach];
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    if (offsets[j] >= 0) values[j] = *reinterpret_cast<const Bits*>(base + at[j][1] + offsets[j]);
  }
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    if (offsets[j] >= 0 && elementOf(j) < n) *reinterpret_cast<Bits*>(out + at[j][0]) = values[j];
  }
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

/** A place along a dimension; −1 where there is none. */
GB_DEVICE i64 checked(i64 place, const Line& line) {
  if (place >= 0 && place < line.size) return place;
  report(line.fault, line.op, line.dimension, place, line.size);
  return -1;
}

/** walk over the index: operands other, index, x (which stands still along the dimension). */
extern "C" __global__ void gatherAlong(char* other, const char* index, const char* x, Walk<3> walk, Line line, u32 n) {
  i64 at[kIndexEach][3], places[kIndexEach];
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    locate(walk, elementWithin(j, n), at[j]);
    places[j] = *reinterpret_cast<const i64*>(index + at[j][1]);
  }
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) places[j] = checked(places[j], line);
  Bits values[kIndexEach];
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    if (places[j] >= 0) values[j] = *reinterpret_cast<const Bits*>(x + at[j][2] + places[j] * line.x);
  }
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    if (places[j] >= 0 && elementOf(j) < n) *reinterpret_cast<Bits*>(other + at[j][0]) = values[j];
  }
}

/** A thread for each line, which it takes in order: for many lines and short ones. scatter.cu has the others. */
extern "C" __global__ void scatterAlong(const char* other, const char* index, char* x, Walk<3> walk, Line line, u32 lines,
                                        int mode) {
  const i64 thread = globalThread();
  if (thread >= lines) return;
  i64 at[3];
  locate(walk, u32(thread), at);
  for (i64 k = 0; k < line.length; k++) {
    const i64 place = checked(*reinterpret_cast<const i64*>(index + at[1] + k * line.index), line);
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
