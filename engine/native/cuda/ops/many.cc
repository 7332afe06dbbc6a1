// Ops on all tensors of a list on a card: those of one type go into one launch, as many as fit.
#include "ops/many.h"

#include <deque>

#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"
#include "ops/copy.h"
#include "ops/pointwise.h"

namespace gb::cuda {
namespace {

constexpr DType kTypes[] = {DType::Float32, DType::Float64, DType::Float16, DType::BFloat16};

Unit unitOf(DType type) {
  return {"many.cu", std::string("-DGB_T=") + kernelType(type) + " -DGB_C=" + computeName(computeType(type))};
}

CUfunction kernelOf(Function (&functions)[kDTypes], const char* name, DType type, Device device) {
  return functions[int(type)].get(cudaIndex(device), name, [&] { return unitOf(type); });
}

/** Calls body(arguments, type) for as many tensors at a time as a launch takes. */
template <class Body>
void inBatches(const std::vector<const Tensor*>& xs, const Body& body) {
  StepArguments a{};
  DType type = DType::Float32;
  const auto flush = [&] {
    if (a.count > 0) body(a, type);
    a.count = 0;
  };
  for (const Tensor* x : xs) {
    if (x->numel() == 0) continue;
    if (a.count == kMostParameters || x->dtype() != type) flush();
    type = x->dtype();
    const int i = a.count++;
    a.param[i] = x->data();
    a.grad[i] = x->data();
    a.size[i] = x->numel();
    a.first[i + 1] = a.first[i] + unsigned((x->numel() + kStepChunk - 1) / kStepChunk);
  }
  flush();
}

void manyNormOnCuda(const Tensor& out, const TensorList& xs, double p) {
  static Function norms[kDTypes], joins[kDTypes];
  const Device device = out.device();
  std::deque<Tensor> dense;
  int64_t chunks = 0;
  std::vector<const Tensor*> all;
  for (const Tensor* x : xs) {
    dense.push_back(isDense(*x) ? *x : contiguous(*x));
    all.push_back(&dense.back());
    chunks += (x->numel() + kStepChunk - 1) / kStepChunk;
  }
  const Scratch memory(size_t(std::max<int64_t>(1, chunks)) * 8, device);
  double* const parts = static_cast<double*>(memory.data());
  int64_t done = 0;
  inBatches(all, [&](const StepArguments& a, DType type) {
    const unsigned count = a.first[a.count];
    launch(kernelOf(norms, "partsOfNorm", type, device), device, Grid{count}, kThreads, a, parts + done, p);
    done += count;
  });
  launch(kernelOf(joins, "joinNorm", DType::Float32, device), device, Grid{1}, 1024u, Place{out.as<char>(), int(out.dtype())}, parts,
         static_cast<long long>(done), p);
}

void manyScaleOnCuda(const TensorList& xs, MaybeTensor factor, double number) {
  static Function scales[kDTypes];
  std::vector<const Tensor*> all;
  for (const Tensor* x : xs) {
    if (isDense(*x) && isFloat(x->dtype())) {
      all.push_back(x);
    } else if (factor) {
      binary(Binary::mul, *x, *factor, {}, x);
    } else {
      binary(Binary::mul, *x, Scalar::of(number), {}, x);
    }
  }
  if (all.empty()) return;
  const Device device = all[0]->device();
  const Place by = factor ? Place{factor->as<char>(), int(factor->dtype())} : Place{nullptr, 0};
  inBatches(all, [&](const StepArguments& a, DType type) {
    launch(kernelOf(scales, "scaleMany", type, device), device, Grid{a.first[a.count]}, kThreads, a, by, number);
  });
}

GB_UNITS(all) {
  for (DType type : kTypes) all.push_back(unitOf(type));
}

GB_KERNEL(CUDA, manyNormKernel, manyNormOnCuda)
GB_KERNEL(CUDA, manyScaleKernel, manyScaleOnCuda)

}  // namespace
}  // namespace gb::cuda
