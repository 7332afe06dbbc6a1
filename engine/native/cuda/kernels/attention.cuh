// Attention without keeping the scores: a block goes through tiles of them, with a softmax that is corrected on the way
// (Milakov and Gimelshein 2018; Dao et al. 2022). For double, and for heads that the faster kernels (attention_tile.cuh, flash.cuh) are
// too narrow for. Macro: GB_T (float or double). A block has 256 threads, and in y a chunk of the
// columns of what it makes.
#pragma once
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/attention_arguments.h"
#include "cuda/kernels/tile.cuh"

namespace gb {
namespace cuda {

using T = GB_T;
constexpr int kSide = 16, kPer = sizeof(T) == 8 ? 2 : 4, kTile = kSide * kPer, kDepth = 16;
/** Steps of the depth that are written out one after the other: more is only longer to compile. */
constexpr int kTogether = 8;
using Sums = T[kPer][kPer];  // element (ty + i·kSide, tx + j·kSide) of a tile
using Square = T[kTile][kTile + 1];
using Strip = T[kDepth][kTile + 1];

constexpr T kNever = -scalar::Limits<T>::infinity;

/** Rows of one head from some row on; `count` of them are there. */
struct Rows {
  const T* data;
  i64 stride, count;

  GB_DEVICE Rows(const HeadRows& x, const AttentionArguments& a, i64 head, i64 first, i64 rows)
      : data(static_cast<const T*>(x.data) + head / a.heads * x.sample + head % a.heads * x.head + first * x.row), stride(x.row),
        count(rows - first) {}
};

GB_DEVICE int tx() { return int(threadIdx.x) % kSide; }
GB_DEVICE int ty() { return int(threadIdx.x) / kSide; }

/** sums = rows of a · rows of b. */
GB_DEVICE void dots(Sums& sums, const Rows& a, const Rows& b, i64 depth, Strip& left, Strip& right) {
#pragma unroll
  for (int i = 0; i < kPer; i++) {
#pragma unroll
    for (int j = 0; j < kPer; j++) sums[i][j] = T(0);
  }
  for (i64 d0 = 0; d0 < depth; d0 += kDepth) {
    __syncthreads();
    const i64 d = d0 + tx();
#pragma unroll
    for (int i = 0; i < kPer; i++) {
      const int row = ty() + i * kSide;
      left[tx()][row] = row < a.count && d < depth ? a.data[row * a.stride + d] : T(0);
      right[tx()][row] = row < b.count && d < depth ? b.data[row * b.stride + d] : T(0);
    }
    __syncthreads();
#pragma unroll kTogether
    for (int k = 0; k < kDepth; k++) {
      addProducts(
          sums, [&](int i) { return left[k][ty() + i * kSide]; }, [&](int j) { return right[k][tx() + j * kSide]; });
    }
  }
}

/** sums += w·x (or wᵀ·x), of the columns of x from `first` on; w is complete when all threads come here. */
template <bool kTransposed>
GB_DEVICE void weighted(Sums& sums, const Square& w, const Rows& x, i64 first, i64 columns, Strip& strip) {
  const int count = x.count < kTile ? int(x.count) : kTile;
  for (int k0 = 0; k0 < count; k0 += kDepth) {
    __syncthreads();
    for (int i = int(threadIdx.x); i < kDepth * kTile; i += 256) {
      const int k = i / kTile, column = i % kTile;
      strip[k][column] = k0 + k < count && first + column < columns ? x.data[(k0 + k) * x.stride + first + column] : T(0);
    }
    __syncthreads();
#pragma unroll kTogether
    for (int k = 0; k < kDepth; k++) {
      const auto own = [&](int i) {
        const int row = ty() + i * kSide;
        return kTransposed ? w[k0 + k][row] : w[row][k0 + k];
      };
      addProducts(sums, own, [&](int j) { return strip[k][tx() + j * kSide]; });
    }
  }
}

/** What a block works on: a tile of queries or keys of a head. */
struct Task {
  i64 head, first;
  GB_DEVICE explicit Task(i64 rows) {
    const i64 tiles = (rows + kTile - 1) / kTile;
    head = blockIdx.x / tiles;
    first = blockIdx.x % tiles * kTile;
  }
};

/** Scores of a tile, −∞ where a query does not see a key or either is not there. */
GB_DEVICE void scores(Sums& s, const AttentionArguments& a, i64 head, i64 query0, i64 key0, Strip& left, Strip& right) {
  dots(s, Rows(a.query, a, head, query0, a.queries), Rows(a.key, a, head, key0, a.keys), a.width, left, right);
  const T* mask = a.mask.data
                      ? static_cast<const T*>(a.mask.data) + head / a.heads * a.mask.sample + head % a.heads * a.mask.head
                      : nullptr;
#pragma unroll
  for (int i = 0; i < kPer; i++) {
    const i64 query = query0 + ty() + i * kSide;
#pragma unroll
    for (int j = 0; j < kPer; j++) {
      const i64 key = key0 + tx() + j * kSide;
      const bool seen = query < a.queries && key < a.keys && (!a.causal || key <= query);
      T score = s[i][j] * T(a.scale);
      if (seen && mask) score += mask[query * a.mask.row + key * a.maskColumn];
      s[i][j] = seen ? score : kNever;
    }
  }
}

/** Over the threads that share rows of a tile: half a warp. */
template <class Join>
GB_DEVICE T acrossRow(T value) {
#pragma unroll
  for (int step = kSide / 2; step > 0; step /= 2) value = Join::join(value, __shfl_xor_sync(kAllLanes, value, step));
  return value;
}

GB_DEVICE i64 keysOf(const AttentionArguments& a, i64 query0) {
  return a.causal && query0 + kTile < a.keys ? query0 + kTile : a.keys;
}

/** The softmax of rows so far: s becomes e^(s − top), and what was summed before must be scaled by `factor`. */
struct Running {
  T top[kPer], sum[kPer], factor[kPer];

