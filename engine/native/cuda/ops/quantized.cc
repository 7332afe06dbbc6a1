// Products of bytes on a card.
#include "ops/quantized.h"

#include <algorithm>

#include "cuda/kernels/layer_arguments.h"
#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"

namespace gb::cuda {
namespace {

constexpr int64_t kTile = 32, kRangeBlocks = 256;

Unit unitOf() { return {"quantized.cu", ""}; }

CUfunction kernel(Function& function, const char* name, Device device) {
  return function.get(cudaIndex(device), name, [] { return unitOf(); });
}

void dynamicLinearOnCuda(const DynamicLinear& call, const Tensor& y) {
  const Device device = y.device();
  for (const Tensor* x : {&call.weight, &call.rowSums, call.bias}) {
    if (x) checkTogether(call.x, *x);
  }
  static Function ranges, scales, products;
  const long long n = call.rows * call.in;
  const Grid blocks{unsigned(std::clamp<int64_t>((n + 4 * kThreads - 1) / (4 * kThreads), 1, kRangeBlocks))};
  const Scratch partial(kRangeBlocks * 8, device), scale(sizeof(ByteScale), device);
  launch(kernel(ranges, "byteRange", device), device, blocks, kThreads, call.x.data(), n, partial.data(),
         faultOf(cudaIndex(device)), faultCode());
  launch(kernel(scales, "byteScale", device), device, Grid{1}, 32, partial.data(), int(blocks.x), scale.data());
  const DynamicLinearArguments a{call.x.as<float>(), call.bias ? call.bias->as<float>() : nullptr, call.weight.as<signed char>(),
                                 call.rowSums.as<int>(), scale.data(), y.as<float>(), call.rows, call.in, call.out, call.stride,
                                 float(call.weightScale)};
  Grid grid = gridFor(call.out, kTile);
  const int64_t down = (call.rows + kTile - 1) / kTile;
  GB_CHECK(down < 65536, "a product of ", call.rows, " rows is not possible on a card yet");
  grid.y = unsigned(down);
  launch(kernel(products, "linearDynamic", device), device, grid, kThreads, a);
}

GB_UNITS(all) { all.push_back(unitOf()); }

GB_KERNEL(CUDA, dynamicLinearKernel, dynamicLinearOnCuda)

}  // namespace
}  // namespace gb::cuda
