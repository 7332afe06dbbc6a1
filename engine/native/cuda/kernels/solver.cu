// Before and after the routines of cuSOLVER (cuda/ops/solver.h), of matrices of GB_T.
#include "cuda/kernels/svd.cuh"

namespace gb {
namespace cuda {

/** Numbers up to here and down to its reciprocal have products of four in the range. */
constexpr double kHarmless = sizeof(GB_T) == 4 ? 0x1p20 : 0x1p200;

/** x: the matrix of a batch, [rows, columns]. */
extern "C" __global__ void __launch_bounds__(1024, 1) prepare(void* a, i64 rows, i64 columns, bool triangle, void* scales, Fault* fault,
                                                              int op) {
  GB_T* m = static_cast<GB_T*>(a) + blockIdx.x * rows * columns;
  const int lane = threadIdx.x % kWarp, warps = blockDim.x / kWarp;
  const auto each = [&](const auto& visit) {
    for (i64 i = threadIdx.x / kWarp; i < rows; i += warps) {
      const i64 end = triangle ? i + 1 : columns;
#pragma unroll 4
      for (i64 j = lane; j < end; j += kWarp) visit(m[i * columns + j]);
    }
  };
  double most = 0;
  each([&](const GB_T& x) { most = Larger::join(most, double(scalar::fabs(x))); });
  most = blockJoin<Larger>(most);
  const bool finite = most < scalar::Limits<double>::infinity;
  if (!finite && threadIdx.x == 0) report(fault, op, kNotFinite, blockIdx.x, 0);
  const bool harmless = most == 0 || (most < kHarmless && most > 1 / kHarmless);
  const double scale = harmless || !finite ? 1 : scaleFor(most);
  if (threadIdx.x == 0) static_cast<double*>(scales)[blockIdx.x] = scale;
  if (harmless) return;
  each([&](GB_T& x) { x = finite ? GB_T(x * scale) : GB_T(0); });
}

/** values [batch, n] are divided by their matrix's scale; what did not converge is noted. */
extern "C" __global__ void finish(void* values, const void* scales, const void* info, i64 n, i64 count, Fault* fault, int op) {
  const i64 i = i64(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const i64 matrix = i / n;
  GB_T& value = static_cast<GB_T*>(values)[i];
  value = GB_T(value / static_cast<const double*>(scales)[matrix]);
  if (i % n == 0 && info && static_cast<const int*>(info)[matrix] != 0) report(fault, op, kNoConvergence, matrix, 0);
}

/**
 * Cholesky's factor by columns without what is above its diagonal; info: the library's, or the first place of the diagonal that is not
 * positive, such as a NaN. x: columns, y: matrices.
 */
extern "C" __global__ void lowerFactor(void* a, const void* found, i64* info, i64 n) {
  const i64 column = blockIdx.x, matrix = blockIdx.y;
  GB_T* m = static_cast<GB_T*>(a) + matrix * n * n;
  for (i64 i = threadIdx.x; i < column; i += blockDim.x) m[column * n + i] = 0;
  if (column != 0) return;
  i64 first = n;
  for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
    if (!(m[i * n + i] > 0) && i < first) first = i;
  }
  first = -blockJoin<Larger>(-first);
  const i64 own = static_cast<const int*>(found)[matrix];
  if (threadIdx.x == 0) info[matrix] = own != 0 ? own : first < n ? first + 1 : 0;
}

/** What the library counts from 1 counts from 0, and info [batch] becomes 64 bits wide. */
extern "C" __global__ void pivotsFromZero(i64* pivots, i64 count, const void* found, i64* info, i64 batch) {
  const i64 i = i64(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) pivots[i] -= 1;
  if (i < batch) info[i] = static_cast<const int*>(found)[i];
}

/** The other way; a pivot of none of the n rows is noted, and exchanges nothing. */
extern "C" __global__ void pivotsFromOne(const i64* pivots, i64* to, i64 count, i64 n, Fault* fault, int op) {
  const i64 i = i64(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const i64 place = pivots[i];
  const bool sound = place >= 0 && place < n;
  if (!sound) report(fault, op, kNoPivot, place, n);
  to[i] = (sound ? place : i % n) + 1;
}

}  // namespace cuda
}  // namespace gb
