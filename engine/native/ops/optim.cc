#include "ops/optim.h"

#include <cmath>
#include <deque>

#include "ops/copy.h"
#include "ops/pointwise.h"
#include "ops/reduce.h"

namespace gb {

Kernel<void(const std::vector<SgdParameter>&, const SgdOptions&)> sgdKernel("sgd");

std::optional<std::vector<Tensor>> sgdStep(const TensorList& params, const TensorList& grads, const MaybeTensorList& buffers,
                                           double lr, double momentum, double dampening, double weightDecay,
                                           bool nesterov, bool maximize) {
  GB_CHECK(params.size() == grads.size() && params.size() == buffers.size(), "got ", params.size(), " parameters, ",
           grads.size(), " gradients and ", buffers.size(), " momentum buffers");
  std::vector<Tensor> filled;
  std::deque<Tensor> held;  // copies that the kernel sees in the place of what it cannot take
  std::vector<SgdParameter> rows;
  std::vector<std::pair<const Tensor*, const Tensor*>> back;
  const bool hasMomentum = momentum != 0;
  filled.reserve(hasMomentum ? params.size() : 0);
  for (size_t i = 0; i < params.size(); i++) {
    const Tensor *p = params[i], *g = grads[i];
    GB_CHECK(isFloat(p->dtype()), "expected floating point parameters, got ", titleOf(p->dtype()), " at position ", i);
    GB_CHECK(p->sizes() == g->sizes() && p->dtype() == g->dtype(), "the gradient at position ", i, " (", nameOf(g->dtype()),
             " ", g->sizes(), ") does not fit its parameter (", nameOf(p->dtype()), " ", p->sizes(), ")");
    if (hasMomentum) {
      if (buffers[i]) {
        GB_CHECK(buffers[i]->sizes() == p->sizes() && buffers[i]->dtype() == p->dtype() && buffers[i]->contiguous(),
                 "the momentum buffer at position ", i, " does not fit its parameter of shape ", p->sizes());
        filled.push_back(*buffers[i]);
      } else {
        filled.push_back(emptyTensor(p->sizes(), p->dtype(), p->device()));
      }
    }
    if (p->numel() == 0) continue;
    if (!p->contiguous()) {
      held.push_back(contiguous(*p));
      back.emplace_back(p, &held.back());
      p = &held.back();
    }
    if (!g->contiguous()) {
      held.push_back(contiguous(*g));
      g = &held.back();
    }
    rows.push_back({p, g, hasMomentum ? &filled.back() : nullptr, hasMomentum && !buffers[i]});
  }
  if (!rows.empty()) {
    sgdKernel(rows[0].param->device(), rows, SgdOptions{lr, momentum, dampening, weightDecay, nesterov, maximize});
  }
  for (const auto& pair : back) copyInto(*pair.first, *pair.second);
  if (!hasMomentum) return std::nullopt;
  return filled;
}

double totalNorm(const TensorList& xs, double p) {
  double total = 0;
  for (const Tensor* x : xs) {
    if (x->numel() == 0) continue;
    const Tensor one = asType(norm(asType(*x, computeType(x->dtype())), p, nullptr, false), DType::Float64);
    const double n = *one.as<double>();
    if (n != n) return n;
    if (std::isinf(p)) {
      total = std::fmax(total, n);
    } else {
      total += p == 0 ? n : std::pow(n, p);
    }
  }
  return std::isinf(p) || p == 0 ? total : std::pow(total, 1 / p);
}

void scaleAll_(const TensorList& xs, double factor) {
  for (const Tensor* x : xs) binary(Binary::mul, *x, Scalar::of(factor), {}, x);
}

void zeroAll_(const TensorList& xs) {
  for (const Tensor* x : xs) fillWith(*x, Scalar::of(false));
}

}  // namespace gb
