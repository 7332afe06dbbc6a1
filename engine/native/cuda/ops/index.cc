// Reading at indices on a card, and what is not zero.
#include "cuda/kernels/compact_arguments.h"
#include "cuda/ops/index_walk.h"
#include "cuda/ops/units.h"
#include "ops/copy.h"
#include "ops/transfer.h"

namespace gb::cuda {
namespace {

void gatherOnCuda(const Indexed& from, const Tensor& out) {
  const Device device = out.device();
  const IndexArguments index = argumentsOf(from);
  static BySize checks, gathers;
  if (out.numel() == 0) {
    if (from.count > 0) {
      launch(checks.get(device, "index.cu", "check", 4), device, gridFor(from.count, kThreads), kThreads, index,
             static_cast<long long>(from.count));
    }
    return;
  }
  const int64_t step = out.stride(0) * int64_t(out.itemSize());
  inLaunches(blockLoop(out, from.base), [&](StridedLoop block) {
    const int size = widen(block, int(out.itemSize()), step, index);
    inParts(from.count, block.numel, [&](int64_t first, int64_t count) {
      launch(gathers.get(device, "index.cu", "gatherBlocks", size_t(size)), device, indexGrid(count * block.numel), kThreads,
             block.data[0] + first * step, block.data[1], positionsOf(index, first), withIndexLast(block, count, step),
             divisorOf(block.numel), unsigned(count * block.numel));
    });
  });
}

void alongOnCuda(Along mode, const Tensor& x, int dim, const Tensor& index, const Tensor& other) {
  if (mode == Along::Scatter) return setAlong(x, dim, index, other);
  if (mode != Along::Gather) return joinAlong(mode, x, dim, index, other);
  static BySize gathers;
  const CUfunction kernel = gathers.get(x.device(), "index.cu", "gatherAlong", x.itemSize());
  const Line line = lineOf(x, dim, index, other);
  inLaunches(alongLoop(x, dim, index, other), [&](const StridedLoop& nest) {
    launch(kernel, x.device(), indexGrid(nest.numel), kThreads, nest.data[0], nest.data[1], nest.data[2], walkOf<3>(nest), line,
           unsigned(nest.numel));
  });
}

Tensor nonzeroOnCuda(const Tensor& x) {
  const Device device = x.device();
  const Tensor mask = x.dtype() == DType::Bool && x.contiguous() ? x : contiguous(toType(x, DType::Bool));
  const int64_t n = mask.numel(), chunks = (n + kFlagChunk - 1) / kFlagChunk;
  int64_t total = 0;
  const Tensor begins = emptyTensor({chunks + 1}, DType::Int64, device);
  if (n > 0) {
    static Function counts, begin;
    const Tensor found = emptyTensor({chunks}, DType::Int32, device);
    launchPlain(counts, "compact.cu", "count", device, gridFor(chunks, 1), kFlagThreads, mask.data(), found.data(),
                static_cast<long long>(n));
    launchPlain(begin, "compact.cu", "begin", device, gridFor(1, 1), 1024, found.data(), begins.data(), static_cast<long long>(chunks));
    // How many there are decides the result's shape: the host must know.
    total = *onHost(begins.viewed({1}, {1}, begins.offset() + chunks)).as<int64_t>();
  }
  const Tensor result = emptyTensor({total, x.ndim()}, DType::Int64, device);
  if (result.numel() == 0) return result;
  static_assert(sizeof(Shape::sizes) / 8 == kMaxDims);
  Shape shape{x.ndim(), {}};
  for (int d = 0; d < x.ndim(); d++) shape.sizes[d] = x.size(d);
  static Function writes;
  launchPlain(writes, "compact.cu", "write", device, gridFor(chunks, 1), kFlagThreads, mask.data(), begins.data(), result.data(), shape,
              static_cast<long long>(n));
  return result;
}

GB_UNITS(all) {
  for (size_t size : {1, 2, 4, 8, 16}) all.push_back(BySize::unit("index.cu", size));
  all.push_back(Unit{"compact.cu", ""});
}

GB_KERNEL(CUDA, gatherBlocksKernel, gatherOnCuda)
GB_KERNEL(CUDA, alongKernel, alongOnCuda)
GB_KERNEL(CUDA, nonzeroKernel, nonzeroOnCuda)

}  // namespace
}  // namespace gb::cuda
