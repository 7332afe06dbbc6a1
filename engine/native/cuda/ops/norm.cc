// Normalisations on a card.
#include "ops/norm.h"

#include <algorithm>

#include "cuda/kernels/layer_arguments.h"
#include "cuda/ops/row_plan.h"
#include "cuda/ops/walk.h"
#include "cuda/runtime/fault.h"

namespace gb::cuda {
namespace {

/** Positions of a channel that one block takes at least, and at most: the second pass should find them in the cache. */
constexpr int64_t kLeastPart = 512, kMostPart = 8192;
constexpr int kColumns = 32;

void* dataOf(MaybeTensor x) { return x ? x->data() : nullptr; }

CUfunction kernel(ByFloat& table, const char* name, const Tensor& x) { return table.get(x.device(), "norm.cu", name, x.dtype()); }

/** [outer, channels, inner] as kernels see it, and how its channels are shared out. */
ChannelArguments channelsOf(int64_t outer, int64_t channels, int64_t inner, Device device) {
  GB_CHECK(outer * channels * inner <= kMostElements, "a normalisation of so many elements is not possible on a card yet: ",
           outer * channels * inner);
  ChannelArguments a{};
  a.inner = inner;
  a.channels = channels;
  a.byInner = divisorOf(inner);
  a.byChannels = divisorOf(channels);
  a.count = unsigned(outer * inner);
  a.width = inner == 1 && channels > 1 ? kColumns : 1;
  const int64_t groups = (channels + a.width - 1) / a.width;
  const int64_t wanted = (8 * int64_t(properties(cudaIndex(device)).multiProcessorCount) + groups - 1) / groups;
  const int64_t least = kLeastPart / a.width * 2, most = kMostPart / a.width;
  const int64_t part = std::clamp((int64_t(a.count) + wanted - 1) / wanted, least, std::max(least, most));
  a.perPart = unsigned(std::min<int64_t>(a.count, part));
  a.parts = (a.count + a.perPart - 1) / a.perPart;
  // A grid has at most so many blocks in y.
  if (a.parts > 65535) {
    a.perPart = (a.count + 65534) / 65535;
    a.parts = (a.count + a.perPart - 1) / a.perPart;
  }
  return a;
}

Grid partsGrid(const ChannelArguments& a) {
  Grid grid = gridFor(a.channels, a.width);
  grid.y = a.parts;
  return grid;
}

/** Two numbers for each part of each channel. */
struct Partials {
  Scratch memory;
  double *first, *second;
  Partials(const ChannelArguments& a, Device device)
      : memory(size_t(a.parts) * size_t(a.channels) * 16, device), first(static_cast<double*>(memory.data())),
        second(first + int64_t(a.parts) * a.channels) {}
};

bool aligned(const Tensor& x) { return (reinterpret_cast<size_t>(x.data()) & (4 * x.itemSize() - 1)) == 0; }
Grid fourGrid(const Tensor& x) { return gridFor((x.numel() + 3) / 4, kThreads); }

void batchNormOnCuda(const ChannelNorm& call, const Statistics& from, const Tensor& y) {
  static ByFloat moments, batch, given, scale;
  const Device device = y.device();
  const Tensor& x = call.x;
  const ChannelArguments a = channelsOf(call.outer, call.channels, call.inner, device);
  if (from.training) {
    const Partials partial(a, device);
    launch(kernel(moments, "moments", x), device, partsGrid(a), kThreads, a, x.data(), partial.first, partial.second);
    launch(kernel(batch, "batchStatistics", x), device, gridFor(a.channels * 32, kThreads), kThreads, a, partial.first,
           partial.second, from.momentum, from.eps, dataOf(from.runningMean), dataOf(from.runningVar), call.mean.data(),
           call.inverse.data());
  } else {
    launch(kernel(given, "givenStatistics", x), device, gridFor(a.channels, kThreads), kThreads, a.channels, from.eps,
           dataOf(from.runningMean), dataOf(from.runningVar), call.mean.data(), call.inverse.data());
  }
  launch(kernel(scale, "scaleChannels", x), device, fourGrid(x), kThreads, a, unsigned(x.numel()), aligned(x) && aligned(y),
         y.data(), x.data(), call.mean.data(), call.inverse.data(), dataOf(call.weight), dataOf(call.bias));
}

void batchNormBackwardOnCuda(const ChannelNorm& call, const Tensor& grad, bool training, MaybeTensor dx, MaybeTensor dweight,
                             MaybeTensor dbias) {
  static ByFloat sums, join, gradients;
  const Device device = grad.device();
  const Tensor& x = call.x;
  const ChannelArguments a = channelsOf(call.outer, call.channels, call.inner, device);
  const Partials partial(a, device);
  const Scratch factors(size_t(3 * a.channels) * x.itemSize(), device);
  const StatisticsOf of{call.mean.data(), call.inverse.data(), 0, divisorOf(1)};
  launch(kernel(sums, "gradientSums", x), device, partsGrid(a), kThreads, a, of, grad.data(), x.data(), partial.first,
         partial.second);
  launch(kernel(join, "joinGradients", x), device, gridFor(a.channels * 32, kThreads), kThreads, a, partial.first,
         partial.second, call.inverse.data(), dataOf(call.weight), training, dataOf(dweight), dataOf(dbias), factors.data());
  if (!dx) return;
  launch(kernel(gradients, "channelGradients", x), device, fourGrid(x), kThreads, a, unsigned(x.numel()),
         aligned(x) && aligned(grad) && aligned(*dx), dx->data(), grad.data(), x.data(), call.mean.data(), factors.data());
}

RowNormArguments rowsOf(const RowPlan& plan, const RowNorm& call, double eps) {
  return {plan.rows, call.groups, call.n / call.inner, divisorOf(call.inner), call.centred, eps};
}
/** Where factors are read as a row is: one for each element. */
const void* besideRow(const RowNorm& call, MaybeTensor factors) { return call.inner == 1 ? dataOf(factors) : nullptr; }

void rowNormOnCuda(const RowNorm& call, double eps, const Tensor& y) {
  static ByRow kernels;
  const Tensor& x = call.x;
  const RowPlan plan(call.rows, call.n, x.dtype(),
                     {x.data(), y.data(), besideRow(call, call.weight), besideRow(call, call.bias)});
  launch(kernels.get(y.device(), "row_norm.cu", "rowNorm", plan), y.device(), plan.grid, plan.threads, rowsOf(plan, call, eps),
         y.data(), x.data(), dataOf(call.weight), dataOf(call.bias), call.mean.data(), call.inverse.data());
}

void rowNormBackwardOnCuda(const RowNorm& call, const Tensor& grad, MaybeTensor dx, MaybeTensor dweight, MaybeTensor dbias) {
  static ByRow gradients;
  static ByFloat sums, join;
  const Device device = grad.device();
  const Tensor& x = call.x;
  if (dx) {
    const RowPlan plan(call.rows, call.n, x.dtype(), {x.data(), grad.data(), dx->data(), besideRow(call, call.weight)});
    launch(gradients.get(device, "row_norm.cu", "rowGradients", plan), device, plan.grid, plan.threads, rowsOf(plan, call, 0),
           dx->data(), grad.data(), x.data(), dataOf(call.weight), call.mean.data(), call.inverse.data());
  }
  if (!dweight && !dbias) return;
  // The parameters are the channels of [samples, parameters, inner].
  const int64_t factors = call.n / call.inner;
  const ChannelArguments a = channelsOf(call.rows / call.groups, call.groups * factors, call.inner, device);
  const Partials partial(a, device);
  const StatisticsOf of{call.mean.data(), call.inverse.data(), call.groups, divisorOf(factors)};
  launch(kernel(sums, "gradientSums", x), device, partsGrid(a), kThreads, a, of, grad.data(), x.data(), partial.first,
         partial.second);
  const void* none = nullptr;
  launch(kernel(join, "joinGradients", x), device, gridFor(a.channels * 32, kThreads), kThreads, a, partial.first,
         partial.second, none, none, false, dataOf(dweight), dataOf(dbias), none);
}

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) all.push_back(ByFloat::unit("norm.cu", type));
  ByRow::list(all, "row_norm.cu");
}

GB_KERNEL(CUDA, batchNormKernel, batchNormOnCuda)
GB_KERNEL(CUDA, batchNormBackwardKernel, batchNormBackwardOnCuda)
GB_KERNEL(CUDA, rowNormKernel, rowNormOnCuda)
GB_KERNEL(CUDA, rowNormBackwardKernel, rowNormBackwardOnCuda)

}  // namespace
}  // namespace gb::cuda
