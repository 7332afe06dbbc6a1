#include "ops/mix.h"

#include "ops/copy.h"

namespace gb {

Kernel<void(const Tensor&, const Tensor&, const SparseMatrix&, int64_t, int64_t, int64_t)> mixKernel("mix");

Tensor mix(const Tensor& x, int64_t dim, const SparseMatrix& matrix, int64_t entries) {
  GB_CHECK(x.ndim() > 0 && isFloat(x.dtype()), "not implemented for '", titleOf(x.dtype()), "' of shape ", x.sizes());
  const int d = wrapDim(dim, x.ndim());
  GB_CHECK(matrix.starts[0] == 0 && matrix.starts[matrix.rows] == entries, "expected rows that begin at 0 and end at ",
           entries, " entries");
  for (int64_t i = 0; i < matrix.rows; i++) {
    GB_CHECK(matrix.starts[i] <= matrix.starts[i + 1], "row ", i, " ends before it begins");
  }
  for (int64_t j = 0; j < entries; j++) {
    GB_CHECK(matrix.columns[j] >= 0 && matrix.columns[j] < x.size(d), "column ", matrix.columns[j],
             " is out of bounds for dimension ", d, " with size ", x.size(d));
  }
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

}  // namespace gb
