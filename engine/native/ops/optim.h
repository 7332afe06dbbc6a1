// One call per optimiser step over all parameters.
#pragma once
#include <optional>
#include <vector>

#include "ops/kernel.h"

namespace gb {

struct SgdOptions {
  double lr, momentum, dampening, weightDecay;
  bool nesterov, maximize;
};

/** One parameter: contiguous tensors of one float type. `buffer` may be null (no momentum); `fresh` fills it. */
struct SgdParameter {
  const Tensor *param, *grad, *buffer;
  bool fresh;
};

extern Kernel<void(const std::vector<SgdParameter>&, const SgdOptions&)> sgdKernel;

/** Optimisers that go element by element, with their states and constants as scalar/optim.h says. */
enum class Step : uint8_t {
  Adam,
  AdamMax,
  RmsProp,
  RmsPropMomentum,
  RmsPropCentered,
  RmsPropCenteredMomentum,
  Adagrad,
  Adadelta,
  Adamax,
  NAdam,
  RAdam,
  Rprop,
};
constexpr int kSteps = 12, kMaxStates = 3;

/** One parameter: contiguous tensors of one float type. */
struct StepParameter {
  const Tensor *param, *grad;
  const Tensor* states[kMaxStates];
  const double* constants;
  int constantCount;
  int place;  // among all parameters of the step
};

extern Kernel<void(Step, int states, const std::vector<StepParameter>&)> stepKernel;

/**
 * States: all first ones, then all second ones, …; numbers: the constants of the first parameter, of the second, ….
 * Both are as many as the step takes.
 */
void optimStep(Step step, const TensorList& params, const TensorList& grads, const TensorList& states,
               const double* numbers, size_t count);

std::optional<std::vector<Tensor>> sgdStep(const TensorList& params, const TensorList& grads, const MaybeTensorList& buffers,
                                           double lr, double momentum, double dampening, double weightDecay,
                                           bool nesterov, bool maximize);
}  // namespace gb
