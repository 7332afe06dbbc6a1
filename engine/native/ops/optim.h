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

std::optional<std::vector<Tensor>> sgdStep(const TensorList& params, const TensorList& grads, const MaybeTensorList& buffers,
                                           double lr, double momentum, double dampening, double weightDecay,
                                           bool nesterov, bool maximize);
double totalNorm(const TensorList& xs, double p);
void scaleAll_(const TensorList& xs, double factor);
void zeroAll_(const TensorList& xs);

}  // namespace gb
