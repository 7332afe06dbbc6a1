// Reductions on a card. The order in which elements join follows from shapes and the card alone, never from how threads
// happen to run.
#include "ops/reduce.h"

#include <algorithm>
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

/** From so many elements of an output on, its parts may be given to different blocks. */
constexpr int64_t kLong = 4096;
/** Outputs of fewer elements are not worth a block each. */
constexpr int64_t kShort = 32;

std::string formulaOf(int which) { return std::string("-DGB_R=") + kNames[which]; }
Unit unitOf(int which, DType compute) { return ByCompute::unit("reduce.cu", compute, formulaOf(which)); }

ByCompute alongs[kReductions], acrosses[kReductions], joins[kReductions];

/** Elements of each output that one launch takes: a stretch of the outermost reduced dimension, in parts. */
struct Slice {
  int64_t begin, size;
  unsigned count, parts, perPart;
  /** The first of its parts among those of all slices. */
  unsigned first;
};

/** Positions are 32-bit numbers in a kernel: `count` elements of each output are one slice mostly, and more beyond that. */
std::vector<Slice> slicesOf(int64_t count, int64_t outer, int64_t outputs, bool byBlock, Device device) {
  const int64_t inner = count / outer, perSlice = count > kMostElements ? kMostElements / inner : outer;
  const int64_t workers = byBlock ? outputs : (outputs + kThreads - 1) / kThreads;
  const int64_t wanted = 8 * int64_t(properties(cudaIndex(device)).multiProcessorCount), least = byBlock ? kLong : 64;
  std::vector<Slice> slices;
  unsigned first = 0;
  for (int64_t begin = 0; begin < outer; begin += perSlice) {
    const int64_t size = std::min(perSlice, outer - begin), own = inner * size;
    int64_t parts = 1;
    if (workers < wanted && own > least) {
      parts = std::min({(own + least - 1) / least, (wanted + workers - 1) / workers, int64_t(1024)});
    }
    const int64_t perPart = (own + parts - 1) / parts;
    if (perPart > 0) parts = std::max<int64_t>(1, (own + perPart - 1) / perPart);
    slices.push_back({begin, size, unsigned(own), unsigned(parts), unsigned(perPart), first});
    first += unsigned(parts);
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
  const bool byBlock = alongMemory && count > kShort;
  const std::vector<Slice> slices = slicesOf(count, outer, a.outputs, byBlock, device);
  a.parts = slices.back().first + slices.back().parts;
  std::optional<Scratch> partial;
  if (a.parts > 1) partial.emplace(size_t(a.parts) * a.outputs * 8, device);
  const std::string formula = formulaOf(which);
  for (const Slice& slice : slices) {
    if (slices.size() > 1) {
      a.x.data = x.as<char>() + slice.begin * step;
      a.reduced.sizes[a.reduced.dims - 1] = divisorOf(slice.size);
    }
    a.count = slice.count;
    a.perPart = slice.perPart;
    if (partial) a.partial = static_cast<char*>(partial->data()) + size_t(slice.first) * a.outputs * 8;
    const CUfunction kernel = byBlock ? alongs[which].get(device, "reduce.cu", "along", call.compute, formula)
                                      : acrosses[which].get(device, "reduce.cu", "across", call.compute, formula);
    Grid grid = byBlock ? Grid{a.outputs} : gridFor(a.outputs, kThreads);
    grid.y = slice.parts;
    launch(kernel, device, grid, kThreads, a);
  }
  if (a.parts > 1) {
    a.partial = partial->data();
    const CUfunction kernel = joins[which].get(device, "reduce.cu", "join", call.compute, formula);
    launch(kernel, device, gridFor(a.outputs, kThreads), kThreads, a);
  }
}

GB_UNITS(all) {
  for (int which = 0; which < kReductions; which++) {
    for (DType compute : kComputes) {
      if (compute != DType::Int64 || kIntegers[which]) all.push_back(unitOf(which, compute));
    }
  }
}

GB_KERNEL(CUDA, reduceKernel, reduceOnCuda)

}  // namespace
}  // namespace gb::cuda
