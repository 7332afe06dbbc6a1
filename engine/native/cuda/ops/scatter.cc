// Writing at indices on a card. Writes keep the order of the index, so that results are the same in every run.
#include <algorithm>

#include "cuda/ops/index_walk.h"
#include "cuda/ops/limits.h"
#include "cuda/ops/radix.h"
#include "cuda/ops/scatter_runs.h"
#include "cuda/ops/units.h"
#include "ops/copy.h"

namespace gb::cuda {
namespace {

/** Thread blocks that keep a card busy: places are shared out to them. */
constexpr int64_t kShares = 128;

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
  int64_t reach = 0, places = 1;
  for (int k = 0; k < index.count; k++) {
    reach += index.strides[k] * index.sizes[k];
    places += index.strides[k] / int64_t(values.itemSize()) * (index.sizes[k] - 1);
  }
  inLaunches(blockLoop(values, to.base), [&](const StridedLoop& block) {
    if (!add && count > kFewPositions) return setBlocks(index, count, product(to.sizes), block, step, values);
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
      if (n >= sortedFrom && beside < kShares && places <= mostElements() && n <= kMostKeys) {
        const ValueRows rows{from + first * step, step};
        joinBlockRuns(values.dtype(), device, positionsOf(index, first), n, places, walk, block.numel, base, rows, kScatterAdd, factor);
        return;
      }
      Sorted s(n, product(to.sizes), columns, beside);
      s.arguments.valueStep = step;
      s.arguments.mode = kScatterAdd;
      s.arguments.factor = factor;
      launch(sortedKernel(sorts, "scatterSorted", values, reach), device, s.grid, s.threads, s.arguments, positionsOf(index, first), walk,
             base, from + first * step, elements, unsigned(n));
    });
  });
}

}  // namespace

void joinAlong(Along mode, const Tensor& x, int dim, const Tensor& index, const Tensor& other) {
  const Device device = x.device();
  const Line line = lineOf(x, dim, index, other);
  static BySize scatters;
  static Function sorts[2][kDTypes];
  const StridedLoop all = linesLoop(x, dim, index, other);
  const int64_t reach = reachOf(x);
  if (line.length > kFewPositions && index.numel() >= sortedFrom && index.numel() <= kMostKeys && all.numel < kShares &&
      reach <= mostElements()) {
    const Tensor from = isDense(other) ? other : contiguous(other);
    return inLaunches(alongLoop(x, dim, index, from), [&](const StridedLoop& nest) {
      joinLineRuns(x.dtype(), device, line, nest, reach, int(mode));
    });
  }
  inLaunches(all, [&](const StridedLoop& nest) {
    char *const values = nest.data[0], *const at = nest.data[1], *const base = nest.data[2];
    const unsigned lines = unsigned(nest.numel);
    const Walk<3> walk = walkOf<3>(nest);
    if (line.length <= kFewPositions || lines >= kManyThreads) {
      launch(scatters.get(device, "index.cu", "scatterAlong", x.itemSize()), device, gridFor(lines, kThreads), kThreads, values, at,
             base, walk, line, lines, int(mode));
      return;
    }
    inParts(line.length, 1, [&](int64_t first, int64_t n) {
      Line part = line;
      part.length = n;
      Sorted sorted(n, line.size, 1, lines);
      sorted.arguments.valueStep = line.other;
      sorted.arguments.mode = int(mode);
      sorted.arguments.factor = 1;
      launch(sortedKernel(sorts, "scatterLines", x, line.x * line.size), device, sorted.grid, sorted.threads, sorted.arguments, part, walk, base,
             at + first * line.index, values + first * line.other);
    });
  });
}

namespace {

GB_UNITS(all) {
  for (int type = 0; type < kDTypes; type++) {
    for (bool wide : {false, true}) all.push_back(sortedUnit(DType(type), wide));
  }
}

GB_KERNEL(CUDA, scatterBlocksKernel, scatterOnCuda)

}  // namespace
}  // namespace gb::cuda
