// Matrix products on a card: by cuBLASLt where it is there and can, else by the engine's own kernel.
#include "ops/matrix.h"

#include <algorithm>

#include "cuda/ops/matrix_lt.h"
#include "cuda/ops/units.h"

namespace gb::cuda {
namespace {

constexpr int64_t kTile = 64;
constexpr int64_t kMostInZ = 65535;

Unit unitOf(DType type) {
  return {"gemm.cu", std::string("-DGB_T=") + kernelType(type) + " -DGB_C=" + computeName(computeType(type))};
}

GB_UNITS(all) {
  for (int type = 0; type < kDTypes; type++) {
    if (DType(type) != DType::Bool) all.push_back(unitOf(DType(type)));
  }
}

void gemmOnCuda(const GemmCall& call) {
  const Device device = call.device;
  GB_CHECK(device != Device::CPU, "a product on a card whose call does not say which card");
  if (multiplyByLibrary(call)) return;
  static Function kernels[kDTypes];
  const CUfunction kernel = kernels[int(call.dtype)].get(cudaIndex(device), "gemm", [&] { return unitOf(call.dtype); });
  const int64_t size = int64_t(itemSize(call.dtype));
  const int64_t columns = (call.n + kTile - 1) / kTile, most = kMostInZ * kTile;
  for (int64_t row = 0; row < call.m; row += most) {
    const int64_t m = std::min(most, call.m - row);
    for (int64_t first = 0; first < call.batch; first += kMostInZ) {
      const auto at = [&](const MatrixRef& x, int64_t row) {
        return static_cast<char*>(x.data) + (first * x.batchStride + row * x.row) * size;
      };
      const GemmArguments a{at(call.a, row), at(call.b, 0),      call.bias,  at(call.c, row), m,                  call.n,
                            call.k,          call.a.batchStride, call.a.row, call.a.column,   call.b.batchStride, call.b.row,
                            call.b.column,   call.c.batchStride, call.c.row, call.c.column,   call.alpha,         call.beta};
      const Grid grid{unsigned(columns), unsigned((m + kTile - 1) / kTile), unsigned(std::min(kMostInZ, call.batch - first))};
      launch(kernel, device, grid, kThreads, a);
    }
  }
}

GB_KERNEL(CUDA, gemmKernel, gemmOnCuda)

}  // namespace
}  // namespace gb::cuda
