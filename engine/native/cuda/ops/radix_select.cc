#include "cuda/ops/radix_select.h"

#include <algorithm>

#include "cuda/kernels/radix_arguments.h"
#include "cuda/ops/limits.h"
#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"
#include "ops/create.h"

namespace gb::cuda {
namespace {

/** Keys of a row from which on choosing takes fewer reads than sorting, and of which at most one in so many is kept. */
constexpr int64_t kLongRow = 16384, kFewKept = 16;
/** Keys of a thread at least, and rows at most: a grid has no more blocks in y. */
constexpr int64_t kLeast = 16, kMostRows = 65535;

Unit unitOf(DType type) { return {"radix_select.cu", std::string("-DGB_K=") + computeName(type)}; }

CUfunction kernelFor(Function (&kernels)[kDTypes], const char* name, const Tensor& x) {
  return kernels[int(x.dtype())].get(cudaIndex(x.device()), name, [&] { return unitOf(x.dtype()); });
}

GB_UNITS(all) {
  for (DType compute : kComputes) all.push_back(unitOf(compute));
}

}  // namespace

bool choosesByDigits(int64_t rows, int64_t n, int64_t kept) {
  return n >= std::min(kLongRow, sortedFrom) && rows * n >= sortedFrom && rows <= kMostRows && n <= kRadixMost &&
         kept <= n / kFewKept;
}

void chooseByDigits(const Tensor& x, int64_t n, const Tensor& values, const Tensor& indices, bool largest) {
  static Function counts[kDTypes], parts[kDTypes], kept[kDTypes];
  const Device device = x.device();
  const int64_t rows = x.numel() / n, passes = int64_t(x.itemSize()), processors = properties(cudaIndex(device)).multiProcessorCount;
  const int64_t most = (n + kRadixThreads * kLeast - 1) / (kRadixThreads * kLeast);
  Grid grid = gridFor(std::clamp<int64_t>((4 * processors + rows - 1) / rows, 1, most), 1);
  grid.y = unsigned(rows);
  const Tensor zeros = full({rows * passes * kRadixDigits}, Scalar::of(int64_t(0)), DType::Int32, device);
  const Scratch known(size_t(rows * passes) * 16, device), found(size_t(rows) * grid.x * 8, device);
  SelectArguments a{};
  a.x = x.data();
  a.n = n;
  a.kept = int(values.numel() / rows);
  a.largest = largest;
  a.counts = static_cast<unsigned*>(zeros.data());
  a.known = known.data();
  a.parts = static_cast<unsigned*>(found.data());
  a.perPart = (n + grid.x - 1) / grid.x;
  a.values = values.data();
  a.indices = static_cast<long long*>(indices.data());
  for (int pass = int(passes) - 1; pass >= 0; pass--) {
    launch(kernelFor(counts, "selectCounts", x), device, grid, kRadixThreads, a, pass);
  }
  launch(kernelFor(parts, "selectParts", x), device, grid, kRadixThreads, a);
  launch(kernelFor(kept, "selectKept", x), device, grid, kRadixThreads, a);
}

}  // namespace gb::cuda
