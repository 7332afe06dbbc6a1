// The gradient of a convolution's weight: result channels × (channel, tap), summed over all places of all images. Macro: GB_T
// (float or double). The depth is cut into parts, whose sums are joined in their order.
#include "cuda/kernels/conv.cuh"

namespace gb {
namespace cuda {

using T = GB_T;
constexpr int kTile = 64, kDepth = 16, kPer = 4, kSide = 16, kThreads = 256;

/** A place of an image: the element of y's channel 0 of the group, and of x's, with the first tap's coordinates. */
struct Position {
  i64 y, x;
  int atZ, atY, atX;
};

GB_DEVICE Position positionAt(const ConvWeightArguments& a, i64 group, u32 k) {
  const u32 place = split(k, a.byPlaces);
  u32 rest = place;
  const int x = int(split(rest, a.out[2])) * a.stride[2] - a.padding[2];
  const int y = int(split(rest, a.out[1])) * a.stride[1] - a.padding[1];
  const int z = int(rest) * a.stride[0] - a.padding[0];
  const i64 image = i64(k) * a.groups + group;
  return {image * a.features * a.outVolume + place,
          image * a.channels * a.inVolume + (i64(z) * a.in[1] + y) * a.in[2] + x, z, y, x};
}

/** A (channel, tap): how far it lies from the first tap of channel 0. */
struct Offset {
  i64 x;
  int atZ, atY, atX;
  bool there;

