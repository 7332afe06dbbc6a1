#include "ops/matrix.h"

#include "ops/copy.h"
#include "ops/reduce.h"
#include "ops/shape.h"
#include "tensor/strided_loop.h"

namespace gb {

Kernel<void(const GemmCall&)> gemmKernel("gemm");

namespace {

void checkTypes(const Tensor& a, const Tensor& b) {
  GB_CHECK(a.dtype() == b.dtype(), "expected the operands to have the same dtype, but got: ", titleOf(a.dtype()), " and ",
           titleOf(b.dtype()));
  GB_CHECK(a.dtype() != DType::Bool, "not implemented for 'Bool'");
  GB_CHECK(a.device() == b.device(), "expected the operands on the same device, but got ", nameOf(a.device()), " and ",
           nameOf(b.device()));
}

void checkInner(int64_t m, int64_t k, int64_t k2, int64_t n) {
  GB_CHECK(k == k2, "mat1 and mat2 shapes cannot be multiplied (", m, "x", k, " and ", k2, "x", n, ")");
}

/** The last two dimensions of x; the batch is one dimension before them (or none). */
MatrixRef ref(const Tensor& x) {
  const int n = x.ndim();
  return {x.data(), n > 2 ? x.stride(n - 3) : 0, x.stride(n - 2), x.stride(n - 1)};
}

void multiply(const Tensor& c, const Tensor& a, const Tensor& b, double alpha = 1, double beta = 0,
              MaybeTensor bias = nullptr) {
  if (c.numel() == 0) return;
  const int n = c.ndim();
  const GemmCall call{c.dtype(),
                      n > 2 ? c.size(0) : 1,
                      c.size(n - 2),
                      c.size(n - 1),
                      a.size(a.ndim() - 1),
                      ref(a),
                      ref(b),
                      ref(c),
                      alpha,
                      beta,
                      bias ? bias->data() : nullptr,
                      c.device()};
  gemmKernel(c.device(), call);
}

/** How often the last dimension occurs, also where it is empty. */
int64_t rowCount(const Tensor& x) {
  int64_t rows = 1;
  for (int i = 0; i + 1 < x.ndim(); i++) rows *= x.size(i);
  return rows;
}

/** x as a matrix whose rows are its last dimension. */
Tensor rowsOf(const Tensor& x) { return reshape(x, {rowCount(x), x.size(x.ndim() - 1)}); }

Tensor transposed(const Tensor& x) {
  return x.viewed({x.size(1), x.size(0)}, {x.stride(1), x.stride(0)});
}

}  // namespace

Tensor mm(const Tensor& a, const Tensor& b) {
  GB_CHECK(a.ndim() == 2 && b.ndim() == 2, "expected two matrices, got shapes ", a.sizes(), " and ", b.sizes());
  checkTypes(a, b);
  checkInner(a.size(0), a.size(1), b.size(0), b.size(1));
  Tensor c = emptyTensor({a.size(0), b.size(1)}, a.dtype(), a.device());
  multiply(c, a, b);
  return c;
}

Tensor bmm(const Tensor& a, const Tensor& b) {
  GB_CHECK(a.ndim() == 3 && b.ndim() == 3, "batch1 and batch2 must be 3D tensors, got shapes ", a.sizes(), " and ",
           b.sizes());
  checkTypes(a, b);
  GB_CHECK(a.size(0) == b.size(0) && a.size(2) == b.size(1),
           "Expected size for first two dimensions of batch2 tensor to be: [", a.size(0), ", ", a.size(2),
           "] but got: [", b.size(0), ", ", b.size(1), "].");
  Tensor c = emptyTensor({a.size(0), a.size(1), b.size(2)}, a.dtype(), a.device());
  multiply(c, a, b);
  return c;
}

Tensor addmm(const Tensor& c, const Tensor& a, const Tensor& b, double beta, double alpha) {
  GB_CHECK(a.ndim() == 2 && b.ndim() == 2, "expected two matrices, got shapes ", a.sizes(), " and ", b.sizes());
  checkTypes(a, b);
  checkTypes(a, c);
  checkInner(a.size(0), a.size(1), b.size(0), b.size(1));
  const Dims shape{a.size(0), b.size(1)};
  Tensor result = emptyTensor(shape, a.dtype(), a.device());
  const Tensor wide = expandTo(c, shape);
  // A zero beta ignores c, NaN included.
  if (beta != 0 && result.numel() > 0) copyKernel(result.device(), result, wide);
  multiply(result, a, b, alpha, beta);
  return result;
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  GB_CHECK(a.ndim() > 0 && b.ndim() > 0, "both arguments need to be at least 1D, but they are ", a.ndim(), "D and ",
           b.ndim(), "D");
  if (a.ndim() == 2 && b.ndim() == 2) return mm(a, b);
  checkTypes(a, b);
  const Tensor left = a.ndim() == 1 ? unsqueeze(a, 0) : a;
  const Tensor right = b.ndim() == 1 ? unsqueeze(b, 1) : b;
  const int64_t m = left.size(left.ndim() - 2), k = left.size(left.ndim() - 1);
  const int64_t k2 = right.size(right.ndim() - 2), n = right.size(right.ndim() - 1);
  if (a.ndim() == 1 && b.ndim() == 1) {
    GB_CHECK(k == k2, "inconsistent tensor size, expected tensor [", k, "] and src [", k2,
             "] to have the same number of elements");
  }
  checkInner(m, k, k2, n);
  Dims batch;
  {
    Dims la, lb;
    for (int i = 0; i < left.ndim() - 2; i++) la.push(left.size(i));
    for (int i = 0; i < right.ndim() - 2; i++) lb.push(right.size(i));
    batch = broadcastShapes(la, lb);
  }
  Dims shape = batch;
  if (a.ndim() > 1) shape.push(m);
  if (b.ndim() > 1) shape.push(n);
  if (right.ndim() == 2 && left.ndim() > 2) {
    // One matrix on the right: the batch is only more rows.
    Tensor c = emptyTensor(shape, a.dtype(), a.device());
    const Tensor rows = reshape(left, {product(batch) * m, k});
    multiply(c.viewed({rows.size(0), n}, {n, 1}), rows, right);
    return c;
  }
  const auto flat = [&](const Tensor& x, int64_t rows, int64_t columns) {
    Dims sizes = batch;
    sizes.push(rows);
    sizes.push(columns);
    return reshape(expandTo(x, sizes), {product(batch), rows, columns});
  };
  Tensor c = emptyTensor({product(batch), m, n}, a.dtype(), a.device());
  multiply(c, flat(left, m, k), flat(right, k, n));
  return c.viewed(shape, contiguousStrides(shape));
}

Tensor linear(const Tensor& x, const Tensor& weight, MaybeTensor bias) {
  GB_CHECK(x.ndim() >= 1 && weight.ndim() == 2, "expected an input of 1 or more dimensions and a weight of 2, got shapes ",
           x.sizes(), " and ", weight.sizes());
  checkTypes(x, weight);
  const int64_t k = x.size(x.ndim() - 1), n = weight.size(0);
  checkInner(rowCount(x), k, weight.size(1), n);
  Tensor offset;
  if (bias) {
    GB_CHECK(bias->ndim() == 1 && bias->size(0) == n, "expected a bias of shape [", n, "], got ", bias->sizes());
    checkTypes(x, *bias);
    offset = contiguous(*bias);
  }
  Dims shape = x.sizes();
  shape[shape.size() - 1] = n;
  Tensor y = emptyTensor(shape, x.dtype(), x.device());
  if (y.numel() == 0) return y;
  const Tensor rows = x.ndim() == 2 ? x : rowsOf(x);
  multiply(y.viewed({rows.size(0), n}, {n, 1}), rows, transposed(weight), 1, 0, bias ? &offset : nullptr);
  return y;
}

LinearGradients linearBackward(const Tensor& grad, const Tensor& x, const Tensor& weight, bool needX, bool needWeight,
                               bool needBias) {
  checkTypes(grad, x);
  checkTypes(grad, weight);
  const int64_t n = weight.size(0), k = weight.size(1);
  GB_CHECK(grad.ndim() == x.ndim() && grad.ndim() > 0 && grad.size(grad.ndim() - 1) == n && x.size(x.ndim() - 1) == k,
           "a gradient of shape ", grad.sizes(), " does not belong to an input of shape ", x.sizes(),
           " and a weight of shape ", weight.sizes());
  const Tensor g = rowsOf(grad);
  LinearGradients result;
  if (needX) {
    Tensor dx = emptyTensor(x.sizes(), x.dtype(), x.device());
    multiply(dx.viewed({g.size(0), k}, {k, 1}), g, weight);
    std::get<0>(result) = std::move(dx);
  }
  if (needWeight) {
    Tensor dw = emptyTensor(weight.sizes(), x.dtype(), x.device());
    multiply(dw, transposed(g), rowsOf(x));
    std::get<1>(result) = std::move(dw);
  }
  if (needBias) {
    const Dims rows{0};
    std::get<2>(result) = sum(g, &rows, false, std::nullopt);
  }
  return result;
}

}  // namespace gb
