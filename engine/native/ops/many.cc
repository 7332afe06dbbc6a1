#include "ops/many.h"

#include "ops/copy.h"
#include "ops/create.h"
#include "ops/transfer.h"

namespace gb {

Kernel<void(const Tensor&, const TensorList&, double)> manyNormKernel("manyNorm");
Kernel<void(const TensorList&, MaybeTensor, double)> manyScaleKernel("manyScale");

namespace {

Tensor normOf(const TensorList& xs, double p, DType dtype) {
  for (const Tensor* x : xs) {
    GB_CHECK(isFloat(x->dtype()), "expected tensors of floating point numbers, got ", titleOf(x->dtype()));
    checkTogether(*xs[0], *x);
  }
  const Tensor out = emptyTensor({}, dtype, xs[0]->device());
  manyNormKernel(out.device(), out, xs, p);
  return out;
}

}  // namespace

double totalNorm(const TensorList& xs, double p) {
  return xs.empty() ? 0 : *onHost(normOf(xs, p, DType::Float64)).as<double>();
}

Tensor totalNormThere(const TensorList& xs, double p) {
  GB_CHECK(!xs.empty(), "expected a tensor at least");
  return normOf(xs, p, xs[0]->dtype());
}

void scaleAll_(const TensorList& xs, double factor) {
  if (xs.empty()) return;
  for (const Tensor* x : xs) checkTogether(*xs[0], *x);
  manyScaleKernel(xs[0]->device(), xs, nullptr, factor);
}

void scaleAllBy_(const TensorList& xs, const Tensor& factor) {
  GB_CHECK(factor.numel() == 1, "expected one factor, got a tensor of shape ", factor.sizes());
  for (const Tensor* x : xs) checkTogether(factor, *x);
  manyScaleKernel(factor.device(), xs, &factor, 0);
}

void zeroAll_(const TensorList& xs) {
  for (const Tensor* x : xs) fillWith(*x, Scalar::of(false));
}

}  // namespace gb
