// Ops on all tensors of a list, one after the other.
#include "ops/many.h"

#include <cmath>

#include "ops/copy.h"
#include "ops/pointwise.h"
#include "ops/reduce.h"

namespace gb {
namespace {

double normOf(const TensorList& xs, double p) {
  double total = 0;
  for (const Tensor* x : xs) {
    if (x->numel() == 0) continue;
    const double n = *asType(norm(asType(*x, computeType(x->dtype())), p, nullptr, false), DType::Float64).as<double>();
    if (n != n) return n;
    if (std::isinf(p)) {
      total = std::fmax(total, n);
    } else {
      total += p == 0 ? n : std::pow(n, p);
    }
  }
  return std::isinf(p) || p == 0 ? total : std::pow(total, 1 / p);
}

void manyNormOnCpu(const Tensor& out, const TensorList& xs, double p) { fillWith(out, Scalar::of(normOf(xs, p))); }

void manyScaleOnCpu(const TensorList& xs, MaybeTensor factor, double number) {
  const double by = factor ? *asType(*factor, DType::Float64).as<double>() : number;
  for (const Tensor* x : xs) binary(Binary::mul, *x, Scalar::of(by), {}, x);
}

GB_KERNEL(CPU, manyNormKernel, manyNormOnCpu)
GB_KERNEL(CPU, manyScaleKernel, manyScaleOnCpu)

}  // namespace
}  // namespace gb
