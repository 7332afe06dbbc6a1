// Classification losses as one op each: softmax, logarithm, choice and reduction together.
#pragma once
#include <tuple>
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
 * `totalWeight` (one float64); what the reduction makes of the losses into `result`, where there is one.
 */
extern Kernel<void(const LossCall&, const Tensor& logProbs, const Tensor& losses, const Tensor& totalWeight,
                   MaybeTensor result)>
    crossEntropyKernel;
/** Gradient of the logits; `call.input` holds the log-probabilities. */
extern Kernel<void(const LossCall&, const Tensor& grad, const Tensor& out, const Tensor& totalWeight)>
    crossEntropyBackwardKernel;
extern Kernel<void(const LossCall&, const Tensor& losses, const Tensor& totalWeight, MaybeTensor result)> nllLossKernel;
extern Kernel<void(const LossCall&, const Tensor& grad, const Tensor& out, const Tensor& totalWeight)>
    nllLossBackwardKernel;

/** The loss, and what its derivative needs: the log-probabilities and the sum of weights. */
std::tuple<Tensor, Tensor, Tensor> crossEntropy(const Tensor& logits, const Tensor& target, MaybeTensor weight,
                                                int reduction, int64_t ignoreIndex, double smoothing);
Tensor crossEntropyBackward(const Tensor& grad, const Tensor& logProbs, const Tensor& target, MaybeTensor weight,
                            int reduction, int64_t ignoreIndex, double smoothing, const Tensor& totalWeight);
std::pair<Tensor, Tensor> nllLoss(const Tensor& logProbs, const Tensor& target, MaybeTensor weight, int reduction,
                                  int64_t ignoreIndex);
Tensor nllLossBackward(const Tensor& grad, const Tensor& logProbs, const Tensor& target, MaybeTensor weight,
                       int reduction, int64_t ignoreIndex, const Tensor& totalWeight);

}  // namespace gb
