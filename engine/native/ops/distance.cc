#include "ops/distance.h"

#include "ops/copy.h"
#include "ops/create.h"
#include "ops/shape.h"
#include "tensor/promote.h"
#include "tensor/strided_loop.h"

namespace gb {

Kernel<void(const Tensor&, const Tensor&, const Tensor&, double)> cdistKernel("cdist");
Kernel<void(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&, double)> cdistBackwardKernel("cdistBackward");

namespace {

/** Both sets with the batch that they make together, and the type that is computed in. */
struct Sets {
  Dims batch;
  DType type, compute;
  int64_t count, n, m, d;

  Sets(const Tensor& a, const Tensor& b) {
    checkTogether(a, b);
    GB_CHECK(a.ndim() >= 2 && b.ndim() >= 2 && a.size(a.ndim() - 1) == b.size(b.ndim() - 1), "expects [..., n, d] and [..., m, d], got shapes ",
             a.sizes(), " and ", b.sizes());
    GB_CHECK(isFloat(a.dtype()) && isFloat(b.dtype()), "expects floating point numbers, got ", titleOf(a.dtype()), " and ",
             titleOf(b.dtype()));
    batch = broadcastShapes(outer(a), outer(b));
    type = promoteTypes(a.dtype(), b.dtype());
    compute = computeType(type);
    count = product(batch);
    n = a.size(a.ndim() - 2);
    m = b.size(b.ndim() - 2);
    d = a.size(a.ndim() - 1);
  }

  Dims with(int64_t rows, int64_t columns) const {
    Dims all = batch;
    all.push(rows);
    all.push(columns);
    return all;
  }
  /** [count, rows, columns] in the type of computation. */
  Tensor laid(const Tensor& x, int64_t rows, int64_t columns) const {
    return reshape(contiguous(expand(asType(x, compute), with(rows, columns))), {count, rows, columns});
  }

 private:
  static Dims outer(const Tensor& x) {
    Dims sizes = x.sizes();
    sizes.resize(sizes.size() - 2);
    return sizes;
  }
};

}  // namespace

Tensor cdist(const Tensor& a, const Tensor& b, double p) {
  const Sets s(a, b);
  const Tensor out = emptyTensor({s.count, s.n, s.m}, s.compute, a.device());
  if (out.numel() > 0) cdistKernel(a.device(), out, s.laid(a, s.n, s.d), s.laid(b, s.m, s.d), p);
  return reshape(asType(out, s.type), s.with(s.n, s.m));
}

Tensor cdistBackward(const Tensor& grad, const Tensor& a, const Tensor& b, const Tensor& distances, double p) {
  const Sets s(a, b);
  const Tensor da = emptyTensor({s.count, s.n, s.d}, s.compute, a.device());
  const auto seen = [&](const Tensor& t) { return s.laid(t, s.n, s.m); };
  if (da.numel() > 0) {
    cdistBackwardKernel(a.device(), da, seen(grad), s.laid(a, s.n, s.d), s.laid(b, s.m, s.d), seen(distances), p);
  }
  return reshape(asType(da, s.type), s.with(s.n, s.d));
}

}  // namespace gb
