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

/** Elements of each output that one launch takes: a stretch of the outermost reduced dimension, in parts. */
struct Slice {
  int64_t begin, size;
  unsigned count, perPart;
  Plan plan;
  /** The first of its parts among those of all slices. */
  unsigned first;
};

/**
 * Positions are 32-bit numbers in a kernel: `count` elements of each output are one slice mostly, and more beyond that.
 * `run` elements are read together.
 */
std::vector<Slice> slicesOf(int64_t count, int64_t outer, int64_t outputs, bool along, int64_t run, Device device) {
  const int64_t inner = count / outer;
  // A slice of single elements ends where those do that are read together.
  const int64_t perSlice = count <= kMostElements ? outer : inner == 1 ? kMostElements / run * run : kMostElements / inner;
  const int64_t processors = properties(cudaIndex(device)).multiProcessorCount;
  std::vector<Slice> slices;
  unsigned first = 0;
  for (int64_t begin = 0; begin < outer; begin += perSlice) {
    const int64_t size = std::min(perSlice, outer - begin), own = inner * size;
    Plan plan = along ? planAlong(own / run, outputs, processors) : planAcross(own, outputs / run, run > 1, processors);
    const int64_t step = along ? run : 1, perPart = (own / step + plan.parts - 1) / plan.parts * step;
    if (perPart > 0) plan.parts = std::max<int64_t>(1, (own + perPart - 1) / perPart);
    slices.push_back({begin, size, unsigned(own), unsigned(perPart), plan, first});
    first += unsigned(plan.parts);
  }
  return slices;
}

void reduceOnCuda(const ReduceCall& call) {
  const Tensor &x = *call.x, &out = *call.out;
  if (out.numel() == 0) return;
  const Device device = out.device();
  const int which = int(call.reduction);
  GB_CHECK(call.compute != DType::Int64 || kIntegers[which], "not implemented for '", titleOf(x.dtype()), "'");
  const Tensor* both[2] = {&x, &out};
  const StridedLoop nest(x.sizes(), both, 2);
  GB_CHECK(out.numel() <= kMostElements, "a reduction to so many elements is not possible on a card yet: ", out.numel());
  ReduceArguments a{};
  a.x = {x.as<char>(), int(x.dtype())};
  a.out = {out.as<char>(), int(out.dtype())};
  a.p = call.p;
  a.finish = int(call.finish);
  a.outputs = 1;
  // A dimension is reduced where the result does not move. Empty ones leave outputs of no elements.
  const auto add = [&](auto& walk, int d) {
    GB_CHECK(walk.dims < kMostDims, "a reduction over more than ", kMostDims, " dimensions that cannot be joined");
    walk.sizes[walk.dims] = divisorOf(nest.sizes[d]);
    walk.strides[0][walk.dims] = nest.strides[0][d];
    if constexpr (std::is_same_v<std::decay_t<decltype(walk)>, Walk<2>>) walk.strides[1][walk.dims] = nest.strides[1][d];
    walk.dims++;
  };
  bool alongMemory = true;
  // Elements of one output, and the outermost dimension of them.
  int64_t count = x.numel() == 0 ? 0 : 1, outer = 1, step = 0;
  if (x.numel() == 0) {
    a.outputs = unsigned(out.numel());
    const Tensor* one[2] = {&out, &out};
    a.kept = walkOf<2>(StridedLoop(out.sizes(), one, 2));
  } else {
    for (int d = 0; d < nest.sizes.size(); d++) {
      if (nest.strides[1][d] == 0) {
        add(a.reduced, d);
        outer = nest.sizes[d];
        step = nest.strides[0][d];
        count *= outer;
      } else {
        if (d == 0) alongMemory = false;
        add(a.kept, d);
        a.outputs *= unsigned(nest.sizes[d]);
      }
    }
  }
  GB_CHECK(count / outer <= kMostElements, "a reduction of so many elements is not possible on a card yet: ", x.numel());
  const int unit = unitFor(call.compute, x.dtype()), item = int(x.itemSize());
  // Elements that are read together (kRun in reduce.cu).
  const int64_t run = unit >= kOwn ? 1 : item == 8 ? 2 : 4, bytes = run * item;
  a.runs = run > 1 && x.numel() > 1 && nest.strides[0][0] == item && nest.sizes[0] % run == 0 &&
           reinterpret_cast<size_t>(a.x.data) % size_t(bytes) == 0 && (alongMemory || x.numel() >= kLarge);
  for (int d = 1; a.runs && d < nest.sizes.size(); d++) a.runs = nest.strides[0][d] % bytes == 0;
  const std::vector<Slice> slices = slicesOf(count, outer, a.outputs, alongMemory, a.runs ? run : 1, device);
  a.parts = slices.back().first + unsigned(slices.back().plan.parts);
  std::optional<Scratch> partial;
  if (a.parts > 1) partial.emplace(size_t(a.parts) * a.outputs * 8, device);
  for (const Slice& slice : slices) {
    if (slices.size() > 1) {
      a.x.data = x.as<char>() + slice.begin * step;
      a.reduced.sizes[a.reduced.dims - 1] = divisorOf(slice.size);
    }
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
