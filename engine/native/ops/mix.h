// Weighted sums along one dimension: a sparse matrix times every line of a tensor. Averages over windows, interpolation
// and padding by the tensor's own elements are such sums, and so are their derivatives, by the matrix's transpose.
#pragma once
#include "ops/kernel.h"

namespace gb {

/** Row i of a matrix: elements starts[i] … starts[i + 1] of `columns` and `weights`. */
struct SparseMatrix {
  const int32_t *starts, *columns;
  const double* weights;
  int64_t rows;
};

/** out[outer][i][inner] = Σ_j weights[j] · x[outer][columns[j]][inner], of contiguous x with `size` such columns. */
extern Kernel<void(const Tensor& out, const Tensor& x, const SparseMatrix& matrix, int64_t outer, int64_t size,
                   int64_t inner)>
    mixKernel;

/** The first matrix along the lines of each of `planes` planes of `height` by `width`, then the second along the rest, in that order. */
extern Kernel<void(const Tensor& out, const Tensor& x, const SparseMatrix& down, const SparseMatrix& across, int64_t planes, int64_t height,
                   int64_t width)>
    mixPlaneKernel;

Tensor mix(const Tensor& x, int64_t dim, const SparseMatrix& matrix, int64_t entries);
/** The same as mix along the last dimension but one, then along the last, in one go: for matrices with few entries in a row. */
Tensor mixPlane(const Tensor& x, const SparseMatrix& down, int64_t downEntries, const SparseMatrix& across, int64_t acrossEntries);

}  // namespace gb
