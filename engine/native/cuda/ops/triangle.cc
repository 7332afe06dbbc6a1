// Triangles of matrices on a card.
#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "ops/shape.h"

namespace gb::cuda {
namespace {

void triangleOnCuda(const Tensor& y, const Tensor& x, int64_t diagonal, bool lower) {
  const Device device = y.device();
  const int64_t columns = x.size(x.ndim() - 1), item = int64_t(x.itemSize()), lanes = 16 / item;
  const bool whole = columns % lanes == 0 && isAligned(x.data()) && isAligned(y.data());
  static BySize vectors, singles;
  const CUfunction kernel = whole ? vectors.get(device, "triangle.cu", "triangle", x.itemSize())
                                  : singles.get(device, "triangle.cu", "triangleSingle", x.itemSize());
  const int64_t pieces = whole ? columns / lanes : columns, lines = x.numel() / columns;
  GB_CHECK(lines <= mostElements() && pieces <= mostElements(), "triangles of so many rows are not possible on a card: ", lines);
  inParts(lines, pieces, [&](int64_t first, int64_t count) {
    const int64_t n = count * pieces, offset = first * columns * item;
    launch(kernel, device, gridFor(n, kThreads), kThreads, y.as<char>() + offset, x.as<char>() + offset, divisorOf(x.size(x.ndim() - 2)),
           divisorOf(pieces), unsigned(first), unsigned(n), static_cast<long long>(diagonal), lower);
  });
}

GB_UNITS(all) {
  for (size_t size : {1, 2, 4, 8}) all.push_back(BySize::unit("triangle.cu", size));
}

GB_KERNEL(CUDA, triangleKernel, triangleOnCuda)

}  // namespace
}  // namespace gb::cuda