  GB_DEVICE Offset() {}
  GB_DEVICE Offset(const ConvWeightArguments& a, i64 column) {
    there = column < a.channels * a.byTaps.d;
    u32 channel = u32(there ? column : 0);
    u32 tap = split(channel, a.byTaps);
    atX = int(split(tap, a.kernel[2])) * a.dilation[2];
    atY = int(split(tap, a.kernel[1])) * a.dilation[1];
    atZ = int(tap) * a.dilation[0];
    x = channel * a.inVolume + (i64(atZ) * a.in[1] + atY) * a.in[2] + atX;
  }
};

GB_DEVICE T valueAt(const ConvWeightArguments& a, const Position& p, const Offset& o) {
  const bool there = o.there && inside(p.atZ + o.atZ, a.in[0]) && inside(p.atY + o.atY, a.in[1]) && inside(p.atX + o.atX, a.in[2]);
  return there ? static_cast<const T*>(a.x)[p.x + o.x] : T(0);
}

GB_DEVICE void put(const ConvWeightArguments& a, i64 group, i64 row, i64 column, u32 part, T sum) {
  const i64 at = (group * a.features + row) * a.channels * a.byTaps.d + column;
  if (a.partial) {
    static_cast<T*>(a.partial)[part * a.weights + at] = sum;
  } else {
    static_cast<T*>(a.weight)[at] = sum;
  }
}

/** x: tiles of columns and parts; y: tiles of rows; z: groups. */
extern "C" __global__ void __launch_bounds__(256) convWeight(ConvWeightArguments a) {
  __shared__ T left[kDepth][kTile + 1], right[kDepth][kTile + 1];
  __shared__ Position positions[2][kDepth];
  const u32 part = blockIdx.x % a.parts;
  const i64 group = a.firstGroup + blockIdx.z, column0 = i64(blockIdx.x / a.parts) * kTile, row0 = i64(blockIdx.y) * kTile;
  const u32 from = u32(part * a.perPart), end = u32(from + a.perPart < a.depth ? from + a.perPart : a.depth);
  const int thread = int(threadIdx.x), tx = thread % kSide, ty = thread / kSide, k = thread % kDepth;
  const T* y = static_cast<const T*>(a.y);
  Offset offsets[kPer];
#pragma unroll
  for (int i = 0; i < kPer; i++) offsets[i] = Offset(a, column0 + thread / kDepth + i * kSide);
  T sums[kPer][kPer] = {};
  if (thread < kDepth && from + thread < end) positions[0][thread] = positionAt(a, group, from + thread);
  for (u32 k0 = from, turn = 0; k0 < end; k0 += kDepth, turn ^= 1) {
    __syncthreads();
    const Position& own = positions[turn][k];
    const bool there = k0 + k < end;
#pragma unroll
    for (int i = 0; i < kPer; i++) {
      const int at = thread / kDepth + i * kSide;
      left[k][at] = there && row0 + at < a.features ? y[own.y + (row0 + at) * a.outVolume] : T(0);
      right[k][at] = there ? valueAt(a, own, offsets[i]) : T(0);
    }
    if (thread < kDepth && k0 + kDepth + thread < end) positions[turn ^ 1][thread] = positionAt(a, group, k0 + kDepth + thread);
    __syncthreads();
#pragma unroll
    for (int d = 0; d < kDepth; d++) {
      addProducts(
          sums, [&](int i) { return left[d][ty + i * kSide]; }, [&](int j) { return right[d][tx + j * kSide]; });
    }
  }
#pragma unroll
  for (int i = 0; i < kPer; i++) {
#pragma unroll
    for (int j = 0; j < kPer; j++) {
      const i64 row = row0 + ty + i * kSide, column = column0 + tx + j * kSide;
      if (row < a.features && column < a.channels * a.byTaps.d) put(a, group, row, column, part, sums[i][j]);
    }
  }
}

/** A block for each element of the weight and part: for groups of few result channels. */
extern "C" __global__ void __launch_bounds__(256) convWeightOne(ConvWeightArguments a) {
  const u32 part = blockIdx.y;
  const i64 own = a.channels * a.byTaps.d, at = blockIdx.x, column = at % own, feature = at / own;
  const i64 group = feature / a.features, row = feature % a.features;
  const u32 from = u32(part * a.perPart), end = u32(from + a.perPart < a.depth ? from + a.perPart : a.depth);
  const Offset offset(a, column);
  double total = 0;
  for (u32 k = from + threadIdx.x; k < end; k += 4 * kThreads) {
    T sum = T(0);
    for (u32 j = 0; j < 4 && k + j * kThreads < end; j++) {
      const Position p = positionAt(a, group, k + j * kThreads);
      sum = scalar::mulAdd(static_cast<const T*>(a.y)[p.y + row * a.outVolume], valueAt(a, p, offset), sum);
    }
    total += double(sum);
  }
  total = blockJoin<Plus>(total);
  if (threadIdx.x == 0) put(a, group, row, column, part, T(total));
}

/**
 * For few columns: every thread of a block sums all of a small tile of the weight over its share of the places, so that a result's
 * element is read once for all columns. x: parts; y and z: tiles of columns and rows.
 */
extern "C" __global__ void __launch_bounds__(256) convWeightFew(ConvWeightArguments a) {
  __shared__ Offset offsets[kFewColumns];
  __shared__ T warps[kThreads / kWarp][kFewRows * kFewColumns];
  const u32 thread = threadIdx.x, part = blockIdx.x;
  const i64 column0 = i64(blockIdx.y) * kFewColumns, row0 = i64(blockIdx.z) * kFewRows;
  const u32 from = u32(part * a.perPart), end = u32(from + a.perPart < a.depth ? from + a.perPart : a.depth);
  if (thread < kFewColumns) offsets[thread] = Offset(a, column0 + thread);
  __syncthreads();
  T sums[kFewRows][kFewColumns] = {};
  for (u32 k = from + thread; k < end; k += kThreads) {
    const Position p = positionAt(a, 0, k);
    const T* y = static_cast<const T*>(a.y) + p.y + row0 * a.outVolume;
    T left[kFewRows], right[kFewColumns];
    u32 there = 0;
#pragma unroll
    for (int i = 0; i < kFewRows; i++) left[i] = row0 + i < a.features ? y[i * a.outVolume] : T(0);
#pragma unroll
    for (int j = 0; j < kFewColumns; j++) {
      const Offset& o = offsets[j];
      const bool is = o.there && inside(p.atZ + o.atZ, a.in[0]) && inside(p.atY + o.atY, a.in[1]) && inside(p.atX + o.atX, a.in[2]);
      right[j] = is ? static_cast<const T*>(a.x)[p.x + o.x] : T(0);
      there |= u32(is) << j;
    }
    // What meets the padding adds nothing, be it infinite.
#pragma unroll
    for (int j = 0; j < kFewColumns; j++) {
      if (!((there >> j) & 1)) continue;
#pragma unroll
      for (int i = 0; i < kFewRows; i++) sums[i][j] = scalar::mulAdd(left[i], right[j], sums[i][j]);
    }
  }
#pragma unroll
  for (int i = 0; i < kFewRows; i++) {
#pragma unroll
    for (int j = 0; j < kFewColumns; j++) {
      const T sum = warpJoin<Plus>(sums[i][j]);
      if (thread % kWarp == 0) warps[thread / kWarp][i * kFewColumns + j] = sum;
    }
  }
  __syncthreads();
  const i64 row = row0 + thread / kFewColumns, column = column0 + thread % kFewColumns;
  if (thread >= kFewRows * kFewColumns || row >= a.features || column >= a.channels * a.byTaps.d) return;
  double total = 0;
  for (int warp = 0; warp < kThreads / kWarp; warp++) total += double(warps[warp][thread]);
  put(a, 0, row, column, part, T(total));
}

/** Threads side by side take weights, the warps of a block parts. */
extern "C" __global__ void __launch_bounds__(256) joinWeights(ConvWeightArguments a) {
  __shared__ double sums[kThreads / kWarp][kWarp];
  const u32 lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const i64 i = i64(blockIdx.x) * kWarp + lane;
  double sum = 0;
  if (i < a.weights) {
#pragma unroll 4
    for (u32 part = warp; part < a.parts; part += kThreads / kWarp) sum += double(static_cast<const T*>(a.partial)[part * a.weights + i]);
  }
  sums[warp][lane] = sum;
  __syncthreads();
  if (warp > 0 || i >= a.weights) return;
  for (int other = 1; other < kThreads / kWarp; other++) sum += sums[other][lane];
  static_cast<T*>(a.weight)[i] = T(sum);
}

}  // namespace cuda
}  // namespace gb
