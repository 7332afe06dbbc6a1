// Connectionist temporal classification: the probability of a label sequence, over all ways in which it may stretch.
#pragma once
#include <utility>

#include "ops/kernel.h"

namespace gb {

/** Log-probabilities [T, N, C], row-major, float or double; the other tensors are int64 and row-major. */
struct CtcCall {
  const Tensor* logProbs;
  const Tensor* targets;        // [N, S], or all of them behind each other
  const Tensor* targetStarts;   // [N]: where the labels of a sample begin
  const Tensor* inputLengths;   // [N]
  const Tensor* targetLengths;  // [N]
  int64_t blank, states;        // states: 2·longest target + 1
};

/** losses: [N]; alpha: [N, T, states], log-probabilities of having reached a state. */
extern Kernel<void(const CtcCall&, const Tensor& losses, const Tensor& alpha)> ctcLossKernel;
extern Kernel<void(const CtcCall&, const Tensor& grad, const Tensor& losses, const Tensor& alpha, bool zeroInfinity,
                   const Tensor& out)>
    ctcLossBackwardKernel;

std::pair<Tensor, Tensor> ctcLoss(const Tensor& logProbs, const Tensor& targets, const Tensor& inputLengths,
                                  const Tensor& targetLengths, int64_t blank);
Tensor ctcLossBackward(const Tensor& grad, const Tensor& logProbs, const Tensor& targets, const Tensor& inputLengths,
                       const Tensor& targetLengths, const Tensor& losses, const Tensor& alpha, int64_t blank,
                       bool zeroInfinity);

}  // namespace gb
