// Attention of float32 with heads of at most 64 columns: tiles of 64 rows in shared memory, of whose products a thread has 8 × 4.
// Macros: GB_WIDTH (32 or 64 columns; what is missing is zero), GB_MASK (1: a mask is added to the scores).
//
// The budget for [8, 8, 1024, 64] on an H100 (some 59 TFLOP/s of float32 outside of tensor cores): 17 GFLOP forward, 290 us; 60 GFLOP
// backward, 1.0 ms, with the scores made twice, since sums over blocks would need atomic additions, in whatever order. Memory has
// nothing to do: 64 MB go by once. What binds is how fast shared memory feeds the multipliers: for 128 multiply-adds a thread reads 8
// and 4 times 16 bytes. A warp's rows are of 2 and 16 addresses, 16 bytes wide: 1 and 2 wavefronts of 128 bytes, 16 cycles, while the
// multipliers take 32.
//
// Thread (tx, ty) of 16 × 8 has rows ty + 8i and, of scores, columns tx + 16j; of results columns from tx · kOut on. Chunks of 16
// bytes change places by the last three bits of their row, so that rows that are read together lie in different banks.
#pragma once
#include "cuda/kernels/heads.cuh"
#include "cuda/kernels/shared.cuh"

namespace gb {
namespace cuda {

constexpr int kWidth = GB_WIDTH, kTile = 64, kTileThreads = 128, kAcross = 16, kDown = 8;
constexpr int kRows = kTile / kDown, kColumns = kTile / kAcross, kOut = kWidth / kAcross;
/** Numbers of a tile of rows, and of one of scores. */
constexpr int kArea = kTile * kWidth, kSquare = kTile * kTile;

using Scores = float[kRows][kColumns];
using Sums = float[kRows][kOut];
using Four = Vector<float, 4>;

GB_DEVICE int tx() { return int(threadIdx.x) % kAcross; }
GB_DEVICE int ty() { return int(threadIdx.x) / kAcross; }

/** Where a number lies in a tile of rows of kLength. */
template <int kLength>
GB_DEVICE int placeOf(int row, int column) {
  return row * kLength + ((column / 4 ^ (row & 7)) * 4) + column % 4;
}

using Rows = RowsOf<float>;

/** Rows first … first + 63 of `x`, of which there are `count`, on their way to shared memory; zeros beyond. */
GB_DEVICE void fetch(float* to, const Rows& x, int first, int count) {
  if (x.aligned) {
#pragma unroll 4
    for (int i = 0; i < kArea / 4 / kTileThreads; i++) {
      const int at = int(threadIdx.x) + i * kTileThreads, row = at / (kWidth / 4), column = at % (kWidth / 4) * 4;
      const bool there = x.has(first + row, column, count);
      copyAsync<16>(to + placeOf<kWidth>(row, column), x.at(first + row, column, there), there);
    }
    return;
  }
#pragma unroll 1
  for (int at = int(threadIdx.x); at < kArea; at += kTileThreads) {
    const int row = at / kWidth, column = at % kWidth;
    to[placeOf<kWidth>(row, column)] = x.has(first + row, column, count) ? *x.at(first + row, column, true) : 0.0f;
  }
}

// One step of products at a time: other warps fill the wait for its operands, and registers are for sums.

/** s = (rows of a) · (rows of b)ᵀ. */
GB_DEVICE void dots(Scores& s, const float* a, const float* b) {
#pragma unroll
  for (int i = 0; i < kRows; i++) {
#pragma unroll
    for (int j = 0; j < kColumns; j++) s[i][j] = 0.0f;
  }
#pragma unroll 1
  for (int c = 0; c < kWidth; c += 4) {
    Four right[kColumns];
    const int left0 = placeOf<kWidth>(ty(), c), right0 = placeOf<kWidth>(tx(), c);
#pragma unroll
    for (int j = 0; j < kColumns; j++) right[j] = *reinterpret_cast<const Four*>(b + right0 + j * kAcross * kWidth);
#pragma unroll
    for (int i = 0; i < kRows; i++) {
      const Four left = *reinterpret_cast<const Four*>(a + left0 + i * kDown * kWidth);
#pragma unroll
      for (int k = 0; k < 4; k++) {
#pragma unroll
        for (int j = 0; j < kColumns; j++) s[i][j] = scalar::mulAdd(left.at[k], right[j].at[k], s[i][j]);
      }
    }
  }
}

/** sums += w · x, with w a tile of scores and x one of rows. */
GB_DEVICE void weighted(Sums& sums, const float* w, const float* x) {
#pragma unroll 1
  for (int c = 0; c < kTile; c += 4) {
    using Out = Vector<float, kOut>;
    Out right[4];
    const int left0 = placeOf<kTile>(ty(), c);
#pragma unroll
    for (int k = 0; k < 4; k++) right[k] = *reinterpret_cast<const Out*>(x + placeOf<kWidth>(c + k, tx() * kOut));
#pragma unroll
    for (int i = 0; i < kRows; i++) {
      const Four left = *reinterpret_cast<const Four*>(w + left0 + i * kDown * kTile);
#pragma unroll
      for (int k = 0; k < 4; k++) {
#pragma unroll
        for (int j = 0; j < kOut; j++) sums[i][j] = scalar::mulAdd(left.at[k], right[k].at[j], sums[i][j]);
      }
    }
  }
}

/** A thread's scores into a tile. */
GB_DEVICE void keep(float* to, const Scores& s) {
#pragma unroll
  for (int i = 0; i < kRows; i++) {
#pragma unroll
    for (int j = 0; j < kColumns; j++) to[placeOf<kTile>(ty() + i * kDown, tx() + j * kAcross)] = s[i][j];
  }
}

/** Over the threads that share a row: half a warp. */
template <class Join>
GB_DEVICE float acrossRow(float value) {
  return acrossLanes<kAcross, Join>(value);
}

/** From products to scores, as powers of two; −∞ where the query does not see the key or there is none. Columns are keys, or kTransposed queries. */
template <bool kTransposed>
GB_DEVICE void scores(Scores& s, const AttentionArguments& a, u32 head, int query0, int key0) {
  const float scale = float(a.scale) * kLog2e;
#pragma unroll
  for (int i = 0; i < kRows; i++) {
#pragma unroll
    for (int j = 0; j < kColumns; j++) s[i][j] *= scale;
  }
  const int query = query0 + (kTransposed ? tx() : ty()), key = key0 + (kTransposed ? ty() : tx());
  constexpr int kQueryStep = kTransposed ? kAcross : kDown, kKeyStep = kTransposed ? kDown : kAcross;
  if (GB_MASK) {
    const float* const mask = headOf<float>(a.mask, a, head) + query * a.mask.row + key * a.maskColumn;
#pragma unroll
    for (int i = 0; i < kRows; i++) {
#pragma unroll
      for (int j = 0; j < kColumns; j++) {
        const int q = (kTransposed ? j : i) * kQueryStep, k = (kTransposed ? i : j) * kKeyStep;
        if (query + q < int(a.queries) && key + k < int(a.keys)) {
          s[i][j] = scalar::mulAdd(mask[q * a.mask.row + k * a.maskColumn], kLog2e, s[i][j]);
        }
      }
    }
  }
  // Rows of queries that are not there are not kept; as columns they have no gradient.
  if (key0 + kTile <= int(a.keys) && (!a.causal || key0 + kTile - 1 <= query0)) return;
#pragma unroll
  for (int i = 0; i < kRows; i++) {
#pragma unroll
    for (int j = 0; j < kColumns; j++) {
      const int q = query + (kTransposed ? j : i) * kQueryStep, k = key + (kTransposed ? i : j) * kKeyStep;
      if (k >= int(a.keys) || (a.causal && k > q)) s[i][j] = kNever;
    }
  }
}

/** Rows first … of a head's [rows, columns], row-major. */
GB_DEVICE void put(void* to, const Sums& s, u32 head, int first, i64 rows, i64 columns, float factor) {
#pragma unroll
  for (int i = 0; i < kRows; i++) {
    const int row = first + ty() + i * kDown;
    if (row >= rows) continue;
    float* const p = static_cast<float*>(to) + (head * rows + row) * columns;
#pragma unroll
    for (int j = 0; j < kOut; j++) {
      const int column = tx() * kOut + j;
      if (column < columns) p[column] = s[i][j] * factor;
    }
  }
}

}  // namespace cuda
}  // namespace gb
