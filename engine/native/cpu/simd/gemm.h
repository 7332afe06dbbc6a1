// The innermost part of matrix products, one table per target.
#pragma once
#include <cstdint>

namespace gb {

/** What becomes of a tile: C = alpha·(A·B) + beta·C + bias, the bias by column or by row (or none). */
template <class T>
struct GemmEpilogue {
  T alpha, beta;
  const T* columnBias;
  const T* rowBias;
};

/**
 * C[m][NR] from A[m][k] and B[k][NR]. A has any strides; a row of B is contiguous and rows lie ldb apart. `columns` of
 * the tile are stored, at C[i·rowStride + j·columnStride].
 */
template <class T>
using GemmTile = void (*)(int64_t k, const T* a, int64_t aRow, int64_t aColumn, const T* b, int64_t ldb, T* c,
                          int64_t cRow, int64_t cColumn, int columns, const GemmEpilogue<T>& epilogue);

/** out[j] = x · rows[j] for rows of k contiguous elements that lie `stride` apart. */
template <class T>
using DotRows = void (*)(int64_t k, const T* x, const T* rows, int64_t stride, int64_t count, T* out);

template <class T>
struct GemmKernels {
  int mr, nr;
  /** tiles[m - 1]: for m rows, m ≤ mr. */
  const GemmTile<T>* tiles;
  /** Panels of `width` columns side by side: out[panel][k][width], the last one filled up with zeros. */
  void (*pack)(T* out, int width, const T* b, int64_t bRow, int64_t bColumn, int64_t k, int64_t columns);
  DotRows<T> dot;
};

namespace base {
extern const GemmKernels<float> sgemm;
extern const GemmKernels<double> dgemm;
}  // namespace base
namespace avx2 {
extern const GemmKernels<float> sgemm;
extern const GemmKernels<double> dgemm;
}  // namespace avx2
namespace avx512 {
extern const GemmKernels<float> sgemm;
extern const GemmKernels<double> dgemm;
}  // namespace avx512

}  // namespace gb
