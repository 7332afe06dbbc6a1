#include "cuda/ops/scatter_runs.h"

#include <algorithm>

#include "cuda/ops/index_walk.h"
#include "cuda/ops/radix.h"
#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"

namespace gb::cuda {
namespace {

/** Thread blocks for the same columns at most, and positions of a team of threads at least. */
constexpr int64_t kRunBlocks = 4096, kRunLeast = 8;

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

/** Joins where the keys [count] say. A position has `elements` columns, which `walk` (operands base and values) is over. */
void join(DType type, const Tensor& keys, int64_t reach, int64_t elements, const Walk<2>& walk, char* base, ValueRows values, int mode,
          double factor) {
  const Device device = keys.device();
  const int64_t count = keys.numel(), columns = std::min(elements, kColumns), teams = kRunThreads / columns;
  const Tensor sorted = emptyTensor(keys.sizes(), DType::Int32, device), order = emptyTensor(keys.sizes(), DType::Int32, device);
  RadixRows rows{RadixKey::Place, keys.data(), sorted.data()};
  rows.order = static_cast<unsigned*>(order.data());
  rows.rows = 1;
  rows.n = count;
  while ((int64_t(1) << rows.bits) <= reach) rows.bits++;
  sortByDigits(rows, device);
  RunArguments r{};
  r.keys = static_cast<const unsigned*>(sorted.data());
  r.order = rows.order;
  r.valueStep = values.step;
  r.mode = mode;
  r.factor = factor;
  r.count = count;
  r.elements = unsigned(elements);
  r.columns = unsigned(columns);
  const auto grid = [&](int64_t parts) {
    Grid grid = gridFor(parts, 1);
    grid.y = unsigned((elements + columns - 1) / columns);
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

GB_UNITS(all) {
  for (int type = 0; type < kDTypes; type++) all.push_back(runsUnit(DType(type)));
}

}  // namespace

void joinBlockRuns(DType type, Device device, const IndexArguments& index, int64_t count, int64_t reach, const Walk<2>& walk,
                   int64_t elements, char* base, ValueRows values, int mode, double factor) {
  const Tensor keys = emptyTensor({count}, DType::Int32, device);
  launch(runKernel(kBlockKeys, type, device), device, gridFor(count, kThreads), kThreads, index, keys.data(),
         static_cast<long long>(count));
  join(type, keys, reach, elements, walk, base, values, mode, factor);
}

void joinLineRuns(DType type, Device device, const Line& line, const StridedLoop& nest, int64_t reach, int mode) {
  const Tensor keys = emptyTensor({nest.numel}, DType::Int32, device);
  launch(runKernel(kLineKeys, type, device), device, indexGrid(nest.numel), kThreads, line, walkOf<3>(nest), nest.data[1], keys.data(),
         unsigned(nest.numel));
  join(type, keys, reach, 1, Walk<2>{}, nest.data[2], {nest.data[0], int64_t(itemSize(type))}, mode, 1);
}

}  // namespace gb::cuda
