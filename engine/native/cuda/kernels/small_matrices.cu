// Triangular factors of matrices of at most kSmallSide rows and columns, and what is solved with them: a warp takes a matrix, whose rows
// (of right sides the columns) lanes hold in registers. With the choices of the kernels that give a matrix to a block (solve.cu).
#include "cuda/kernels/matrix.cuh"
#include "cuda/kernels/matrix_arguments.h"

namespace gb {
namespace cuda {

static_assert(kSmallSide == kWarp, "a lane for each row");

/** Rows that lie so that lanes may read one each. */
struct Square {
  double at[kSmallSide][kSmallSide + 1];
};

/** `columns` of a row-major matrix, a lane for each. */
GB_DEVICE void fetch(Square& to, const double* from, int rows, i64 lead, i64 columns) {
  const int lane = threadIdx.x % kWarp;
#pragma unroll 8
  for (int i = 0; i < rows; i++) to.at[i][lane] = lane < columns ? from[i * lead + lane] : 0;
  __syncwarp();
}

/** f(j) for 1 ≤ j < left, where j is known to the compiler: it names registers. */
template <class F>
GB_DEVICE void overRest(int left, const F& f) {
  constexpr int kChunk = 8;
#pragma unroll
  for (int from = 0; from < kSmallSide; from += kChunk) {
    if (from >= left) break;
#pragma unroll
    for (int j = from; j < from + kChunk; j++) {
      if (j > 0 && j < left) f(j);
    }
  }
}

/** The warp's number among all. */
GB_DEVICE i64 warpNumber() { return i64(blockIdx.x) * kSmallWarps + threadIdx.x / kWarp; }
GB_DEVICE int laneWhere(bool condition) { return __ffs(int(__ballot_sync(kAllLanes, condition))) - 1; }

extern "C" __global__ void __launch_bounds__(kSmallWarps* kWarp) luSmall(double* a, i64* pivots, i64* info, int rows, int n, i64 batch) {
  __shared__ Square squares[kSmallWarps];
  const int lane = threadIdx.x % kWarp, steps = rows < n ? rows : n;
  const i64 matrix = warpNumber();
  if (matrix >= batch) return;
  Square& s = squares[threadIdx.x / kWarp];
  double *m = a + matrix * rows * n, x[kSmallSide];
  fetch(s, m, rows, n, n);
#pragma unroll
  for (int j = 0; j < kSmallSide; j++) x[j] = lane < rows && j < n ? s.at[lane][j] : 0;
  // Where the lane's row stands: it keeps it, and x begins with the step's column.
  int place = lane, first = 0, own = 0;
  for (int k = 0; k < steps; k++) {
    const bool open = lane < rows && place >= k;
    const double size = scalar::fabs(x[0]), candidate = !open ? -2 : size == size ? size : -1, most = warpJoin<Larger>(candidate);
    // The first of equals; a NaN on the diagonal stays.
    const int found = -warpJoin<Larger>(open && candidate == most ? -place : -kSmallSide);
    const bool stays = __any_sync(kAllLanes, open && place == k && size != size);
    const int to = stays ? k : found, chosen = laneWhere(open && place == to);
    if (lane == k) own = to;
    place = place == k ? to : place == to ? k : place;
    const double pivot = __shfl_sync(kAllLanes, x[0], chosen);
    if (pivot == 0 && first == 0) first = k + 1;
    const bool below = lane < rows && place > k;
    const double factor = below && pivot != 0 ? x[0] / pivot : 0;
    if (below || lane == chosen) s.at[lane][k] = below && pivot != 0 ? factor : x[0];
    overRest(n - k, [&](int j) {
      const double other = __shfl_sync(kAllLanes, x[j], chosen);
      if (lane == chosen) s.at[lane][k + j] = other;
      x[j - 1] = factor != 0 ? x[j] - factor * other : x[j];
    });
  }
  __syncwarp();
  for (int i = 0; i < rows; i++) {
    const int from = laneWhere(lane < rows && place == i);
    if (lane < n) m[i * n + lane] = s.at[from][lane];
  }
  if (lane < steps) pivots[matrix * steps + lane] = own;
  if (lane == 0) info[matrix] = first;
}

extern "C" __global__ void __launch_bounds__(kSmallWarps* kWarp) choleskySmall(double* a, i64* info, int n, i64 batch) {
  __shared__ Square squares[kSmallWarps];
  const int lane = threadIdx.x % kWarp;
  const i64 matrix = warpNumber();
  if (matrix >= batch) return;
  Square& s = squares[threadIdx.x / kWarp];
  double *m = a + matrix * n * n, x[kSmallSide];
  fetch(s, m, n, n, n);
#pragma unroll
  for (int j = 0; j < kSmallSide; j++) x[j] = lane < n && j <= lane ? s.at[lane][j] : 0;
  __syncwarp();
  int failed = 0;
  for (int k = 0; k < n; k++) {
    const double diagonal = __shfl_sync(kAllLanes, x[0], k), root = scalar::sqrt(diagonal);
    if (!(diagonal > 0) && failed == 0) failed = k + 1;
    const double own = lane == k ? root : x[0] / root;
    s.at[lane][k] = lane >= k ? own : 0;
    overRest(n - k, [&](int j) { x[j - 1] = x[j] - own * __shfl_sync(kAllLanes, own, k + j); });
  }
  __syncwarp();
  for (int i = 0; i < n; i++) {
    if (lane < n) m[i * n + lane] = s.at[i][lane];
  }
  if (lane == 0) info[matrix] = failed;
}

/** The lane's column of x becomes the solution of the triangle a. */
GB_DEVICE void substitute(const Square& a, Square& to, int n, bool upper, bool unit) {
  const int lane = threadIdx.x % kWarp;
  double x[kSmallSide];
#pragma unroll
  for (int j = 0; j < kSmallSide; j++) x[j] = j < n ? to.at[upper ? n - 1 - j : j][lane] : 0;
  for (int step = 0; step < n; step++) {
    const int i = upper ? n - 1 - step : step;
    const double value = unit ? x[0] : x[0] / a.at[i][i];
    to.at[i][lane] = value;
    overRest(n - step, [&](int j) {
      const double factor = a.at[upper ? i - j : i + j][i];
      x[j - 1] = factor != 0 ? x[j] - factor * value : x[j];
    });
  }
}

/** Right sides [n, k] of a warp: kWarp columns of one matrix. */
struct Sides {
  i64 matrix, first, k;
  GB_DEVICE Sides(i64 k) : k(k) {
    const i64 parts = (k + kWarp - 1) / kWarp;
    matrix = warpNumber() / parts;
    first = warpNumber() % parts * kWarp;
  }
  GB_DEVICE double* in(double* b, int n) const { return b + matrix * n * k + first; }
  GB_DEVICE void write(double* b, int n, const Square& x) const {
    const int lane = threadIdx.x % kWarp;
    for (int i = 0; lane < k - first && i < n; i++) in(b, n)[i * k + lane] = x.at[i][lane];
  }
};

extern "C" __global__ void __launch_bounds__(kSmallWarps* kWarp) triangularSmall(const double* a, double* b, int n, i64 k, i64 batch,
                                                                                 bool upper, bool unit) {
  __shared__ Square triangles[kSmallWarps], squares[kSmallWarps];
  const Sides sides(k);
  if (sides.matrix >= batch) return;
  Square &triangle = triangles[threadIdx.x / kWarp], &x = squares[threadIdx.x / kWarp];
  fetch(triangle, a + sides.matrix * n * n, n, n, n);
  fetch(x, sides.in(b, n), n, k, k - sides.first);
  substitute(triangle, x, n, upper, unit);
  sides.write(b, n, x);
}

extern "C" __global__ void __launch_bounds__(kSmallWarps* kWarp) luSolveSmall(const double* a, const i64* pivots, double* b, int n, i64 k,
                                                                              i64 batch, Fault* fault, int op) {
  __shared__ Square triangles[kSmallWarps], squares[kSmallWarps];
  const Sides sides(k);
  if (sides.matrix >= batch) return;
  const int lane = threadIdx.x % kWarp;
  const i64 named = lane < n ? pivots[sides.matrix * n + lane] : 0;
  const bool sound = lane >= n || (named >= 0 && named < n);
  if (!sound) report(fault, op, kNoPivot, named, n);
  if (!__all_sync(kAllLanes, sound)) return;
  Square &triangle = triangles[threadIdx.x / kWarp], &x = squares[threadIdx.x / kWarp];
  fetch(triangle, a + sides.matrix * n * n, n, n, n);
  fetch(x, sides.in(b, n), n, k, k - sides.first);
  for (int i = 0; i < n; i++) {
    const int place = __shfl_sync(kAllLanes, int(named), i);
    const double other = x.at[i][lane];
    x.at[i][lane] = x.at[place][lane];
    x.at[place][lane] = other;
  }
  substitute(triangle, x, n, false, true);
  substitute(triangle, x, n, true, false);
  sides.write(b, n, x);
}

}  // namespace cuda
}  // namespace gb
