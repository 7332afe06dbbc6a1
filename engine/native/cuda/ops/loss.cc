// Classification losses on a card.
#include "ops/loss.h"

#include <algorithm>

#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"

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

/** A block's threads at most. */
constexpr int64_t kMostThreads = 512;

/** How a call is shared out: classes behind each other go to a warp, few or scattered ones to a thread. */
struct Shares {
  bool byWarp;
  unsigned threads = kThreads;
  Grid grid{1};

  explicit Shares(const LossCall& call) {
    const int64_t elements = call.outer * call.inner;
    // A block alone joins its losses in the same launch: its threads may take two elements each, or an element of few classes.
    const bool few = elements > kMostThreads / 16 && elements <= kMostThreads && call.classes <= 16;
    byWarp = call.inner == 1 && call.classes > 4 && !few;
    const int64_t wanted = elements * (byWarp ? 32 : 1);
    if (wanted <= 2 * kMostThreads) {
      threads = unsigned(std::clamp<int64_t>((wanted + 31) / 32 * 32, 32, kMostThreads));
    } else {
      grid = gridFor(wanted, kThreads);
    }
  }
};

struct Kernels {
  ByFloat one, warp;
  const char* name;

  template <class... A>
  void run(const LossCall& call, const Shares& shares, const A&... more) {
    const Device device = call.input->device();
    const CUfunction kernel = shares.byWarp ? warp.get(device, "loss.cu", name, call.input->dtype(), "-DGB_LANES=32")
                                            : one.get(device, "loss.cu", name, call.input->dtype(), "-DGB_LANES=1");
    launch(kernel, device, shares.grid, shares.threads, argumentsOf(call), more...);
  }

  /** With the sums of the losses and weights, which a block alone has at once. */
  template <class... A>
  void reduce(const LossCall& call, const Tensor& total, MaybeTensor result, const A&... more) {
    static ByFloat joins;
    const Device device = call.input->device();
    const Shares shares(call);
    if (!result) return run(call, shares, LossSums{}, more...);
    const long long parts = shares.grid.x;
    const Scratch memory(parts > 1 ? size_t(parts) * 16 : 0, device);
    const LossSums to{static_cast<double*>(total.data()), static_cast<double*>(memory.data()), result->data(),
                      call.reduction == LossReduction::Mean};
    run(call, shares, to, more...);
    if (parts == 1) return;
    launch(joins.get(device, "loss.cu", "joinLosses", call.input->dtype(), "-DGB_LANES=1"), device, Grid{1}, unsigned(kMostThreads),
           to, parts);
  }

  void differentiate(const LossCall& call, const Tensor& grad, const Tensor& out, const Tensor& totalWeight) {
    const void* divisor = call.reduction == LossReduction::Mean ? totalWeight.data() : nullptr;
    run(call, Shares(call), out.data(), grad.data(), call.reduction == LossReduction::None, divisor);
  }
};

void crossEntropyOnCuda(const LossCall& call, const Tensor& logProbs, const Tensor& losses, const Tensor& total,
                        MaybeTensor result) {
  static Kernels kernels{{}, {}, "crossEntropy"};
  kernels.reduce(call, total, result, losses.data(), logProbs.data());
}

void nllLossOnCuda(const LossCall& call, const Tensor& losses, const Tensor& total, MaybeTensor result) {
  static Kernels kernels{{}, {}, "nllLoss"};
  kernels.reduce(call, total, result, losses.data());
}

void crossEntropyBackwardOnCuda(const LossCall& call, const Tensor& grad, const Tensor& out, const Tensor& totalWeight) {
  static Kernels kernels{{}, {}, "crossEntropyBackward"};
  kernels.differentiate(call, grad, out, totalWeight);
}

void nllLossBackwardOnCuda(const LossCall& call, const Tensor& grad, const Tensor& out, const Tensor& totalWeight) {
  static Kernels kernels{{}, {}, "nllLossBackward"};
  kernels.differentiate(call, grad, out, totalWeight);
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
