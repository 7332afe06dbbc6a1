// Indexing on a card. Writes keep the order of the index, so that results are the same in every run.
#include "ops/index.h"

#include <algorithm>
#include <cstdlib>

#include "cuda/kernels/scatter_arguments.h"
#include "cuda/ops/limits.h"
#include "cuda/ops/scatter_runs.h"
#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "cuda/runtime/fault.h"
#include "ops/copy.h"
#include "ops/gather.h"
#include "ops/transfer.h"

namespace gb::cuda {
namespace {

/** Positions so few, or threads for the elements of a block or for lines so many, that each takes all positions in order. */
constexpr int64_t kFewPositions = 8, kManyThreads = 1 << 16;
/** Thread blocks that keep a card busy: places are shared out to them. */
constexpr int64_t kShares = 128;
constexpr int64_t kChunk = 1024;

IndexArguments argumentsOf(const Indexed& x) {
  IndexArguments a{};
  const int64_t size = int64_t(x.base.itemSize());
  GB_CHECK(int(x.indices.size()) <= kMostDims, "more than ", kMostDims, " index tensors");
  for (const Tensor& index : x.indices) {
    checkTogether(x.base, index);
    a.at[a.count] = static_cast<const long long*>(index.data());
    a.sizes[a.count] = x.sizes[a.count];
    a.strides[a.count] = x.strides[a.count] * size;
    a.count++;
  }
  a.fromEnd = x.fromEnd;
  a.fault = faultOf(cudaIndex(x.base.device()));
  a.op = faultCode();
  return a;
}

/** The same from position `first` on. */
IndexArguments positionsOf(IndexArguments index, int64_t first) {
  for (int k = 0; k < index.count; k++) index.at[k] += first;
  return index;
}

int bitsOf(int64_t n) {
  int bits = 0;
  while ((int64_t(1) << bits) < n) bits++;
  return bits;
}

/** How `count` positions go to `places` places, by thread blocks of which `beside` stand beside each other anyhow. */
struct Sorted {
  ScatterArguments arguments{};
  Grid grid{};
  unsigned threads = 0;

