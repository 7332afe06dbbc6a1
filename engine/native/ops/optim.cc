#include "ops/optim.h"

#include <cmath>
#include <deque>

#include "ops/copy.h"
#include "scalar/optim.h"

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
    checkTogether(*p, *g);
    if (buffers[i]) checkTogether(*p, *buffers[i]);
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

Kernel<void(Step, int, const std::vector<StepParameter>&)> stepKernel("optimStep");

namespace {

struct StepShape {
  int states, constants;
};

template <class F>
constexpr StepShape shapeOf() {
  return {F::kStates, F::kConstants};
}

/** In the order of `Step`. */
constexpr StepShape kStepShapes[kSteps] = {
    shapeOf<scalar::Adam<float, false>>(),
    shapeOf<scalar::Adam<float, true>>(),
    shapeOf<scalar::RmsProp<float, false, false>>(),
    shapeOf<scalar::RmsProp<float, true, false>>(),
    shapeOf<scalar::RmsProp<float, false, true>>(),
    shapeOf<scalar::RmsProp<float, true, true>>(),
    shapeOf<scalar::Adagrad<float>>(),
    shapeOf<scalar::Adadelta<float>>(),
    shapeOf<scalar::Adamax<float>>(),
    shapeOf<scalar::NAdam<float>>(),
    shapeOf<scalar::RAdam<float>>(),
    shapeOf<scalar::Rprop<float>>(),
};

}  // namespace

void optimStep(Step step, const TensorList& params, const TensorList& grads, const TensorList& states,
               const double* numbers, size_t count) {
  const StepShape shape = kStepShapes[int(step)];
  const size_t n = params.size();
  GB_CHECK(grads.size() == n && states.size() == n * size_t(shape.states) && count == n * size_t(shape.constants), "got ",
           n, " parameters, ", grads.size(), " gradients, ", states.size(), " states and ", count, " numbers");
  std::deque<Tensor> held;
  std::vector<StepParameter> rows;
  std::vector<std::pair<const Tensor*, const Tensor*>> back;
  for (size_t i = 0; i < n; i++) {
    StepParameter row{params[i], grads[i], {}, numbers + i * size_t(shape.constants), shape.constants, int(i)};
    const Tensor& p = *params[i];
    GB_CHECK(isFloat(p.dtype()), "expected floating point parameters, got ", titleOf(p.dtype()), " at position ", i);
    GB_CHECK(p.sizes() == row.grad->sizes() && p.dtype() == row.grad->dtype(), "the gradient at position ", i, " (",
             nameOf(row.grad->dtype()), " ", row.grad->sizes(), ") does not fit its parameter (", nameOf(p.dtype()), " ",
             p.sizes(), ")");
    for (int k = 0; k < shape.states; k++) {
      row.states[k] = states[size_t(k) * n + i];
      GB_CHECK(row.states[k]->sizes() == p.sizes() && row.states[k]->dtype() == p.dtype() && row.states[k]->contiguous(),
               "state ", k, " at position ", i, " does not fit its parameter of shape ", p.sizes());
    }
    checkTogether(p, *row.grad);
    for (int k = 0; k < shape.states; k++) checkTogether(p, *row.states[k]);
    if (p.numel() == 0) continue;
    if (!p.contiguous()) {
      held.push_back(contiguous(p));
      back.emplace_back(params[i], &held.back());
      row.param = &held.back();
    }
    if (!row.grad->contiguous()) {
      held.push_back(contiguous(*row.grad));
      row.grad = &held.back();
    }
    rows.push_back(row);
  }
  if (!rows.empty()) stepKernel(rows[0].param->device(), step, shape.states, rows);
  for (const auto& pair : back) copyInto(*pair.first, *pair.second);
}

}  // namespace gb
