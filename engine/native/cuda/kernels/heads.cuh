// What attention's kernels of half types (flash.cuh) and of float32 in tiles (attention_tile.cuh) have in common.
#pragma once
#include "cuda/kernels/attention_arguments.h"
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

constexpr float kLog2e = 1.4426950408889634f, kLn2 = 0.6931471805599453f;
constexpr float kNever = -scalar::Limits<float>::infinity;

/** 2^x to 2 units in the last place; a result below 2^-126 is 0. */
GB_DEVICE float exp2Fast(float x) {
#if defined(__CUDA_ARCH__)
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#else
  return ::exp2f(x);
#endif
}

/** Where a head of `x` begins. */
template <class T>
GB_DEVICE const T* headOf(const HeadRows& x, const AttentionArguments& a, u32 head) {
  return static_cast<const T*>(x.data) + head / u32(a.heads) * x.sample + head % u32(a.heads) * x.head;
}

/** A head's rows. */
template <class T>
struct RowsOf {
  const T* data;
  int stride, columns;
  bool aligned;

  GB_DEVICE RowsOf(const HeadRows& x, const AttentionArguments& a, u32 head, i64 columns)
      : data(headOf<T>(x, a, head)), stride(int(x.row)), columns(int(columns)), aligned(x.aligned) {}

  GB_DEVICE bool has(int row, int column, int count) const { return row < count && column < columns; }
  /** An element's address, or that of the first where it is not there. */
  GB_DEVICE const T* at(int row, int column, bool there) const { return data + (there ? row * stride + column : 0); }
};

/** The tile that a block works on. Where each query sees only the keys before it, the longest begin first. */
struct Task {
  u32 head;
  int first;
  GB_DEVICE Task(i64 rows, int tile, const AttentionArguments& a, bool lastFirst) {
    const u32 tiles = u32((rows + tile - 1) / tile), heads = gridDim.x / tiles;
    head = a.causal ? blockIdx.x % heads : blockIdx.x / tiles;
    const u32 at = a.causal ? blockIdx.x / heads : blockIdx.x % tiles;
    first = int(lastFirst && a.causal ? tiles - 1 - at : at) * tile;
  }
};

/** How many keys the tile's queries see, at most. */
GB_DEVICE int keysOf(const AttentionArguments& a, int first, int tile) {
  return a.causal && first + tile < a.keys ? first + tile : int(a.keys);
}

/** Over kLanes lanes behind each other, which share a row. */
template <int kLanes, class Join>
GB_DEVICE float acrossLanes(float value) {
#pragma unroll
  for (int step = kLanes / 2; step > 0; step /= 2) value = Join::join(value, opposite(value, u32(step)));
  return value;
}

}  // namespace cuda
}  // namespace gb
