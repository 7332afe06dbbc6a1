// Normalisations on a card.
#include "ops/norm.h"

#include "cuda/ops/channel_plan.h"
#include "cuda/ops/row_plan.h"
#include "cuda/ops/walk.h"
#include "cuda/runtime/fault.h"
#include "ops/copy.h"

namespace gb::cuda {
namespace {


/** Kernels of norm.cu: by the neighbours of one channel that are read and written at once. */
struct ByVector {
  ByFloat wide, single;
  static const char* macro(DType type, bool whole) {
    return !whole ? "-DGB_VECTOR=1" : type == DType::Float64 ? "-DGB_VECTOR=2" : "-DGB_VECTOR=4";
  }
  CUfunction get(const char* name, const Tensor& x, bool whole) {
    return (whole ? wide : single).get(x.device(), "norm.cu", name, x.dtype(), macro(x.dtype(), whole));
  }
};

/** Two numbers for each part of each channel. */
struct Partials {
  Scratch memory;
  double *first, *second;
  Partials(const ChannelArguments& a, Device device)
      : memory(size_t(a.parts) * size_t(a.channels) * 16, device), first(static_cast<double*>(memory.data())),
        second(first + int64_t(a.parts) * a.channels) {}
};

bool aligned(const Tensor& x) { return isAligned(x.data()); }

/** Of all elements a thread takes four vectors, which are `whole` ones or single. Calls body(grid, count, first) for whole samples. */
template <class Body>
void inSamples(const ChannelNorm& call, bool whole, const Body& body) {
  const int64_t each = call.channels * call.inner, perBlock = int64_t(4) * kThreads * (whole ? vectorOf(call.x.dtype()) : 1);
  GB_CHECK(each <= mostElements(), "a normalisation of samples of so many elements is not possible on a card: ", each);
  inParts(call.outer, each, [&](int64_t first, int64_t count) {
    body(gridFor(count * each, perBlock), unsigned(count * each), first * each * int64_t(call.x.itemSize()));
  });
}

Grid channelGrid(const ChannelArguments& a) { return gridFor(a.channels * 32, kThreads); }

void batchNormOnCuda(const ChannelNorm& call, const Statistics& from, const Tensor& y) {
  static ByChannel whole, moments;
  static ByVector batch, given, scale;
  const Device device = y.device();
  const Tensor& x = call.x;
  const bool vectors = aligned(x) && aligned(y);
  const ChannelPlan plan(call.outer, call.channels, call.inner, x, vectors, ChannelPlan::Parts::Kept);
  const ChannelArguments& a = plan.a;
  const StatisticsArguments to{from.momentum,    from.eps,            dataOf(from.runningMean), dataOf(from.runningVar),
                               call.mean.data(), call.inverse.data(), from.training};
  if (plan.whole()) {
    launch(whole.get(device, "batchNorm", plan), device, plan.grid, plan.threads, a, to, y.data(), x.data(), dataOf(call.weight),
           dataOf(call.bias));
    return;
  }
  if (from.training) {
    const Partials partial(a, device);
    launch(moments.get(device, "moments", plan), device, plan.grid, plan.threads, a, x.data(), partial.first, partial.second);
    launch(batch.get("batchStatistics", x, false), device, channelGrid(a), kThreads, a, to, partial.first, partial.second);
  } else {
    launch(given.get("givenStatistics", x, false), device, gridFor(a.channels, kThreads), kThreads, a, to);
  }
  const bool all = vectors && a.inner % vectorOf(x.dtype()) == 0;
  inSamples(call, all, [&](Grid grid, unsigned n, int64_t bytes) {
    launch(scale.get("scaleChannels", x, all), device, grid, kThreads, a, n, y.as<char>() + bytes, x.as<char>() + bytes,
           call.mean.data(), call.inverse.data(), dataOf(call.weight), dataOf(call.bias));
  });
}

void batchNormBackwardOnCuda(const ChannelNorm& call, const Tensor& grad, bool training, MaybeTensor dx, MaybeTensor dweight,
                             MaybeTensor dbias) {
  static ByChannel whole, sums;
  static ByVector join, gradients;
  const Device device = grad.device();
  const Tensor& x = call.x;
  const bool vectors = aligned(x) && aligned(grad) && (!dx || aligned(*dx));
  const ChannelPlan plan(call.outer, call.channels, call.inner, x, vectors, ChannelPlan::Parts::Summed);
  const ChannelArguments& a = plan.a;
  const FactorArguments to{dataOf(call.weight), call.inverse.data(), dataOf(dweight), dataOf(dbias), training};
  if (plan.whole()) {
    launch(whole.get(device, "batchNormBackward", plan), device, plan.grid, plan.threads, a, to, dataOf(dx), grad.data(), x.data(),
           call.mean.data());
    return;
  }
  const Partials partial(a, device);
  const Scratch factors(size_t(3 * a.channels) * x.itemSize(), device);
  const StatisticsOf of{call.mean.data(), call.inverse.data(), 0, divisorOf(1)};
  launch(sums.get(device, "gradientSums", plan), device, plan.grid, plan.threads, a, of, to, grad.data(), x.data(), partial.first,
         partial.second);
  launch(join.get("joinGradients", x, false), device, channelGrid(a), kThreads, a, to, partial.first, partial.second,
         factors.data());
  if (!dx) return;
  const bool all = vectors && a.inner % vectorOf(x.dtype()) == 0;
  inSamples(call, all, [&](Grid grid, unsigned n, int64_t bytes) {
    launch(gradients.get("channelGradients", x, all), device, grid, kThreads, a, n, dx->as<char>() + bytes, grad.as<char>() + bytes,
           x.as<char>() + bytes, call.mean.data(), factors.data());
  });
}

RowNormArguments rowsOf(const RowPlan& plan, const RowNorm& call, double eps) {
  return {plan.rows, call.groups, call.n / call.inner, divisorOf(call.inner), call.centred, eps};
}
/** Where factors are read as a row is: one for each element. */
const void* besideRow(const RowNorm& call, MaybeTensor factors) { return call.inner == 1 ? dataOf(factors) : nullptr; }

/** The same call in float, for what a half type cannot do as it is. */
RowNorm inFloat(const RowNorm& call) {
  RowNorm wide = call;
  wide.x = toType(call.x, DType::Float32);
  return wide;
}

void rowNormOnCuda(const RowNorm& call, double eps, const Tensor& y) {
  static ByRow kernels;
  const Tensor& x = call.x;
  if (isHalf(x.dtype()) && !takesHalf(call.n, {x.data(), y.data(), besideRow(call, call.weight), besideRow(call, call.bias)})) {
    const Tensor result = emptyTensor(y.sizes(), DType::Float32, y.device());
    rowNormOnCuda(inFloat(call), eps, result);
    return copyInto(y, result);
  }
  const RowPlan plan(call.rows, call.n, x.dtype(),
                     {x.data(), y.data(), besideRow(call, call.weight), besideRow(call, call.bias)});
  launch(kernels.get(y.device(), "row_norm.cu", "rowNorm", plan), y.device(), plan.grid, plan.threads, rowsOf(plan, call, eps),
         y.data(), x.data(), dataOf(call.weight), dataOf(call.bias), call.mean.data(), call.inverse.data());
}

void rowNormBackwardOnCuda(const RowNorm& call, const Tensor& grad, MaybeTensor dx, MaybeTensor dweight, MaybeTensor dbias) {
  static ByRow gradients;
  static ByChannel sums;
  static ByVector join;
  const Device device = grad.device();
  const Tensor& x = call.x;
  if (isHalf(x.dtype())) {
    const bool own = dx && takesHalf(call.n, {x.data(), grad.data(), dx->data(), besideRow(call, call.weight)});
    if (!own || dweight || dbias) {
      // The parameters' gradients are sums over rows, in float.
      std::optional<Tensor> wide;
      if (dx && !own) wide = emptyTensor(dx->sizes(), DType::Float32, device);
      rowNormBackwardOnCuda(inFloat(call), toType(grad, DType::Float32), wide ? &*wide : nullptr, dweight, dbias);
      if (wide) copyInto(*dx, *wide);
    }
    if (!own) return;
    dweight = dbias = nullptr;
  }
  if (dx) {
    const RowPlan plan(call.rows, call.n, x.dtype(), {x.data(), grad.data(), dx->data(), besideRow(call, call.weight)});
    launch(gradients.get(device, "row_norm.cu", "rowGradients", plan), device, plan.grid, plan.threads, rowsOf(plan, call, 0),
           dx->data(), grad.data(), x.data(), dataOf(call.weight), call.mean.data(), call.inverse.data());
  }
  if (!dweight && !dbias) return;
  // The parameters are the channels of [samples, parameters, inner].
  const int64_t factors = call.n / call.inner;
  const ChannelPlan plan(call.rows / call.groups, call.groups * factors, call.inner, x, aligned(x) && aligned(grad),
                         ChannelPlan::Parts::Summed);
  const Partials partial(plan.a, device);
  const StatisticsOf of{call.mean.data(), call.inverse.data(), call.groups, divisorOf(factors)};
  const FactorArguments to{nullptr, nullptr, dataOf(dweight), dataOf(dbias), false};
  launch(sums.get(device, "gradientSums", plan), device, plan.grid, plan.threads, plan.a, of, to, grad.data(), x.data(),
         partial.first, partial.second);
  if (plan.whole()) return;
  void* none = nullptr;
  launch(join.get("joinGradients", x, false), device, channelGrid(plan.a), kThreads, plan.a, to, partial.first, partial.second,
         none);
}

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) {
    for (bool whole : {false, true}) all.push_back(ByFloat::unit("norm.cu", type, ByVector::macro(type, whole)));
  }
  ByChannel::list(all);
  ByRow::list(all, "row_norm.cu");
}

GB_KERNEL(CUDA, batchNormKernel, batchNormOnCuda)
GB_KERNEL(CUDA, batchNormBackwardKernel, batchNormBackwardOnCuda)
GB_KERNEL(CUDA, rowNormKernel, rowNormOnCuda)
GB_KERNEL(CUDA, rowNormBackwardKernel, rowNormBackwardOnCuda)

}  // namespace
}  // namespace gb::cuda
