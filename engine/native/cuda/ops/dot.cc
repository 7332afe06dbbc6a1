#include "cuda/ops/dot.h"

#include <algorithm>

#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"

namespace gb::cuda {
namespace {

/** Elements from which on several blocks of threads share a product, and elements of each thread then at least. */
constexpr int64_t kLongVector = 1 << 15, kEach = 16;

Unit unitOf(DType type) {
  return {"dot.cu", std::string("-DGB_T=") + kernelType(type) + " -DGB_C=" + computeName(computeType(type))};
}

GB_UNITS(all) {
  for (int type = 0; type < kDTypes; type++) {
    if (DType(type) != DType::Bool) all.push_back(unitOf(DType(type)));
  }
}

}  // namespace

bool multiplyVectors(const GemmCall& call) {
  if (call.batch != 1 || call.m != 1 || call.n != 1 || call.k < kLongVector || call.a.column != 1 || call.b.row != 1 || call.bias) {
    return false;
  }
  static Function parts[kDTypes], wholes[kDTypes];
  const Device device = call.device;
  const auto get = [&](Function (&kernels)[kDTypes], const char* name) {
    return kernels[int(call.dtype)].get(cudaIndex(device), name, [&] { return unitOf(call.dtype); });
  };
  const int64_t most = 8 * int64_t(properties(cudaIndex(device)).multiProcessorCount);
  const int blocks = int(std::min(most, (call.k + kThreads * kEach - 1) / (kThreads * kEach)));
  const Scratch found(size_t(blocks) * 8, device);
  const bool whole = isAligned(call.a.data) && isAligned(call.b.data);
  launch(get(parts, "dotParts"), device, gridFor(blocks, 1), kThreads, call.a.data, call.b.data, found.data(),
         static_cast<long long>(call.k), whole);
  launch(get(wholes, "dotWhole"), device, gridFor(1, 1), kThreads, call.c.data, found.data(), blocks, call.alpha, call.beta);
  return true;
}

}  // namespace gb::cuda
