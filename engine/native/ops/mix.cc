#include "ops/mix.h"

#include "ops/copy.h"

namespace gb {

Kernel<void(const Tensor&, const Tensor&, const SparseMatrix&, int64_t, int64_t, int64_t)> mixKernel("mix");

Kernel<void(const Tensor&, const Tensor&, const SparseMatrix&, const SparseMatrix&, int64_t, int64_t, int64_t)> mixPlaneKernel("mixPlane");

namespace {

void checkMatrix(const Tensor& x, int d, const SparseMatrix& matrix, int64_t entries) {
  GB_CHECK(matrix.starts[0] == 0 && matrix.starts[matrix.rows] == entries, "expected rows that begin at 0 and end at ",
           entries, " entries");
  for (int64_t i = 0; i < matrix.rows; i++) {
    GB_CHECK(matrix.starts[i] <= matrix.starts[i + 1], "row ", i, " ends before it begins");
  }
  for (int64_t j = 0; j < entries; j++) {
    GB_CHECK(matrix.columns[j] >= 0 && matrix.columns[j] < x.size(d), "column ", matrix.columns[j],
             " is out of bounds for dimension ", d, " with size ", x.size(d));
  }
}

void checkInput(const Tensor& x, int least) {
  GB_CHECK(x.ndim() >= least && isFloat(x.dtype()), "not implemented for '", titleOf(x.dtype()), "' of shape ", x.sizes());
}

}  // namespace

Tensor mix(const Tensor& x, int64_t dim, const SparseMatrix& matrix, int64_t entries) {
  checkInput(x, 1);
  const int d = wrapDim(dim, x.ndim());
  checkMatrix(x, d, matrix, entries);
  int64_t outer = 1, inner = 1;
  for (int i = 0; i < d; i++) outer *= x.size(i);
  for (int i = d + 1; i < x.ndim(); i++) inner *= x.size(i);
  Dims shape = x.sizes();
  shape[d] = matrix.rows;
  const DType type = computeType(x.dtype());
  Tensor out = emptyTensor(shape, type, x.device());
  if (out.numel() > 0) mixKernel(x.device(), out, contiguous(asType(x, type)), matrix, outer, x.size(d), inner);
  return asType(out, x.dtype());
}

Tensor mixPlane(const Tensor& x, const SparseMatrix& down, int64_t downEntries, const SparseMatrix& across, int64_t acrossEntries) {
  checkInput(x, 2);
  const int n = x.ndim();
  checkMatrix(x, n - 2, down, downEntries);
  checkMatrix(x, n - 1, across, acrossEntries);
  Dims shape = x.sizes();
  shape[n - 2] = down.rows;
  shape[n - 1] = across.rows;
  const DType type = computeType(x.dtype());
  Tensor out = emptyTensor(shape, type, x.device());
  if (out.numel() > 0) {
    mixPlaneKernel(x.device(), out, contiguous(asType(x, type)), down, across, out.numel() / (down.rows * across.rows), x.size(n - 2),
                   x.size(n - 1));
  }
  return asType(out, x.dtype());
}

}  // namespace gb
