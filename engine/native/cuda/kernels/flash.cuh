// Attention of half types on tensor cores (tensor_core.cuh): FlashAttention-2's order of work (Dao 2023). A warp has rows of
// the scores for itself, so that their softmax needs no other warp, and what it rounds to the half type is, in the registers where
// it lies, an operand of the next product. Sums and softmax are float. Macros: GB_H (gb::Half or gb::BFloat16), GB_WIDTH (columns
// of query, key and value at most: 32, 64, 96 or 128; what is missing is zero).
//
// The budget for [8, 8, 1024, 64]: no score leaves the chip, and what is read again is 16 MB, which the second-level cache holds;
// so it is the 17 GFLOP of two products forward, at some 300 TFLOP/s of mma.sync on an H100 57 us. A warp's product takes a B of 256
// bytes from shared memory, which gives 128 bytes a cycle: one block of 16 rows for each warp would bound the rate at 2048 FLOP a
// cycle for each multiprocessor (460 TFLOP/s), so that warps of narrow heads take two blocks by the same B.
#pragma once
#include "cuda/kernels/heads.cuh"
#include "cuda/kernels/tensor_core.cuh"

namespace gb {
namespace cuda {

using H = GB_H;
constexpr int kWidth = GB_WIDTH, kFlashThreads = 128, kWarps = kFlashThreads / kWarp;
/** 16 bytes more than a row needs: eight rows that follow each other then lie in different banks. */
constexpr int kStride = kWidth + 8;

using Row = H[kStride];
using Rows = RowsOf<H>;

/** Rows first … first + kRows of `x`, of which there are `count`, on their way to shared memory; zeros beyond. */
template <int kRows>
GB_DEVICE void fetch(Row* to, const Rows& x, int first, int count) {
  constexpr int kChunk = 8, kChunks = kWidth / kChunk;
  if (x.aligned) {
    // Registers are scarce where heads are wide.
#pragma unroll(kWidth <= 64 ? kRows * kChunks / kFlashThreads : 1)
    for (int i = 0; i < kRows * kChunks / kFlashThreads; i++) {
      const int at = int(threadIdx.x) + i * kFlashThreads, row = at / kChunks, column = at % kChunks * kChunk;
      const bool there = x.has(first + row, column, count);
      copyAsync<16>(&to[row][column], x.at(first + row, column, there), there);
    }
    return;
  }
#pragma unroll 1
  for (int at = int(threadIdx.x); at < kRows * kWidth; at += kFlashThreads) {
    const int row = at / kWidth, column = at % kWidth;
    to[row][column] = x.has(first + row, column, count) ? *x.at(first + row, column, true) : H{0};
  }
}

/** c[n] += a · (rows of b)ᵀ, of kColumns of its rows from `first` on. */
template <int kBlocks, int kColumns>
GB_DEVICE void timesRows(MatrixC (&c)[kBlocks][kColumns / 8], const MatrixA (&a)[kBlocks][kWidth / 16], const Row* b, int first) {
#pragma unroll
  for (int k = 0; k < kWidth / 16; k++) {
#pragma unroll
    for (int n = 0; n < kColumns / 16; n++) {
      u32 two[4];
      loadMatrices(two, quartersByColumn(b, first + n * 16, k * 16));
#pragma unroll
      for (int m = 0; m < kBlocks; m++) {
        multiplyAdd<H>(c[m][2 * n], a[m][k], two[0], two[1]);
        multiplyAdd<H>(c[m][2 * n + 1], a[m][k], two[2], two[3]);
      }
    }
  }
}

/** What products made, rounded to the half type, as a left operand. */
template <int kColumns>
GB_DEVICE void round(MatrixA (&to)[kColumns / 16], const MatrixC (&from)[kColumns / 8]) {
#pragma unroll
  for (int k = 0; k < kColumns / 16; k++) {
#pragma unroll
    for (int w = 0; w < 4; w++) {
      const MatrixC& c = from[2 * k + w / 2];
      to[k][w] = packed<H>(c[w % 2 * 2], c[w % 2 * 2 + 1]);
    }
  }
}

/** c += weights · b, whose rows from `first` on are the weights' columns. */
template <int kBlocks, int kRows>
GB_DEVICE void timesColumns(MatrixC (&c)[kBlocks][kWidth / 8], const MatrixA (&weights)[kBlocks][kRows / 16], const Row* b,
                            int first) {
#pragma unroll
  for (int k = 0; k < kRows / 16; k++) {
#pragma unroll
    for (int n = 0; n < kWidth / 16; n++) {
      u32 two[4];
      loadTransposed(two, quartersByRow(b, first + k * 16, n * 16));
#pragma unroll
      for (int m = 0; m < kBlocks; m++) {
        multiplyAdd<H>(c[m][2 * n], weights[m][k], two[0], two[1]);
        multiplyAdd<H>(c[m][2 * n + 1], weights[m][k], two[2], two[3]);
      }
    }
  }
}

/** Rows of shared memory as left operands: kBlocks times 16 of them. */
template <int kBlocks>
GB_DEVICE void take(MatrixA (&to)[kBlocks][kWidth / 16], const Row* rows, int first) {
#pragma unroll
  for (int m = 0; m < kBlocks; m++) {
#pragma unroll
    for (int k = 0; k < kWidth / 16; k++) loadMatrices(to[m][k], quartersByRow(rows, first + m * 16, k * 16));
  }
}

GB_DEVICE int lane() { return int(threadIdx.x) % kWarp; }
/** The first of a warp's rows. */
template <int kBlocks>
GB_DEVICE int warpRow() {
  return int(threadIdx.x) / kWarp * (16 * kBlocks);
}
/** Where element e of a C lies. */
GB_DEVICE int rowOf(int e) { return lane() / 4 + e / 2 * 8; }
GB_DEVICE int columnOf(int e) { return lane() % 4 * 2 + e % 2; }

/** Over the four lanes that share a row of a C. */
template <class Join>
GB_DEVICE float acrossRow(float value) {
  return acrossLanes<4, Join>(value);
}

/** What is added to a head's scores: nothing where `data` is null. */
struct Mask {
  const H* data;
  i64 row, column;

