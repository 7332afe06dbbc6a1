#include "cuda/ops/channel_plan.h"

#include <algorithm>

#include "cuda/ops/walk.h"

namespace gb::cuda {
namespace {

/** One compilation: `threads` as many as leave each the registers that it needs. */
struct ChannelKernel {
  bool columns;
  int vector, held, threads;
};
constexpr ChannelKernel kFloat[] = {{false, 4, 16, 896}, {false, 1, 16, 512}, {true, 1, 16, 512}};
constexpr ChannelKernel kDouble[] = {{false, 2, 8, 512}, {false, 1, 8, 512}, {true, 1, 8, 512}};
constexpr int kKernels = 3, kColumns = 32;

const ChannelKernel& kernelOf(DType type, int index) { return type == DType::Float64 ? kDouble[index] : kFloat[index]; }

Unit unitOf(DType type, int index) {
  const ChannelKernel& k = kernelOf(type, index);
  const std::string more = "-DGB_COLUMNS=" + std::to_string(k.columns) + " -DGB_VECTOR=" + std::to_string(k.vector) +
                           " -DGB_HELD=" + std::to_string(k.held) + " -DGB_BOUNDS=" + std::to_string(k.threads) + ",1";
  return ByFloat::unit("channels.cu", type, more.c_str());
}

}  // namespace

int vectorOf(DType type) { return kernelOf(type, 0).vector; }

ChannelPlan::ChannelPlan(int64_t outer, int64_t channels, int64_t inner, const Tensor& x, bool aligned, Parts kind)
    : a{}, type(x.dtype()) {
  GB_CHECK(std::max(outer * inner, channels) <= mostElements(), "a normalisation of channels of so many elements, or of so many channels, "
           "is not possible on a card: ", outer * inner, ", ", channels);
  a.inner = inner;
  a.channels = channels;
  a.byInner = divisorOf(inner);
  a.byChannels = divisorOf(channels);
  a.count = unsigned(outer * inner);
  index = inner == 1 && channels > 1 ? 2 : aligned && inner % vectorOf(type) == 0 ? 0 : 1;
  const ChannelKernel& k = kernelOf(type, index);
  // Threads side by side in a channel, and how many they may be.
  const int64_t columns = k.columns ? kColumns : 1, step = k.columns ? 1 : 32, most = k.threads / columns, count = a.count;
  const auto split = [&](int64_t parts, int64_t lanes) {
    const int64_t each = (count + parts - 1) / parts;
    a.perPart = unsigned((each + k.vector - 1) / k.vector * k.vector);
    a.parts = (a.count + a.perPart - 1) / a.perPart;
    threads = unsigned(std::min(lanes, ((a.perPart + k.held - 1) / k.held + step - 1) / step * step) * columns);
  };
  a.blocks = unsigned((channels + columns - 1) / columns);
  if (count <= most * k.held) {
    split(1, most);
  } else {
    // Blocks that join twice are small ones: while some wait for each other's threads, others read.
    const int64_t lanes = (kind == Parts::Kept && !k.columns ? 256 : 512) / columns, all = (count + lanes * k.held - 1) / (lanes * k.held);
    const int64_t busy = 8 * int64_t(properties(cudaIndex(x.device())).multiProcessorCount);
    split(kind == Parts::Kept ? all : std::clamp((busy + a.blocks - 1) / a.blocks, int64_t(1), all), lanes);
  }
  grid = gridFor(int64_t(a.blocks) * a.parts, 1);
}

void ByChannel::list(UnitList& all) {
  for (DType type : {DType::Float32, DType::Float64}) {
    for (int i = 0; i < kKernels; i++) all.push_back(unitOf(type, i));
  }
}

CUfunction ByChannel::get(Device device, const char* name, const ChannelPlan& plan) {
  Function& f = functions_[plan.type == DType::Float64][plan.index];
  return f.get(cudaIndex(device), name, [&] { return unitOf(plan.type, plan.index); });
}

}  // namespace gb::cuda
