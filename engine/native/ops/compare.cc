#include "ops/compare.h"

#include "tensor/strided_loop.h"

namespace gb {

Kernel<bool(const Tensor&, const Tensor&, double, double, bool)> closeKernel("close");

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equalNan) {
  GB_CHECK(a.dtype() == b.dtype(), titleOf(a.dtype()), " did not match ", titleOf(b.dtype()));
  GB_CHECK(rtol >= 0 && atol >= 0, "rtol and atol must be greater than or equal to zero, but got ", rtol, " and ", atol);
  const Dims shape = broadcastShapes(a.sizes(), b.sizes());
  if (product(shape) == 0) return true;
  return closeKernel(a.device(), expandTo(a, shape), expandTo(b, shape), rtol, atol, equalNan);
}

bool equal(const Tensor& a, const Tensor& b) {
  GB_CHECK(a.dtype() == b.dtype(), "Expected all tensors to have the same dtype, but got ", titleOf(a.dtype()), " and ",
           titleOf(b.dtype()));
  if (a.sizes() != b.sizes()) return false;
  return a.numel() == 0 || closeKernel(a.device(), a, b, 0, 0, false);
}

}  // namespace gb