  GB_DEVICE Mask(const AttentionArguments& a, u32 head)
      : data(a.mask.data ? headOf<H>(a.mask, a, head) : nullptr), row(a.mask.row), column(a.maskColumn) {}

  /** On a score that is the exponent of a power of two. */
  GB_DEVICE static float added(float score, H own) { return scalar::mulAdd(widen(own), kLog2e, score); }
};

/** The mask on scores of 16 queries and kKeys keys. */
template <int kKeys>
GB_DEVICE void addMask(MatrixC (&s)[kKeys / 8], const Mask& mask, int row, int key0, int queries, int keys) {
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int query = row + rowOf(half * 2), key = key0 + columnOf(0);
    const H* from = mask.data + query * mask.row + key * mask.column;
#pragma unroll
    for (int n = 0; n < kKeys / 8; n++) {
#pragma unroll
      for (int e = 0; e < 2; e++) {
        if (query < queries && key + n * 8 + e < keys) s[n][half * 2 + e] = Mask::added(s[n][half * 2 + e], *from);
        from += e == 0 ? mask.column : 7 * mask.column;
      }
    }
  }
}

/** −∞ where the query does not see the key or there is none. */
template <int kKeys>
GB_DEVICE void hide(MatrixC (&s)[kKeys / 8], bool causal, int row, int key0, int keys) {
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int query = row + rowOf(half * 2), end = (causal && query < keys ? query + 1 : keys) - key0 - columnOf(0);
#pragma unroll
    for (int n = 0; n < kKeys / 8; n++) {
#pragma unroll
      for (int e = 0; e < 2; e++) s[n][half * 2 + e] = n * 8 + e < end ? s[n][half * 2 + e] : kNever;
    }
  }
}

/** Rows first … of a head's [rows, columns], row-major: two neighbours at a time where they are on one word. */
template <int kBlocks>
GB_DEVICE void put(void* to, const MatrixC (&c)[kBlocks][kWidth / 8], u32 head, int first, i64 rows, int columns,
                   const float (&factors)[kBlocks][2]) {
  H* const out = static_cast<H*>(to) + head * rows * columns;
#pragma unroll
  for (int m = 0; m < kBlocks; m++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = first + m * 16 + rowOf(half * 2);
      if (row >= rows) continue;
      H* const p = out + i64(row) * columns;
      const float factor = factors[m][half];
#pragma unroll
      for (int n = 0; n < kWidth / 8; n++) {
        const int column = n * 8 + columnOf(0);
        const float left = c[m][n][2 * half] * factor, right = c[m][n][2 * half + 1] * factor;
        if (columns % 2 == 0) {
          if (column < columns) *reinterpret_cast<u32*>(p + column) = packed<H>(left, right);
        } else {
          if (column < columns) p[column] = cast<H>(left);
          if (column + 1 < columns) p[column + 1] = cast<H>(right);
        }
      }
    }
  }
}

}  // namespace cuda
}  // namespace gb
