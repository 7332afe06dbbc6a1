// Setting values at indices on a card (kernels/set.cu): which position of a place is the last one is found first, then all are set
// side by side.
#include "cuda/ops/index_walk.h"
#include "cuda/ops/units.h"
#include "ops/create.h"

namespace gb::cuda {
namespace {

/** Places for each position up to which all are cleared: with more, only those that are named. */
constexpr int64_t kPlacesEach = 8;
/** Positions of a line, and lines, from which on a block of threads takes each. */
constexpr int64_t kLongLine = 64, kManyLines = 64;

/** Room for the last position of each place; true where it is clear. */
bool lastOf(Tensor& last, int64_t places, int64_t count, Device device) {
  const bool clear = places <= kPlacesEach * count;
  last = clear ? full({places}, Scalar::of(int64_t(-1)), DType::Int32, device) : emptyTensor({places}, DType::Int32, device);
  return clear;
}

}  // namespace

void setBlocks(const IndexArguments& index, int64_t count, int64_t places, StridedLoop block, int64_t step, const Tensor& values) {
  static BySize clears, lasts, sets;
  const Device device = values.device();
  const int itemSize = int(values.itemSize()), size = widen(block, itemSize, step, index);
  inParts(count, block.numel, [&](int64_t first, int64_t n) {
    Tensor last;
    const bool clear = lastOf(last, places, n, device);
    const IndexArguments part = positionsOf(index, first);
    const long long positions = n;
    const Grid grid = gridFor(n, kThreads);
    if (!clear) launch(clears.get(device, "set.cu", "clearBlocks", values.itemSize()), device, grid, kThreads, part, last.data(), positions);
    launch(lasts.get(device, "set.cu", "lastBlocks", values.itemSize()), device, grid, kThreads, part, last.data(), positions);
    launch(sets.get(device, "set.cu", "setBlocks", size_t(size)), device, indexGrid(n * block.numel), kThreads, block.data[1],
           block.data[0] + first * step, part, last.data(), withIndexLast(block, n, step), divisorOf(block.numel),
           unsigned(n * block.numel));
  });
}

void setAlong(const Tensor& x, int dim, const Tensor& index, const Tensor& other) {
  static BySize clears, lasts, sets, lines;
  const Device device = x.device();
  const size_t size = x.itemSize();
  const Line line = lineOf(x, dim, index, other);
  if (line.length <= kFewPositions) return joinAlong(Along::Scatter, x, dim, index, other);
  const StridedLoop rows = linesLoop(x, dim, index, other);
  const bool many = rows.numel >= kManyLines && rows.numel <= mostElements() && line.length <= mostElements();
  if (many && line.index == 8 && line.length >= kLongLine && line.size <= kLinePlaces) {
    launch(lines.get(device, "set.cu", "setLines", size), device, gridFor(rows.numel, 1), kThreads, rows.data[0], rows.data[1],
           rows.data[2], walkOf<3>(rows), line);
    return;
  }
  const int64_t places = reachOf(x);
  inLaunches(alongLoop(x, dim, index, other), [&](const StridedLoop& nest) {
    char *const values = nest.data[0], *const at = nest.data[1], *const base = nest.data[2];
    const Walk<3> walk = walkOf<3>(nest);
    const unsigned n = unsigned(nest.numel);
    const Grid grid = indexGrid(nest.numel);
    // A slice's places count from where it begins; it reaches no further than all of x.
    Tensor last;
    const bool clear = lastOf(last, places, nest.numel, device);
    if (!clear) launch(clears.get(device, "set.cu", "clearAlong", size), device, grid, kThreads, at, last.data(), walk, line, n);
    launch(lasts.get(device, "set.cu", "lastAlong", size), device, grid, kThreads, at, last.data(), walk, line, n);
    launch(sets.get(device, "set.cu", "setAlong", size), device, grid, kThreads, values, at, base, last.data(), walk, line, n);
  });
}

namespace {

GB_UNITS(all) {
  for (size_t size : {1, 2, 4, 8, 16}) all.push_back(BySize::unit("set.cu", size));
}

}  // namespace
}  // namespace gb::cuda
