// A channel of a tensor, and what a normalisation makes of it.
#pragma once
#include "cuda/kernels/held.cuh"
#include "cuda/kernels/layer_arguments.h"

namespace gb {
namespace cuda {

/** A part of a channel, by a block; or by a column of its threads, where 32 channels are neighbours in memory. */
template <bool columns>
struct ChannelLine {
  const ChannelArguments& a;
  i64 channel;
  u32 part, first, n, lane;
  bool there;

  GB_DEVICE explicit ChannelLine(const ChannelArguments& arguments) : a(arguments) {
    part = blockIdx.x / a.blocks;
    const u32 block = blockIdx.x - part * a.blocks;
    const i64 own = columns ? i64(block) * kWarp + threadIdx.x % kWarp : i64(block);
    there = own < a.channels;
    channel = there ? own : a.channels - 1;
    first = part * a.perPart;
    n = a.count - first < a.perPart ? a.count - first : a.perPart;
    lane = columns ? threadIdx.x / kWarp : threadIdx.x;
  }
  GB_DEVICE u32 outer(u32 i) const { return columns ? first + i : divide(first + i, a.byInner); }
  GB_DEVICE i64 at(u32 i) const {
    const u32 o = outer(i);
    const i64 line = i64(o) * a.channels + channel;
    return columns ? line : line * a.inner + (first + i - o * a.byInner.d);
  }
  GB_DEVICE u32 width() const { return columns ? blockDim.x / kWarp : blockDim.x; }
  /** One thread of the channel. */
  GB_DEVICE bool speaks() const { return there && lane == 0; }

  template <class Join>
  GB_DEVICE double join(double value) const {
    if (!columns) return blockJoin<Join>(value);
    __shared__ double lines[kWarp][kWarp];
    const u32 column = threadIdx.x % kWarp;
    __syncthreads();
    lines[lane][column] = value;
    __syncthreads();
    double total = lines[0][column];
    for (u32 i = 1; i < width(); i++) total = Join::join(total, lines[i][column]);
    return total;
  }
};

template <class T>
GB_DEVICE void move(void* running, i64 c, double momentum, double value) {
  T* to = static_cast<T*>(running);
  if (to) to[c] = T((1 - momentum) * double(to[c]) + momentum * value);
}

/** A channel's mean and 1 / √(variance + eps). */
template <class T>
struct ChannelStatistics {
  T mean, inverse;

  /** Of a batch: from the mean of `n` elements and the squares about it. */
  GB_DEVICE ChannelStatistics(const StatisticsArguments& to, double n, double whole, double squares)
      : mean(T(whole)), inverse(T(1 / scalar::sqrt(squares / n + to.eps))) {}
  /** The running ones. */
  GB_DEVICE ChannelStatistics(const StatisticsArguments& to, i64 c)
      : mean(static_cast<const T*>(to.runningMean)[c]),
        inverse(T(1 / scalar::sqrt(double(static_cast<const T*>(to.runningVar)[c]) + to.eps))) {}

  GB_DEVICE void store(const StatisticsArguments& to, i64 c) const {
    static_cast<T*>(to.mean)[c] = mean;
    static_cast<T*>(to.inverse)[c] = inverse;
  }
};
/** The running variance is the unbiased one. */
template <class T>
GB_DEVICE void moveRunning(const StatisticsArguments& to, i64 c, double n, double whole, double squares) {
  move<T>(to.runningMean, c, to.momentum, whole);
  move<T>(to.runningVar, c, to.momentum, squares / (n - 1));
}

/** What the gradient of the input takes of g, of x − mean and of 1, from Σ g and Σ g·(x − mean) over a channel. */
template <class T>
struct InputFactors {
  T grad, centred, one;

  GB_DEVICE InputFactors(const FactorArguments& a, i64 c, double n, double sum, double product) {
    const double inv = double(static_cast<const T*>(a.inverse)[c]);
    const double scale = a.weight ? inv * double(static_cast<const T*>(a.weight)[c]) : inv;
    grad = T(scale);
    centred = a.training ? T(-scale * inv * inv * product / n) : T(0);
    one = a.training ? T(-scale * sum / n) : T(0);
  }
};
template <class T>
GB_DEVICE void storeFactorGradients(const FactorArguments& a, i64 c, double sum, double product) {
  const double inv = a.inverse ? double(static_cast<const T*>(a.inverse)[c]) : 1.0;
  if (a.dweight) static_cast<T*>(a.dweight)[c] = T(product * inv);
  if (a.dbias) static_cast<T*>(a.dbias)[c] = T(sum);
}

}  // namespace cuda
}  // namespace gb
