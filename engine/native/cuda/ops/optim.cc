// Optimiser steps on a card: parameters of one type and one set of constants go into one launch, as many as fit.
#include "ops/optim.h"

#include <cstring>

#include "cuda/ops/units.h"
#include "cuda/runtime/capture.h"

namespace gb::cuda {
namespace {

constexpr DType kTypes[] = {DType::Float32, DType::Float64, DType::Float16, DType::BFloat16};
int placeOf(DType type) {
  for (int i = 0; i < 4; i++) {
    if (kTypes[i] == type) return i;
  }
  fail("not implemented for '", titleOf(type), "'");
}

std::string typesOf(DType type) {
  return std::string("-DGB_T=") + kernelType(type) + " -DGB_C=" + computeName(computeType(type));
}

/** In the order of `Step`; C is the kernel's compute type. */
constexpr const char* kFormulas[kSteps] = {
    "Adam<C,false>",         "Adam<C,true>", "RmsProp<C,false,false>", "RmsProp<C,true,false>", "RmsProp<C,false,true>",
    "RmsProp<C,true,true>",  "Adagrad<C>",   "Adadelta<C>",            "Adamax<C>",             "NAdam<C>",
    "RAdam<C>",              "Rprop<C>",
};

Unit sgdUnit(DType type) { return {"sgd.cu", typesOf(type)}; }
Unit stepUnit(int step, DType type) { return {"step.cu", typesOf(type) + " -DGB_STEP=" + kFormulas[step]}; }

GB_UNITS(all) {
  for (DType type : kTypes) {
    all.push_back(sgdUnit(type));
    for (int step = 0; step < kSteps; step++) all.push_back(stepUnit(step, type));
  }
}

/** Collects parameters and launches when no more fit or another kind comes. */
template <class Launch>
class Batch {
 public:
  /** `live`: null, or the constants of all parameters in the card's memory. */
  Batch(Device device, const Launch& launch, StepNumbers live) : device_(device), launch_(launch), live_(live) {}
  ~Batch() noexcept(false) { flush(); }

  /** `place`: of the parameter among all of the step. */
  StepArguments& add(int place, const Tensor& param, const Tensor& grad, const double* constants, int count, int key) {
    GB_CHECK(param.device() == device_ && grad.device() == device_,
             "Expected all parameters and gradients of a step to be on the same device, but found ", nameOf(device_), " and ",
             nameOf(param.device() == device_ ? grad.device() : param.device()), "!");
    const bool fits = a_.count < kMostParameters && param.dtype() == type_ && key == key_ &&
                      (live_.at ? a_.liveStep == 0 || place == place_ + 1
                                : std::memcmp(a_.constants, constants, sizeof(double) * size_t(count)) == 0);
    if (a_.count > 0 && !fits) flush();
    type_ = param.dtype();
    key_ = key;
    std::memcpy(a_.constants, constants, sizeof(double) * size_t(count));
    const int i = a_.count++;
    place_ = place;
    if (live_.at && i == 0) {
      // One row of numbers is for all parameters.
      a_.liveStep = live_.count == count ? 0 : count;
      a_.live = live_.at + int64_t(place) * a_.liveStep;
    }
    a_.param[i] = param.data();
    a_.grad[i] = grad.data();
    a_.size[i] = param.numel();
    a_.first[i + 1] = a_.first[i] + unsigned((param.numel() + kStepChunk - 1) / kStepChunk);
    return a_;
  }
  int last() const { return a_.count - 1; }

 private:
  void flush() {
    if (a_.count == 0) return;
    const StepArguments a = a_;
    a_ = StepArguments{};
    launch_(a, type_, key_);
  }

  Device device_;
  const Launch& launch_;
  const StepNumbers live_;
  StepArguments a_{};
  int place_ = 0;
  DType type_ = DType::Float32;
  int key_ = 0;
};

void sgdOnCuda(const std::vector<SgdParameter>& rows, const SgdOptions& o) {
  static Function kernels[4];
  const Device device = rows[0].param->device();
  const double constants[] = {o.lr, o.momentum, 1 - o.dampening, o.weightDecay, o.maximize ? -1.0 : 1.0, double(o.nesterov)};
  const auto go = [&](const StepArguments& a, DType type, int fresh) {
    const CUfunction kernel =
        kernels[placeOf(type)].get(cudaIndex(device), "sgd", [&] { return sgdUnit(type); });
    launch(kernel, device, Grid{a.first[a.count]}, kThreads, a, fresh != 0);
  };
  Batch batch(device, go, takeStepNumbers());
  for (const SgdParameter& row : rows) {
    StepArguments& a = batch.add(0, *row.param, *row.grad, constants, 6, row.fresh);
    a.states[0][batch.last()] = row.buffer ? row.buffer->data() : nullptr;
  }
}

void stepOnCuda(Step step, int states, const std::vector<StepParameter>& rows) {
  static Function kernels[kSteps][4];
  const Device device = rows[0].param->device();
  const auto go = [&](const StepArguments& a, DType type, int) {
    const CUfunction kernel = kernels[int(step)][placeOf(type)].get(cudaIndex(device), "step", [&] {
      return stepUnit(int(step), type);
    });
    launch(kernel, device, Grid{a.first[a.count]}, kThreads, a);
  };
  Batch batch(device, go, takeStepNumbers());
  for (const StepParameter& row : rows) {
    StepArguments& a = batch.add(row.place, *row.param, *row.grad, row.constants, row.constantCount, 0);
    for (int k = 0; k < states; k++) a.states[k][batch.last()] = row.states[k]->data();
  }
}

GB_KERNEL(CUDA, sgdKernel, sgdOnCuda)
GB_KERNEL(CUDA, stepKernel, stepOnCuda)

}  // namespace
}  // namespace gb::cuda
