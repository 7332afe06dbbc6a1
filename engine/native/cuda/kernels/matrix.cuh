// What kernels on matrices have in common. A block takes one row-major matrix of doubles; it has 32, 64, 128 or 256 threads
// (panels have more, which take no part in `forEntries`).
#pragma once
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

constexpr int kMostThreads = 256;
constexpr double kEpsilon = 2.220446049250313e-16, kSmallest = 2.2250738585072014e-308;

/** The block's threads as rows of up to `most` lanes, which take neighbouring columns. */
struct Lanes {
  int wide = 1, column, groups, group;
  GB_DEVICE Lanes(i64 columns, int most) {
    while (wide < columns && wide < most && wide < int(blockDim.x)) wide *= 2;
    column = threadIdx.x % wide;
    group = threadIdx.x / wide;
    groups = blockDim.x / wide;
  }
};

/** f(row, column) for rows first … rows and columns from … columns. */
template <class F>
GB_DEVICE void forEntries(i64 first, i64 rows, i64 from, i64 columns, const F& f) {
  const Lanes at(columns - from, kMostThreads);
  for (i64 i = first + at.group; i < rows; i += at.groups) {
    for (i64 j = from + at.column; j < columns; j += at.wide) f(i, j);
  }
}

GB_DEVICE void setIdentity(double* m, i64 rows, i64 columns) {
  forEntries(0, rows, 0, columns, [&](i64 i, i64 j) { m[i * columns + j] = i == j; });
}

/** The lower triangle of m [n, n], whose rows stand `lead` apart, becomes its factor; the order of the first minor that is not
 * positive, or 0. */
GB_DEVICE i64 choleskyColumns(double* m, i64 lead, i64 n) {
  i64 failed = 0;
  for (i64 k = 0; k < n; k++) {
    const double diagonal = m[k * lead + k], root = scalar::sqrt(diagonal);
    if (!(diagonal > 0) && failed == 0) failed = k + 1;
    __syncthreads();
    if (threadIdx.x == 0) m[k * lead + k] = root;
    for (i64 i = k + 1 + threadIdx.x; i < n; i += blockDim.x) m[i * lead + k] /= root;
    __syncthreads();
    forEntries(k + 1, n, k + 1, n, [&](i64 i, i64 j) {
      if (j <= i) m[i * lead + j] -= m[i * lead + k] * m[j * lead + k];
    });
    __syncthreads();
  }
  return failed;
}

}  // namespace cuda
}  // namespace gb
