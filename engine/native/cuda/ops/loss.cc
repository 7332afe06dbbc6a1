// Classification losses on a card.
#include "ops/loss.h"

#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"
#include "ops/copy.h"

namespace gb::cuda {
namespace {

LossArguments argumentsOf(const LossCall& call) {
  LossArguments a{};
  a.input = call.input->data();
  a.target = call.target->data();
  a.weight = call.weight ? call.weight->data() : nullptr;
  a.outer = call.outer;
  a.classes = call.classes;
  a.inner = call.inner;
  a.ignoreIndex = call.ignoreIndex;
  a.smoothing = call.smoothing;
  a.classTarget = call.target->dtype() == DType::Int64;
  a.fault = faultOf(cudaIndex(call.input->device()));
  a.op = faultCode();
  return a;
}

/** A kernel for classes behind each other, taken by a warp, and one for others, taken by a thread. */
struct Kernels {
  ByFloat one, warp;
  const char* name;

  template <class... A>
  void run(const LossCall& call, const A&... more) {
    const int64_t elements = call.outer * call.inner;
    if (elements == 0) return;
    const Device device = call.input->device();
    const bool byWarp = call.inner == 1 && call.classes > 4;
    const CUfunction kernel = byWarp ? warp.get(device, "loss.cu", name, call.input->dtype(), "-DGB_LANES=32")
                                     : one.get(device, "loss.cu", name, call.input->dtype(), "-DGB_LANES=1");
    launch(kernel, device, gridFor(elements * (byWarp ? 32 : 1), kThreads), kThreads, argumentsOf(call), more...);
  }
};

void weigh(const LossCall& call, void* total) {
  static ByFloat kernels;
  const Device device = call.input->device();
  launch(kernels.get(device, "loss.cu", "totalWeight", call.input->dtype(), "-DGB_LANES=1"), device, Grid{1}, kThreads,
         argumentsOf(call), total);
}

void crossEntropyOnCuda(const LossCall& call, const Tensor& logProbs, const Tensor& losses, const Tensor& total) {
  static Kernels kernels{{}, {}, "crossEntropy"};
  kernels.run(call, logProbs.data(), losses.data());
  weigh(call, total.data());
}

void nllLossOnCuda(const LossCall& call, const Tensor& losses, const Tensor& total) {
  static Kernels kernels{{}, {}, "nllLoss"};
  kernels.run(call, losses.data());
  weigh(call, total.data());
}

bool perElement(const LossCall& call) { return call.reduction == LossReduction::None; }

void crossEntropyBackwardOnCuda(const LossCall& call, const Tensor& grad, const Tensor& out) {
  static Kernels kernels{{}, {}, "crossEntropyBackward"};
  const bool mean = call.reduction == LossReduction::Mean;
  const Scratch total(8, out.device());
  if (mean) weigh(call, total.data());
  void* divisor = mean ? total.data() : nullptr;
  kernels.run(call, grad.data(), perElement(call), divisor, out.data());
}

void nllLossBackwardOnCuda(const LossCall& call, const Tensor& grad, const Tensor& out, const Tensor& totalWeight) {
  static Kernels kernels{{}, {}, "nllLossBackward"};
  fillWith(out, Scalar::of(0.0));
  void* divisor = call.reduction == LossReduction::Mean ? totalWeight.data() : nullptr;
  kernels.run(call, grad.data(), perElement(call), divisor, out.data());
}

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) {
    for (const char* lanes : {"-DGB_LANES=1", "-DGB_LANES=32"}) all.push_back(ByFloat::unit("loss.cu", type, lanes));
  }
}

GB_KERNEL(CUDA, crossEntropyKernel, crossEntropyOnCuda)
GB_KERNEL(CUDA, crossEntropyBackwardKernel, crossEntropyBackwardOnCuda)
GB_KERNEL(CUDA, nllLossKernel, nllLossOnCuda)
GB_KERNEL(CUDA, nllLossBackwardKernel, nllLossBackwardOnCuda)

}  // namespace
}  // namespace gb::cuda
