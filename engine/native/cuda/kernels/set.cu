// Setting values at places that an index names: of the positions that name one place the last one's value stays. Macro: GB_SIZE
// (bytes of an element, or of neighbours that are moved as one).
#include "cuda/kernels/index.cuh"

namespace gb {
namespace cuda {

/** −1 for every place that is named: what atomicMax begins with, where places are many more than positions. */
extern "C" __global__ void clearBlocks(IndexArguments index, i32* last, i64 n) {
  const i64 i = globalThread();
  if (i >= n) return;
  const i64 key = Blocks{index, nullptr, nullptr}.key(i);
  if (key >= 0) last[key] = -1;
}

/** The last position of each place. */
extern "C" __global__ void lastBlocks(IndexArguments index, i32* last, i64 n) {
  const i64 i = globalThread();
  if (i >= n) return;
  const Blocks source{index, nullptr, nullptr};
  const i64 key = source.key(i);
  if (key < 0) return source.refuse(i);
  atomicMax(last + key, i32(i));
}

/** walk: the block's dimensions, then the index: operands values and base (which stands still along the index). */
extern "C" __global__ void setBlocks(char* base, const char* values, IndexArguments index, const i32* last, Walk<2> walk,
                                     Divisor block, u32 n) {
  const Blocks source{index, nullptr, nullptr};
  i64 at[kIndexEach][2];
  u32 positions[kIndexEach];
  i32 lasts[kIndexEach];
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    const u32 i = elementWithin(j, n);
    locate(walk, i, at[j]);
    positions[j] = divide(i, block);
  }
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    const i64 key = source.key(positions[j]);
    lasts[j] = key < 0 ? -1 : last[key];
  }
  Bits own[kIndexEach];
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) own[j] = *reinterpret_cast<const Bits*>(values + at[j][0]);
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    if (lasts[j] != i32(positions[j]) || elementOf(j) >= n) continue;
    *reinterpret_cast<Bits*>(base + at[j][1] + source.offset(positions[j])) = own[j];
  }
}

/** Positions along a dimension: byte offsets into other and x, the latter −1 where the index is out of bounds. */
struct Targets {
  i64 other[kIndexEach], x[kIndexEach];

  GB_DEVICE Targets(const char* index, const Walk<3>& walk, const Line& line, u32 n, bool refuses) {
    const char* from[kIndexEach];
    i64 places[kIndexEach];
#pragma unroll
    for (int j = 0; j < kIndexEach; j++) {
      i64 at[3];
      locate(walk, elementWithin(j, n), at);
      from[j] = index + at[1];
      other[j] = at[0];
      x[j] = at[2];
      places[j] = *reinterpret_cast<const i64*>(from[j]);
    }
#pragma unroll
    for (int j = 0; j < kIndexEach; j++) {
      const bool there = places[j] >= 0 && places[j] < line.size;
      x[j] = there ? x[j] + places[j] * line.x : -1;
      if (!there && refuses) report(line.fault, line.op, line.dimension, places[j], line.size);
    }
  }
};

/** walk over the index: operands other, index, x (which stands still along the dimension). As clearBlocks; `last` has x's elements. */
extern "C" __global__ void clearAlong(const char* index, i32* last, Walk<3> walk, Line line, u32 n) {
  const Targets target(index, walk, line, n, false);
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    if (target.x[j] >= 0) last[target.x[j] / GB_SIZE] = -1;
  }
}

extern "C" __global__ void lastAlong(const char* index, i32* last, Walk<3> walk, Line line, u32 n) {
  const Targets target(index, walk, line, n, true);
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    if (target.x[j] >= 0) atomicMax(last + target.x[j] / GB_SIZE, i32(elementWithin(j, n)));
  }
}

extern "C" __global__ void setAlong(const char* other, const char* index, char* x, const i32* last, Walk<3> walk, Line line, u32 n) {
  const Targets target(index, walk, line, n, false);
  i32 lasts[kIndexEach];
  Bits own[kIndexEach];
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    lasts[j] = target.x[j] >= 0 ? last[target.x[j] / GB_SIZE] : -1;
    own[j] = *reinterpret_cast<const Bits*>(other + target.other[j]);
  }
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    if (lasts[j] == i32(elementWithin(j, n)) && elementOf(j) < n) *reinterpret_cast<Bits*>(x + target.x[j]) = own[j];
  }
}

/** The same for lines of few places: a block for each keeps what is last in its own memory. walk over all but the dimension. */
extern "C" __global__ void setLines(const char* other, const char* index, char* x, Walk<3> walk, Line line) {
  __shared__ i32 last[kLinePlaces];
  const int size = int(line.size), length = int(line.length);
  i64 at[3];
  locate(walk, blockIdx.x, at);
  for (int p = threadIdx.x; p < size; p += blockDim.x) last[p] = -1;
  __syncthreads();
  const Elements source{line, index + at[1], nullptr, nullptr};
  for (int first = threadIdx.x; first < length; first += kIndexEach * blockDim.x) {
    i64 keys[kIndexEach];
#pragma unroll
    for (int j = 0; j < kIndexEach; j++) {
      const int k = first + j * int(blockDim.x);
      keys[j] = k < length ? source.at(k) : 0;
    }
#pragma unroll
    for (int j = 0; j < kIndexEach; j++) {
      const int k = first + j * int(blockDim.x);
      if (k >= length) continue;
      if (keys[j] >= 0 && keys[j] < size) {
        atomicMax(last + keys[j], k);
      } else {
        source.refuse(k);
      }
    }
  }
  __syncthreads();
  for (int first = threadIdx.x; first < size; first += kIndexEach * blockDim.x) {
    Bits own[kIndexEach];
    int from[kIndexEach];
#pragma unroll
    for (int j = 0; j < kIndexEach; j++) {
      const int p = first + j * int(blockDim.x);
      from[j] = p < size ? last[p] : -1;
      if (from[j] >= 0) own[j] = *reinterpret_cast<const Bits*>(other + at[0] + from[j] * line.other);
    }
#pragma unroll
    for (int j = 0; j < kIndexEach; j++) {
      if (from[j] >= 0) *reinterpret_cast<Bits*>(x + at[2] + (first + j * int(blockDim.x)) * line.x) = own[j];
    }
  }
}

}  // namespace cuda
}  // namespace gb
