// Classification losses as one op each: softmax, logarithm, choice and reduction together.
#pragma once
#include <utility>

#include "ops/kernel.h"

namespace gb {

enum class LossReduction : uint8_t { None, Mean, Sum };

/** The input seen as [outer, classes, inner]; a target of class numbers as [outer, inner]. All row-major. */
struct LossCall {
  const Tensor* input;    // logits, or log-probabilities for nllLoss
  const Tensor* target;   // int64 classes, or probabilities of the input's shape and type
  const Tensor* weight;   // one per class, of the input's type, or null
  int64_t outer, classes, inner;
  LossReduction reduction;
  int64_t ignoreIndex;
  double smoothing;
};

/**
 * Log-probabilities into `logProbs`, the loss of each element (outer × inner) into `losses`, the sum of weights into
 * `totalWeight` (one float64).
 */
extern Kernel<void(const LossCall&, const Tensor& logProbs, const Tensor& losses, const Tensor& totalWeight)>
    crossEntropyKernel;
/** Gradient of the logits; `call.input` holds the log-probabilities, `scale` the factor of each element's gradient. */
extern Kernel<void(const LossCall&, const Tensor& grad, const Tensor& out)> crossEntropyBackwardKernel;
extern Kernel<void(const LossCall&, const Tensor& losses, const Tensor& totalWeight)> nllLossKernel;
extern Kernel<void(const LossCall&, const Tensor& grad, const Tensor& out, const Tensor& totalWeight)>
    nllLossBackwardKernel;

std::pair<Tensor, Tensor> crossEntropy(const Tensor& logits, const Tensor& target, MaybeTensor weight, int reduction,
                                       int64_t ignoreIndex, double smoothing);
Tensor crossEntropyBackward(const Tensor& grad, const Tensor& logProbs, const Tensor& target, MaybeTensor weight,
                            int reduction, int64_t ignoreIndex, double smoothing);
std::pair<Tensor, Tensor> nllLoss(const Tensor& logProbs, const Tensor& target, MaybeTensor weight, int reduction,
                                  int64_t ignoreIndex);
Tensor nllLossBackward(const Tensor& grad, const Tensor& logProbs, const Tensor& target, MaybeTensor weight,
                       int reduction, int64_t ignoreIndex, const Tensor& totalWeight);

}  // namespace gb
