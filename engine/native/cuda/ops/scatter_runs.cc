#include "cuda/ops/scatter_runs.h"

#include <algorithm>

#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"
#include "ops/sort.h"

namespace gb::cuda {
namespace {

/** Thread blocks for the same columns at most, and positions of a team of threads at least. */
constexpr int64_t kRunBlocks = 1024, kRunLeast = 8;

Unit runsUnit(DType type) {
  return {"scatter_runs.cu", std::string("-DGB_T=") + kernelType(type) + " -DGB_C=" + computeName(computeType(type))};
}

/** A kernel of scatter_runs.cu. */
enum RunKernel { kBlockKeys, kLineKeys, kRunJoins, kRunRests, kRunKernels };

CUfunction runKernel(RunKernel which, DType type, Device device) {
  constexpr const char* names[kRunKernels] = {"blockKeys", "lineKeys", "runJoins", "runRests"};
  static Function all[kRunKernels][kDTypes];
  return all[which][int(type)].get(cudaIndex(device), names[which], [&] { return runsUnit(type); });
}

/**
 * Writes where the keys [lines, count] say, in bytes from `base` on. A line has `elements` columns, which `walk` (operands base and
 * values) is over; several lines have one each.
 */
void write(DType type, const Tensor& keys, int64_t elements, const Walk<2>& walk, char* base, ValueRows values, int mode,
           double factor) {
  const Device device = keys.device();
  const int64_t lines = keys.size(0), count = keys.size(1), columns = std::min(elements, kColumns), teams = kRunThreads / columns;
  const Tensor order = emptyTensor(keys.sizes(), DType::Int64, device);
  sortKernel(device, keys, order, false);
  RunArguments r{};
  r.keys = static_cast<const long long*>(keys.data());
  r.order = static_cast<const long long*>(order.data());
  r.keyStep = lines > 1 ? count : 0;
  r.valueStep = values.step;
  r.mode = mode;
  r.factor = factor;
  r.count = count;
  r.elements = unsigned(lines * elements);
  r.columns = unsigned(columns);
  const auto grid = [&](int64_t parts) {
    Grid grid = gridFor(parts, 1);
    grid.y = unsigned(lines * ((elements + columns - 1) / columns));
    return grid;
  };
  r.each = std::max(kRunLeast, (count + teams * kRunBlocks - 1) / (teams * kRunBlocks));
  const long long span = teams * r.each;
  const int64_t blocks = (count + span - 1) / span;
  const size_t room = size_t(blocks * grid(1).y * columns) * sizeof(double);
  const Scratch heads(room, device), tails(room, device);
  r.heads = heads.data();
  r.tails = tails.data();
  launch(runKernel(kRunJoins, type, device), device, grid(blocks), kRunThreads, r, walk, base, values.data);
  if (blocks == 1) return;
  launch(runKernel(kRunRests, type, device), device, grid((blocks + teams - 1) / teams), kRunThreads, r, walk, base, values.data,
         span);
}

/** The walk over x and other out of that over other, index and x. */
Walk<2> pairOf(const Walk<3>& walk) {
  Walk<2> pair{};
  pair.dims = walk.dims;
  for (int d = 0; d < walk.dims; d++) {
    pair.sizes[d] = walk.sizes[d];
    pair.strides[0][d] = walk.strides[2][d];
    pair.strides[1][d] = walk.strides[0][d];
  }
  return pair;
}

GB_UNITS(all) {
  for (int type = 0; type < kDTypes; type++) all.push_back(runsUnit(DType(type)));
}

}  // namespace

void scatterBlockRuns(DType type, Device device, const IndexArguments& index, int64_t count, const Walk<2>& walk, int64_t elements,
                      char* base, ValueRows values, int mode, double factor) {
  const Tensor keys = emptyTensor({1, count}, DType::Int64, device);
  launch(runKernel(kBlockKeys, type, device), device, gridFor(count, kThreads), kThreads, index, keys.data(),
         static_cast<long long>(count));
  write(type, keys, elements, walk, base, values, mode, factor);
}

void scatterLineRuns(DType type, Device device, const Line& line, const Walk<3>& walk, int64_t lines, char* x, const char* index,
                     const char* other, int mode) {
  const Tensor keys = emptyTensor({lines, line.length}, DType::Int64, device);
  Grid grid = gridFor(line.length, kThreads);
  grid.y = unsigned(lines);
  launch(runKernel(kLineKeys, type, device), device, grid, kThreads, line, walk, index, keys.data());
  write(type, keys, 1, pairOf(walk), x, {other, line.other}, mode, 1);
}

}  // namespace gb::cuda
