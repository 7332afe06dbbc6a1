// Matrix products on a card: by cuBLASLt where it is there and can, else by the engine's own kernel; of two vectors by another one.
#include "ops/matrix.h"

#include <algorithm>

#include "cuda/ops/blocks.h"
#include "cuda/ops/dot.h"
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

void multiplyByKernel(const GemmCall& call) {
  const Device device = call.device;
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

void gemmOnCuda(const GemmCall& call) {
  GB_CHECK(call.device != Device::CPU, "a product on a card whose call does not say which card");
  if (!multiplyVectors(call) && !multiplyByLibrary(call)) multiplyByKernel(call);
}

GB_KERNEL(CUDA, gemmKernel, gemmOnCuda)

}  // namespace

void multiply(const Block& c, const Block& a, const Block& b, double alpha, double beta, bool own) {
  if (c.rows == 0 || c.columns == 0) return;
  const auto operand = [](const Block& x) { return MatrixRef{x.data, x.perMatrix, x.row, x.column}; };
  const GemmCall call{DType::Float64, c.batch, c.rows, c.columns, a.columns, operand(a), operand(b), operand(c), alpha, beta,
                      nullptr,        c.device};
  if (own) {
    multiplyByKernel(call);
  } else {
    gemmOnCuda(call);
  }
}
}  // namespace gb::cuda
