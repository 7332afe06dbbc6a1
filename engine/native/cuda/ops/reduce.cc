// Reductions on a card. The order in which elements join follows from shapes and the card alone, never from how threads
// happen to run.
#include "ops/reduce.h"

#include <algorithm>

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

void reduceOnCuda(const ReduceCall& call) {
  const Tensor &x = *call.x, &out = *call.out;
  if (out.numel() == 0) return;
  const Device device = out.device();
  const int which = int(call.reduction);
  GB_CHECK(call.compute != DType::Int64 || kIntegers[which], "not implemented for '", titleOf(x.dtype()), "'");
  const Tensor* both[2] = {&x, &out};
  const StridedLoop nest(x.sizes(), both, 2);
  GB_CHECK(out.numel() <= kMostElements && (x.numel() / out.numel()) <= kMostElements,
           "a reduction of so many elements is not possible on a card yet: ", x.numel());
  ReduceArguments a{};
  a.x = {x.as<char>(), int(x.dtype())};
  a.out = {out.as<char>(), int(out.dtype())};
  a.p = call.p;
  a.finish = int(call.finish);
  a.outputs = 1;
  a.count = 1;
  // A dimension is reduced where the result does not move. Empty ones leave outputs of no elements.
  const auto add = [&](auto& walk, int d) {
    GB_CHECK(walk.dims < kMostDims, "a reduction over more than ", kMostDims, " dimensions that cannot be joined");
    walk.sizes[walk.dims] = divisorOf(nest.sizes[d]);
    walk.strides[0][walk.dims] = nest.strides[0][d];
    if constexpr (std::is_same_v<std::decay_t<decltype(walk)>, Walk<2>>) walk.strides[1][walk.dims] = nest.strides[1][d];
    walk.dims++;
  };
  bool alongMemory = true;
  if (x.numel() == 0) {
    a.count = 0;
    a.outputs = unsigned(out.numel());
    const Tensor* one[2] = {&out, &out};
    a.kept = walkOf<2>(StridedLoop(out.sizes(), one, 2));
  } else {
    for (int d = 0; d < nest.sizes.size(); d++) {
      if (nest.strides[1][d] == 0) {
        add(a.reduced, d);
        a.count *= unsigned(nest.sizes[d]);
      } else {
        if (d == 0) alongMemory = false;
        add(a.kept, d);
        a.outputs *= unsigned(nest.sizes[d]);
      }
    }
  }
  const bool byBlock = alongMemory && a.count > kShort;
  const int64_t workers = byBlock ? a.outputs : (int64_t(a.outputs) + kThreads - 1) / kThreads;
  const int64_t wanted = 8 * int64_t(properties(cudaIndex(device)).multiProcessorCount);
  const int64_t least = byBlock ? kLong : 64;
  a.parts = 1;
  if (workers < wanted && a.count > least) {
    a.parts = unsigned(std::min({(a.count + least - 1) / least, (wanted + workers - 1) / workers, int64_t(1024)}));
  }
  a.perPart = (a.count + a.parts - 1) / a.parts;
  if (a.perPart > 0) a.parts = std::max(1u, (a.count + a.perPart - 1) / a.perPart);
  std::optional<Scratch> partial;
  if (a.parts > 1) {
    partial.emplace(size_t(a.parts) * a.outputs * 8, device);
    a.partial = partial->data();
  }
  const std::string formula = formulaOf(which);
  if (byBlock) {
    const CUfunction kernel = alongs[which].get(device, "reduce.cu", "along", call.compute, formula);
    launch(kernel, device, Grid{a.outputs, a.parts}, kThreads, a);
  } else {
    const CUfunction kernel = acrosses[which].get(device, "reduce.cu", "across", call.compute, formula);
    Grid grid = gridFor(a.outputs, kThreads);
    grid.y = a.parts;
    launch(kernel, device, grid, kThreads, a);
  }
  if (a.parts > 1) {
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
