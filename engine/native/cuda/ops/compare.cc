#include "ops/compare.h"

#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "ops/copy.h"
#include "ops/create.h"
#include "ops/transfer.h"

namespace gb::cuda {
namespace {

bool closeOnCuda(const Tensor& a, const Tensor& b, double rtol, double atol, bool equalNan) {
  const Device device = a.device();
  const bool exact = !isFloat(a.dtype()) && rtol == 0 && atol == 0;
  const Tensor differs = full({}, Scalar::of(int64_t(0)), DType::Int32, device);
  static Function functions;
  const CUfunction kernel = functions.get(cudaIndex(device), "close", [] { return Unit{"compact.cu", ""}; });
  const Tensor* both[2] = {&a, &b};
  inLaunches(StridedLoop(a.sizes(), both, 2), [&](const StridedLoop& nest) {
    launch(kernel, device, gridFor(nest.numel, kThreads), kThreads, Place{nest.data[0], int(a.dtype())},
           Place{nest.data[1], int(b.dtype())}, walkOf<2>(nest), unsigned(nest.numel), rtol, atol, equalNan, exact,
           differs.data());
  });
  return *onHost(differs).as<int32_t>() == 0;
}

GB_KERNEL(CUDA, closeKernel, closeOnCuda)

}  // namespace
}  // namespace gb::cuda