  Sorted(int64_t count, int64_t places, int64_t columns, int64_t beside) {
    ScatterArguments& a = arguments;
    a.columns = unsigned(columns);
    const int64_t shares = std::min({kShares / beside, count, places});
    while ((int64_t(2) << a.groupBits) <= shares) a.groupBits++;
    a.passes = std::max(1, (bitsOf(places) - a.groupBits + kScatterBits - 1) / kScatterBits);
    grid = gridFor(beside, 1);
    grid.y = 1u << a.groupBits;
    threads = unsigned(std::min<int64_t>(kScatterThreads, (std::max(count, columns) + 31) / 32 * 32));
  }
};

Unit sortedUnit(DType type, bool wide) {
  return {"scatter.cu", std::string("-DGB_T=") + kernelType(type) + " -DGB_C=" + computeName(computeType(type)) +
                            " -DGB_WIDE=" + (wide ? "1" : "0")};
}

/** `reach`: bytes from the first place to behind the last one. */
CUfunction sortedKernel(Function (&all)[2][kDTypes], const char* name, const Tensor& x, int64_t reach) {
  const bool wide = reach > 2 * mostElements();
  return all[wide][int(x.dtype())].get(cudaIndex(x.device()), name, [&] { return sortedUnit(x.dtype(), wide); });
}

/** Blocks [count, rest…]: the walk over one of them, in step with the base. */
StridedLoop blockLoop(const Tensor& blocks, const Tensor& base) {
  Dims sizes = blocks.sizes(), strides = blocks.strides();
  sizes.erase(0);
  strides.erase(0);
  const Tensor one = blocks.viewed(sizes, strides);
  const Tensor* both[2] = {&one, &base};
  return StridedLoop(sizes, both, 2);
}

/** The walk over a block with the index as its last dimension, whatever their strides. */
Walk<2> withIndexLast(const StridedLoop& block, int64_t count, int64_t step) {
  Walk<2> walk = walkOf<2>(block);
  GB_CHECK(walk.dims < kMostDims, "an index into a tensor of so many dimensions");
  walk.sizes[walk.dims] = divisorOf(count);
  walk.strides[0][walk.dims] = step;
  walk.strides[1][walk.dims] = 0;
  walk.dims++;
  return walk;
}

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
  inLaunches(blockLoop(out, from.base), [&](const StridedLoop& block) {
    inParts(from.count, block.numel, [&](int64_t first, int64_t count) {
      launch(gathers.get(device, "index.cu", "gatherBlocks", out.itemSize()), device, gridFor(count * block.numel, kThreads), kThreads,
             block.data[0] + first * step, block.data[1], positionsOf(index, first), withIndexLast(block, count, step),
             unsigned(block.numel), unsigned(count * block.numel));
    });
  });
}

void scatterOnCuda(const Indexed& to, const Tensor& values, WriteMode mode, double factor) {
  const Device device = values.device();
  const IndexArguments index = argumentsOf(to);
  static BySize checks, scatters;
  static Function sorts[2][kDTypes];
  const long long count = to.count;
  if (values.numel() == 0) {
    if (count > 0) {
      launch(checks.get(device, "index.cu", "check", 4), device, gridFor(count, kThreads), kThreads, index, count);
    }
    return;
  }
  const long long step = values.stride(0) * int64_t(values.itemSize());
  const bool add = mode == WriteMode::Add;
  int64_t reach = 0;
  for (int k = 0; k < index.count; k++) reach += std::abs(index.strides[k]) * index.sizes[k];
  inLaunches(blockLoop(values, to.base), [&](const StridedLoop& block) {
    char *const from = block.data[0], *const base = block.data[1];
    Walk<2> walk = walkOf<2>(block);
    // The kernels' order of operands: the base is written, the values are read.
    for (int d = 0; d < walk.dims; d++) std::swap(walk.strides[0][d], walk.strides[1][d]);
    const unsigned elements = unsigned(block.numel);
    if (count <= kFewPositions || elements >= kManyThreads) {
      launch(scatters.get(device, "index.cu", "scatterBlocks", values.itemSize()), device, gridFor(elements, kThreads), kThreads, base,
             from, step, int(values.dtype()), index, walk, elements, count, add, factor);
      return;
    }
    const int64_t columns = std::min(block.numel, kColumns);
    const int64_t beside = (block.numel + columns - 1) / columns;
    inParts(count, 1, [&](int64_t first, int64_t n) {
      if (n >= sortedFrom && beside < kShares) {
        const int mode = add ? kScatterAdd : kScatterSet;
        const ValueRows rows{from + first * step, step};
        scatterBlockRuns(values.dtype(), device, positionsOf(index, first), n, walk, block.numel, base, rows, mode, factor);
        return;
      }
      Sorted s(n, product(to.sizes), columns, beside);
      s.arguments.valueStep = step;
      s.arguments.mode = add ? kScatterAdd : kScatterSet;
      s.arguments.factor = factor;
      launch(sortedKernel(sorts, "scatterSorted", values, reach), device, s.grid, s.threads, s.arguments, positionsOf(index, first), walk,
             base, from + first * step, elements, unsigned(n));
    });
  });
}

void alongOnCuda(Along mode, const Tensor& x, int dim, const Tensor& index, const Tensor& other) {
  const Device device = x.device();
  const int64_t size = int64_t(x.itemSize());
  Dims sizes = index.sizes(), o = other.strides(), p = index.strides(), s = x.strides();
  const Line line{o[dim] * size, p[dim] * 8, s[dim] * size, sizes[dim], x.size(dim), dim, int(x.dtype()),
                  faultOf(cudaIndex(device)), faultCode()};
  for (Dims* dims : {&sizes, &o, &p, &s}) dims->erase(dim);
  const Tensor a = other.viewed(sizes, o), b = index.viewed(sizes, p), c = x.viewed(sizes, s);
  const Tensor* all[3] = {&a, &b, &c};
  static BySize gathers, scatters;
  static Function sorts[2][kDTypes];
  inLaunches(StridedLoop(sizes, all, 3), [&](const StridedLoop& nest) {
    char *const values = nest.data[0], *const at = nest.data[1], *const base = nest.data[2];
    const unsigned lines = unsigned(nest.numel);
    const Walk<3> walk = walkOf<3>(nest);
    if (mode == Along::Gather) {
      launch(gathers.get(device, "index.cu", "gatherAlong", x.itemSize()), device, gridFor(line.length * nest.numel, kThreads), kThreads,
             values, at, base, walk, line, lines);
      return;
    }
    if (line.length <= kFewPositions || lines >= kManyThreads) {
      launch(scatters.get(device, "index.cu", "scatterAlong", x.itemSize()), device, gridFor(lines, kThreads), kThreads, values, at,
             base, walk, line, lines, int(mode));
      return;
    }
    inParts(line.length, 1, [&](int64_t first, int64_t n) {
      Line part = line;
      part.length = n;
      if (n >= sortedFrom && lines < kShares) {
        scatterLineRuns(x.dtype(), device, part, walk, lines, base, at + first * line.index, values + first * line.other,
                        int(mode));
        return;
      }
      Sorted sorted(n, line.size, 1, lines);
      sorted.arguments.valueStep = line.other;
      sorted.arguments.mode = int(mode);
      sorted.arguments.factor = 1;
      launch(sortedKernel(sorts, "scatterLines", x, std::abs(line.x) * line.size), device, sorted.grid, sorted.threads, sorted.arguments, part, walk, base,
             at + first * line.index, values + first * line.other);
    });
  });
}

Tensor nonzeroOnCuda(const Tensor& x) {
  const Device device = x.device();
  const Tensor mask = x.dtype() == DType::Bool && x.contiguous() ? x : contiguous(toType(x, DType::Bool));
  const int64_t n = mask.numel(), chunks = (n + kChunk - 1) / kChunk;
  int64_t total = 0;
  Tensor before = emptyTensor({chunks}, DType::Int64);
  if (n > 0) {
    static Function counts;
    const CUfunction count = counts.get(cudaIndex(device), "count", [] { return Unit{"compact.cu", ""}; });
    const Tensor found = emptyTensor({chunks}, DType::Int32, device);
    launch(count, device, gridFor(chunks, 1), kThreads, mask.data(), found.data(), static_cast<long long>(n));
    // How many there are decides the result's shape: the host must know.
    const Tensor here = onHost(found);
    for (int64_t i = 0; i < chunks; i++) {
      before.as<int64_t>()[i] = total;
      total += here.as<int32_t>()[i];
    }
  }
  const Tensor result = emptyTensor({total, x.ndim()}, DType::Int64, device);
  if (result.numel() == 0) return result;
  static_assert(sizeof(Shape::sizes) / 8 == kMaxDims);
  Shape shape{x.ndim(), {}};
  for (int d = 0; d < x.ndim(); d++) shape.sizes[d] = x.size(d);
  static Function writes;
  const CUfunction write = writes.get(cudaIndex(device), "write", [] { return Unit{"compact.cu", ""}; });
  const Tensor there = toDevice(before, device, false);
  launch(write, device, gridFor(chunks, 1), kThreads, mask.data(), there.data(), result.data(), shape, static_cast<long long>(n));
  return result;
}

GB_UNITS(all) {
  for (size_t size : {1, 2, 4, 8}) all.push_back(BySize::unit("index.cu", size));
  for (int type = 0; type < kDTypes; type++) {
    for (bool wide : {false, true}) all.push_back(sortedUnit(DType(type), wide));
  }
  all.push_back(Unit{"compact.cu", ""});
}

GB_KERNEL(CUDA, gatherBlocksKernel, gatherOnCuda)
GB_KERNEL(CUDA, scatterBlocksKernel, scatterOnCuda)
GB_KERNEL(CUDA, alongKernel, alongOnCuda)
GB_KERNEL(CUDA, nonzeroKernel, nonzeroOnCuda)

}  // namespace
}  // namespace gb::cuda
