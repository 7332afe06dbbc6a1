// Large matrices piece by piece (cuda/ops/linalg_blocks.cc): what of LU, Cholesky's factorisation and substitution is no product.
// A panel of few columns and a triangle on the diagonal are for one block of threads, with the one-block kernels' choices;
// exchanges of rows and substitution are shared out by columns. blockIdx.y (of panels and triangles x): the matrix of a batch.
#include "cuda/kernels/matrix.cuh"
#include "cuda/kernels/matrix_arguments.h"

namespace gb {
namespace cuda {

/** Columns from … from + width of LU, whose rows above are done. Half a warp takes a row, a few of them at a time. */
extern "C" __global__ void __launch_bounds__(kPanelThreads, 1) luPanel(double* a, i64* pivots, i64* info, i64 rows, i64 n, i64 from,
                                                                    int width) {
  static_assert(2 * kPanel == kWarp, "a row's columns are lanes");
  __shared__ double top[kPanel];
  const int thread = threadIdx.x, lane = thread % kPanel, groups = blockDim.x / kPanel;
  const i64 steps = rows < n ? rows : n;
  double *m = a + blockIdx.x * rows * n, most = -1;
  i64 at = from, first = from == 0 ? 0 : info[blockIdx.x];
  // Of a thread's rows the first whose element is the largest.
  const auto consider = [&](i64 i, double value) {
    const double size = scalar::fabs(value);
    if (size > most) {
      most = size;
      at = i;
    }
  };
  for (i64 i = from + thread; i < rows; i += blockDim.x) consider(i, m[i * n + from]);
  for (int step = 0; step < width; step++) {
    const i64 k = from + step;
    const double all = blockJoin<Larger>(most), diagonal = m[k * n + k];
    // The first of equals; a NaN on the diagonal stays.
    const i64 found = -blockJoin<Larger>(most == all ? -at : -rows), place = diagonal != diagonal ? k : found;
    __syncthreads();
    if (thread == 0) pivots[blockIdx.x * steps + k] = place;
    if (thread < width) {
      const i64 j = from + thread;
      const double other = m[k * n + j];
      top[thread] = m[place * n + j];
      m[place * n + j] = other;
      m[k * n + j] = top[thread];
    }
    __syncthreads();
    const double pivot = top[step], own = lane < width ? top[lane] : 0;
    if (pivot == 0 && first == 0) first = k + 1;
    most = -1;
    at = k + 1;
    // The halves of a warp go on together.
    for (i64 base = k + 1 + thread / kWarp * 2; base < rows; base += kPanelRows * groups) {
      const i64 row = base + thread / kPanel % 2;
      double values[kPanelRows];
#pragma unroll
      for (int e = 0; e < kPanelRows; e++) {
        const i64 i = row + e * groups;
        values[e] = i < rows && lane >= step && lane < width ? m[i * n + from + lane] : 0;
      }
#pragma unroll
      for (int e = 0; e < kPanelRows; e++) {
        const i64 i = row + e * groups;
        const double below = __shfl_sync(kAllLanes, values[e], step, kPanel), factor = pivot == 0 ? 0 : below / pivot;
        if (i >= rows || lane < step || lane >= width) continue;
        const double value = lane == step ? factor : factor != 0 ? values[e] - factor * own : values[e];
        if (pivot != 0) m[i * n + from + lane] = value;
        if (lane == step + 1) consider(i, value);
      }
    }
    // What is the next row may be another thread's.
    __syncthreads();
  }
  if (thread == 0) info[blockIdx.x] = first;
}

/**
 * Rows first … first + count of some columns change places with those that pivots name, one after the other. Matrices have `rows`
 * rows of `lead` elements. A pivot of none of the rows is noted, and exchanges nothing.
 */
extern "C" __global__ void __launch_bounds__(kExchangeThreads) exchange(double* a, const i64* pivots, i64 rows, i64 lead, i64 perMatrix,
                                                                        i64 first, int count, Columns columns, Fault* fault, int op) {
  constexpr int kGroups = kExchangeThreads / kExchangeColumns, kOwn = 2 * kBlock / kGroups;
  // The rows that take part: first … first + count, then the others that pivots name; and what each will hold.
  __shared__ i64 row[2 * kBlock], source[2 * kBlock];
  __shared__ int slots[kBlock];
  const int thread = threadIdx.x;
  const i64* own = pivots + blockIdx.y * perMatrix + first;
  for (int i = thread; i < count; i += blockDim.x) {
    i64 place = own[i];
    if (place < 0 || place >= rows) {
      report(fault, op, kNoPivot, place, rows);
      place = first + i;
    }
    int slot = i + kBlock;
    if (place >= first && place < first + count) {
      slot = int(place - first);
    } else {
      for (int j = i - 1; j >= 0; j--) slot = own[j] == place ? j + kBlock : slot;
    }
    slots[i] = slot;
    row[i] = source[i] = first + i;
    row[kBlock + i] = source[kBlock + i] = slot == i + kBlock ? place : -1;
  }
  __syncthreads();
  if (thread == 0) {
    for (int i = 0; i < count; i++) {
      const i64 other = source[i];
      source[i] = source[slots[i]];
      source[slots[i]] = other;
    }
  }
  __syncthreads();
  i64 column = i64(blockIdx.x) * kExchangeColumns + thread % kExchangeColumns;
  const bool there = column < columns.count;
  if (column >= columns.hole) column += columns.skip;
  double* m = a + blockIdx.y * rows * lead + column;
  double values[kOwn];
  const auto moves = [&](int slot) { return there && slot % kBlock < count && source[slot] != row[slot]; };
#pragma unroll
  for (int e = 0; e < kOwn; e++) {
    const int slot = thread / kExchangeColumns + e * kGroups;
    if (moves(slot)) values[e] = m[source[slot] * lead];
  }
  __syncthreads();
#pragma unroll
  for (int e = 0; e < kOwn; e++) {
    const int slot = thread / kExchangeColumns + e * kGroups;
    if (moves(slot)) m[row[slot] * lead] = values[e];
  }
}

/**
 * x [count, columns] becomes the solution of the triangle a [count, count]. Steps from row to row and from column to column of x, and
 * from row to row of a; the last two: from matrix to matrix.
 */
extern "C" __global__ void __launch_bounds__(kSolveSide* kBlock) solveBlock(const double* a, double* x, i64 lead, i64 row, i64 column,
                                                                            i64 columns, int count, bool upper, bool unit, i64 aBatch,
                                                                            i64 xBatch) {
  __shared__ double triangle[kBlock][kBlock + 1], known[2][kSolveColumns];
  const int lane = threadIdx.x % kSolveSide, own = threadIdx.x / kSolveSide;
  a += blockIdx.y * aBatch;
  x += blockIdx.y * xBatch;
  for (int i = threadIdx.x; i < count * count; i += blockDim.x) triangle[i / count][i % count] = a[i / count * lead + i % count];
  const i64 first = i64(blockIdx.x) * kSolveColumns + lane;
  double values[kSolveEach];
#pragma unroll
  for (int e = 0; e < kSolveEach; e++) {
    const i64 j = first + e * kSolveSide;
    values[e] = own < count && j < columns ? x[own * row + j * column] : 0;
  }
  __syncthreads();
  for (int step = 0; step < count; step++) {
    const int i = upper ? count - 1 - step : step;
    // Two places in turn: one barrier is enough.
    double* to = known[step % 2] + lane;
#pragma unroll
    for (int e = 0; own == i && e < kSolveEach; e++) {
      if (!unit) values[e] /= triangle[i][i];
      to[e * kSolveSide] = values[e];
    }
    __syncthreads();
    if (own >= count || (upper ? own >= i : own <= i)) continue;
    const double factor = triangle[own][i];
#pragma unroll
    for (int e = 0; factor != 0 && e < kSolveEach; e++) values[e] -= factor * to[e * kSolveSide];
  }
#pragma unroll
  for (int e = 0; e < kSolveEach; e++) {
    const i64 j = first + e * kSolveSide;
    if (own < count && j < columns) x[own * row + j * column] = values[e];
  }
}

/** The block on the diagonal from row `from` on, of which the lower triangle counts, becomes its factor. */
extern "C" __global__ void choleskyBlock(double* a, i64* info, i64 n, i64 from, int count) {
  __shared__ double block[kBlock * (kBlock + 1)];
  constexpr i64 kLead = kBlock + 1;
  double* m = a + blockIdx.x * n * n + from * (n + 1);
  forEntries(0, count, 0, count, [&](i64 i, i64 j) { block[i * kLead + j] = m[i * n + j]; });
  __syncthreads();
  const i64 failed = choleskyColumns(block, kLead, count);
  forEntries(0, count, 0, count, [&](i64 i, i64 j) {
    if (j <= i) m[i * n + j] = block[i * kLead + j];
  });
  if (threadIdx.x == 0 && (from == 0 || info[blockIdx.x] == 0)) info[blockIdx.x] = failed ? from + failed : 0;
}

/** Everything above the diagonal becomes 0; x: rows. */
extern "C" __global__ void clearUpper(double* a, i64 n) {
  double* row = a + (blockIdx.y * n + blockIdx.x) * n;
  for (i64 j = blockIdx.x + 1 + threadIdx.x; j < n; j += blockDim.x) row[j] = 0;
}

}  // namespace cuda
}  // namespace gb
