// Connectionist temporal classification on a card.
#include "ops/ctc.h"

#include <algorithm>

#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"

namespace gb::cuda {
namespace {

CtcArguments argumentsOf(const CtcCall& call) {
  const auto whole = [](const Tensor* x) { return static_cast<const long long*>(x->data()); };
  const Tensor& x = *call.logProbs;
  for (const Tensor* other : {call.targets, call.targetStarts, call.inputLengths, call.targetLengths}) checkTogether(x, *other);
  return {x.data(),  whole(call.targets), whole(call.targetStarts), whole(call.inputLengths), whole(call.targetLengths),
          x.size(0), x.size(1),           x.size(2),                call.blank,               call.states,
          faultOf(cudaIndex(x.device())), faultCode()};
}

unsigned threadsFor(const CtcCall& call) { return unsigned(std::min<int64_t>(kThreads, (call.states + 31) / 32 * 32)); }

void lossOnCuda(const CtcCall& call, const Tensor& losses, const Tensor& alpha) {
  static ByFloat kernels;
  if (losses.numel() == 0) return;
  launch(kernels.get(losses.device(), "ctc.cu", "ctcLoss", losses.dtype()), losses.device(), gridFor(losses.numel(), 1),
         threadsFor(call), argumentsOf(call), losses.data(), alpha.data());
}

void backwardOnCuda(const CtcCall& call, const Tensor& grad, const Tensor& losses, const Tensor& alpha, bool zeroInfinity,
                    const Tensor& out) {
  static ByFloat kernels;
  if (losses.numel() == 0) return;
  const Scratch betas(size_t(losses.numel() * 2 * call.states) * out.itemSize(), out.device());
  launch(kernels.get(out.device(), "ctc.cu", "ctcLossBackward", out.dtype()), out.device(), gridFor(losses.numel(), 1),
         threadsFor(call), argumentsOf(call), grad.data(), losses.data(), alpha.data(), betas.data(), out.data(), zeroInfinity);
}

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) all.push_back(ByFloat::unit("ctc.cu", type));
}

GB_KERNEL(CUDA, ctcLossKernel, lossOnCuda)
GB_KERNEL(CUDA, ctcLossBackwardKernel, backwardOnCuda)

}  // namespace
}  // namespace gb::cuda
