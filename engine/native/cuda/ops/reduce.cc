// Reductions on a card. The order in which elements join follows from shapes and the card alone, never from how threads
// happen to run.
#include "ops/reduce.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "cuda/runtime/fault.h"

namespace gb::cuda {
namespace {

constexpr const char* kNames[] = {
#define GB_REDUCTION(NAME, INTEGERS) #NAME,
#include "ops/reduce.def"
#undef GB_REDUCTION
};
constexpr bool kIntegers[] = {
#define GB_REDUCTION(NAME, INTEGERS) INTEGERS,
#include "ops/reduce.def"
#undef GB_REDUCTION
};
constexpr int kReductions = int(sizeof kNames / sizeof kNames[0]);

/** The units of a reduction: types in memory that have one of their own, and one for the rest by what they are computed in. */
struct Typed {
  DType compute, memory;
};
constexpr Typed kTyped[] = {{DType::Float32, DType::Float32}, {DType::Float32, DType::Float16}, {DType::Float32, DType::BFloat16},
                            {DType::Float64, DType::Float64}, {DType::Int64, DType::Int64},     {DType::Int64, DType::Bool}};
constexpr int kOwn = int(std::size(kTyped)), kUnits = kOwn + int(std::size(kComputes));

int unitFor(DType compute, DType memory) {
  for (int i = 0; i < kOwn; i++) {
    if (kTyped[i].compute == compute && kTyped[i].memory == memory) return i;
  }
  return kOwn + (compute == DType::Float32 ? 0 : compute == DType::Float64 ? 1 : 2);
}

Unit unitOf(int which, int unit) {
  const std::string formula = std::string("-DGB_R=") + kNames[which];
  if (unit >= kOwn) return ByCompute::unit("reduce.cu", kComputes[unit - kOwn], formula);
  return ByCompute::unit("reduce.cu", kTyped[unit].compute, formula + " -DGB_T=" + kernelType(kTyped[unit].memory));
}

enum Name { kAlong, kAcross, kJoin, kNamed };

CUfunction kernelFor(int which, int unit, Name name, Device device) {
  constexpr const char* names[kNamed] = {"along", "across", "join"};
  static Function functions[kReductions][kUnits][kNamed];
  return functions[which][unit][name].get(cudaIndex(device), names[name], [&] { return unitOf(which, unit); });
}

/** Loads that a thread has under way (kLoads in reduce.cu): with fewer elements than that, more threads are no gain. */
constexpr int64_t kLoads = 4;
/** Loads of each thread of a block of kMostThreads from which on several blocks and a second launch are the faster way. */
constexpr int64_t kLongest = 16;
constexpr int64_t kMostThreads = 1024, kMostParts = 1024;
/** Elements from which on the bytes count and not the way of the first one: threads take neighbours together. */
constexpr int64_t kLarge = 1 << 22;

/** How a launch shares out the elements. */
struct Plan {
  unsigned threads, lanes;
  int64_t blocks, parts = 1;
};

/** Outputs of `count` pieces each, `lanes` threads for one. */
Plan planAlong(int64_t count, int64_t outputs, int64_t processors) {
  int64_t lanes = 1;
  while (lanes < kMostThreads && lanes * kLoads < count && (lanes < 32 || lanes * outputs < processors * 2048)) lanes *= 2;
  int64_t parts = 1;
  if (count > lanes * kLongest && outputs < 2 * processors) {
    lanes = kThreads;
    parts = std::min({count / (lanes * kLoads), (8 * processors + outputs - 1) / outputs, kMostParts});
  }
  int64_t threads = std::max<int64_t>(lanes, 32);
  while (threads < kThreads && threads < lanes * outputs) threads *= 2;
  return {unsigned(threads), unsigned(lanes), (lanes * outputs + threads - 1) / threads, parts};
}

/** `columns` of `count` elements each, in blocks of `lanes` columns and as many rows as there are threads for. */
Plan planAcross(int64_t count, int64_t columns, bool large, int64_t processors) {
  int64_t threads = kThreads, lanes = kThreads;
  const auto blocks = [&] { return (columns + lanes - 1) / lanes; };
  const auto scant = [&] { return threads / lanes * kLoads < count && blocks() < 8 * processors; };
  while (lanes > 1 && (lanes / 2 >= columns || (lanes > (large ? 32 : 8) && scant()))) lanes /= 2;
  // Neighbours of several columns take the room of several threads (stack in reduce.cu).
  while (!large && threads < kMostThreads && scant()) threads *= 2;
  int64_t parts = 1;
  if (count > threads / lanes * 2 * kLongest && blocks() < 2 * processors) {
    threads = kThreads;
    lanes = std::min<int64_t>(lanes < 32 && lanes < columns ? 32 : lanes, kThreads);
    parts = std::min({count / (threads / lanes * kLoads), (8 * processors + blocks() - 1) / blocks(), kMostParts});
  }
  return {unsigned(threads), unsigned(lanes), blocks(), parts};
}

/** Elements of each output that one launch takes, in parts. */
struct Slice {
  Walk<1> reduced;
  char* data;
  unsigned count, perPart;
  Plan plan;
  /** The first of its parts among those of all slices. */
  unsigned first;
};

/** The elements of each output are one slice mostly, and several where a launch cannot take them all. `run` are read together. */
std::vector<Slice> slicesOf(const StridedLoop& reduced, int64_t outputs, bool along, int64_t run, Device device) {
  const int64_t processors = properties(cudaIndex(device)).multiProcessorCount;
  std::vector<Slice> slices;
  unsigned first = 0;
  inLaunches(reduced, [&](const StridedLoop& nest) {
    const int64_t own = nest.numel;
    Plan plan = along ? planAlong(own / run, outputs, processors) : planAcross(own, outputs / run, run > 1, processors);
    const int64_t step = along ? run : 1, perPart = (own / step + plan.parts - 1) / plan.parts * step;
    if (perPart > 0) plan.parts = std::max<int64_t>(1, (own + perPart - 1) / perPart);
    slices.push_back({walkOf<1>(nest), nest.data[0], unsigned(own), unsigned(perPart), plan, first});
    first += unsigned(plan.parts);
  });
  return slices;
}

/** A walk over x and out, where out does not move along what is reduced. `empty`: there is nothing to reduce. */
void reduceWalk(const ReduceCall& call, const StridedLoop& nest, bool empty) {
  const Tensor &x = *call.x, &out = *call.out;
  const Device device = out.device();
  const int which = int(call.reduction);
  StridedLoop kept = nest, reduced = nest;
  reduced.operands = 1;
  int lastKept = -1;
  for (StridedLoop* loop : {&kept, &reduced}) {
    loop->sizes.resize(0);
    loop->numel = 1;
    for (Dims& strides : loop->strides) strides.resize(0);
    for (int d = 0; d < nest.sizes.size(); d++) {
      if ((nest.strides[1][d] == 0) != (loop == &reduced)) continue;
      if (loop == &kept && nest.sizes[d] > 1) lastKept = d;
      loop->numel *= nest.sizes[d];
      loop->sizes.push(nest.sizes[d]);
      for (int k = 0; k < loop->operands; k++) loop->strides[k].push(nest.strides[k][d]);
    }
  }
  const int64_t outputs = kept.numel;
  if (outputs > mostElements() && !(lastKept == 0 && outputs <= kCut)) {
    const int64_t size = nest.sizes[lastKept], part = mostElements() / (outputs / size), cut = lastKept == 0 ? kCut : 1;
    const int64_t most = std::max(cut, part / cut * cut);
    for (int64_t begin = 0; begin < size; begin += most) reduceWalk(call, sliceOf(nest, lastKept, begin, std::min(most, size - begin)), empty);
    return;
  }
  if (empty) reduced.numel = 0;
  const bool alongMemory = empty || nest.sizes.empty() || nest.strides[1][0] == 0;
  ReduceArguments a{};
  a.x = {nest.data[0], int(x.dtype())};
  a.out = {nest.data[1], int(out.dtype())};
  a.p = call.p;
  a.finish = int(call.finish);
  a.outputs = unsigned(outputs);
  a.kept = walkOf<2>(kept);
  const int unit = unitFor(call.compute, x.dtype()), item = int(x.itemSize());
  // Elements that are read together (kRun in reduce.cu).
  const int64_t run = unit >= kOwn ? 1 : item == 8 ? 2 : 4, bytes = run * item;
  a.runs = run > 1 && !empty && !nest.sizes.empty() && nest.strides[0][0] == item && nest.sizes[0] % run == 0 &&
           reinterpret_cast<size_t>(a.x.data) % size_t(bytes) == 0 && (alongMemory || nest.numel >= kLarge);
  for (int d = 1; a.runs && d < nest.sizes.size(); d++) a.runs = nest.strides[0][d] % bytes == 0;
  const std::vector<Slice> slices = slicesOf(reduced, outputs, alongMemory, a.runs ? run : 1, device);
  a.parts = slices.back().first + unsigned(slices.back().plan.parts);
  std::optional<Scratch> partial;
  if (a.parts > 1) partial.emplace(size_t(a.parts) * a.outputs * 8, device);
  for (const Slice& slice : slices) {
    a.x.data = slice.data;
    a.reduced = slice.reduced;
    a.count = slice.count;
    a.perPart = slice.perPart;
    a.lanes = slice.plan.lanes;
    if (partial) a.partial = static_cast<char*>(partial->data()) + size_t(slice.first) * a.outputs * 8;
    Grid grid = gridFor(slice.plan.blocks, 1);
    grid.y = unsigned(slice.plan.parts);
    launch(kernelFor(which, unit, alongMemory ? kAlong : kAcross, device), device, grid, slice.plan.threads, a);
  }
  if (a.parts > 1) {
    const Plan plan = planAcross(a.parts, a.outputs, false, properties(cudaIndex(device)).multiProcessorCount);
    a.partial = partial->data();
    a.lanes = plan.lanes;
    launch(kernelFor(which, unit, kJoin, device), device, gridFor(plan.blocks, 1), plan.threads, a);
  }
}

void reduceOnCuda(const ReduceCall& call) {
  const Tensor &x = *call.x, &out = *call.out;
  if (out.numel() == 0) return;
  GB_CHECK(call.compute != DType::Int64 || kIntegers[int(call.reduction)], "not implemented for '", titleOf(x.dtype()), "'");
  const bool empty = x.numel() == 0;
  const Tensor* both[2] = {empty ? &out : &x, &out};
  reduceWalk(call, StridedLoop(empty ? out.sizes() : x.sizes(), both, 2), empty);
}

GB_UNITS(all) {
  for (int which = 0; which < kReductions; which++) {
    for (int unit = 0; unit < kUnits; unit++) {
      const DType compute = unit < kOwn ? kTyped[unit].compute : kComputes[unit - kOwn];
      if (compute != DType::Int64 || kIntegers[which]) all.push_back(unitOf(which, unit));
    }
  }
}

GB_KERNEL(CUDA, reduceKernel, reduceOnCuda)

}  // namespace
}  // namespace gb::cuda
