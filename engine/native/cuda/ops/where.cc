// The one or the other by a condition, on a card.
#include "ops/where.h"

#include "cuda/ops/chain.h"
#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"

namespace gb::cuda {
namespace {

void whereOnCuda(const Tensor& out, const Tensor& condition, const Tensor& a, const Tensor& b) {
  if (deferWhere(out, condition, a, b, whereOnCuda)) return;
  static BySize singles, runs;
  const Device device = out.device();
  const Tensor* all[4] = {&out, &condition, &a, &b};
  inLaunches(StridedLoop(out.sizes(), all, 4), [&](const StridedLoop& nest) {
    const bool run = hasRuns(nest);
    launch((run ? runs : singles).get(device, "where.cu", run ? "whereRuns" : "where", out.itemSize()), device,
           gridFor(nest.numel, kThreads * (run ? kWalkRun : 1)), kThreads, nest.data[0], nest.data[1], nest.data[2], nest.data[3],
           walkOf<4>(nest), unsigned(nest.numel));
  });
}

GB_UNITS(all) {
  for (size_t size : {1, 2, 4, 8}) all.push_back(BySize::unit("where.cu", size));
}

GB_KERNEL(CUDA, whereKernel, whereOnCuda)

}  // namespace
}  // namespace gb::cuda
