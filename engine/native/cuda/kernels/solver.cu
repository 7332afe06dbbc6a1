// Before and after the decompositions of cuSOLVER (cuda/ops/solver.h), of GB_T.
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

}  // namespace cuda
}  // namespace gb