  GB_DEVICE Running() {
#pragma unroll
    for (int i = 0; i < kPer; i++) {
      top[i] = kNever;
      sum[i] = T(0);
    }
  }
  GB_DEVICE void take(Sums& s) {
#pragma unroll
    for (int i = 0; i < kPer; i++) {
      T most = s[i][0];
#pragma unroll
      for (int j = 1; j < kPer; j++) most = Larger::join(most, s[i][j]);
      most = Larger::join(top[i], acrossRow<Larger>(most));
      // While no key was seen there is nothing to scale.
      const bool none = most == kNever;
      factor[i] = none ? T(1) : scalar::exp(top[i] - most);
      T own = T(0);
#pragma unroll
      for (int j = 0; j < kPer; j++) own += s[i][j] = none ? T(0) : scalar::exp(s[i][j] - most);
      sum[i] = sum[i] * factor[i] + acrossRow<Plus>(own);
      top[i] = most;
    }
  }
};

GB_DEVICE void keep(Square& to, const Sums& s) {
#pragma unroll
  for (int i = 0; i < kPer; i++) {
#pragma unroll
    for (int j = 0; j < kPer; j++) to[ty() + i * kSide][tx() + j * kSide] = s[i][j];
  }
}

/** Rows first … of a head's [rows, columns], row-major. */
GB_DEVICE void put(void* to, const Sums& s, i64 head, i64 first, i64 rows, i64 column0, i64 columns, T factor) {
#pragma unroll
  for (int i = 0; i < kPer; i++) {
    const i64 row = first + ty() + i * kSide;
#pragma unroll
    for (int j = 0; j < kPer; j++) {
      const i64 column = column0 + tx() + j * kSide;
      if (row < rows && column < columns) static_cast<T*>(to)[(head * rows + row) * columns + column] = s[i][j] * factor;
    }
  }
}

}  // namespace cuda
}  // namespace gb
