#include "cuda/ops/conv_bias.h"

#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"

namespace gb::cuda {
namespace {

Unit unitOf(DType type) {
  return ByCompute::unit("bias.cu", computeType(type), std::string("-DGB_T=") + kernelType(type));
}

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64, DType::Float16, DType::BFloat16}) all.push_back(unitOf(type));
}

}  // namespace

void addBias(void* y, const Tensor& bias, int64_t batch, int64_t channels, int64_t volume) {
  static Function each[kDTypes], wide[kDTypes];
  const DType type = bias.dtype();
  const int64_t lanes = 16 / int64_t(bias.itemSize());
  // Neighbours that a thread takes at once are of one channel.
  const bool whole = volume % lanes == 0 && isAligned(y);
  const int64_t inner = whole ? volume / lanes : volume, n = batch * channels * inner;
  const int index = cudaIndex(bias.device());
  const CUfunction kernel = whole ? wide[int(type)].get(index, "addBiasWide", [&] { return unitOf(type); })
                                  : each[int(type)].get(index, "addBias", [&] { return unitOf(type); });
  launch(kernel, bias.device(), gridFor(n, kThreads), kThreads, y, bias.data(), divisorOf(inner), divisorOf(channels), unsigned(n));
}

}  // namespace gb::cuda
