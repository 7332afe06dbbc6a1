// Normalisations. Macro: GB_T (float or double). Elements add up in T four at a time, these in double, in an order that
// follows from the shape alone.
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/layer_arguments.h"

namespace gb {
namespace cuda {

using T = GB_T;
constexpr int kThreads = 256, kColumns = 32, kLines = kThreads / kColumns;

/** The thread's channel and the part of its positions that the block takes. */
struct Part {
  i64 channel;
  u32 from, end, step;
  bool there;

  GB_DEVICE explicit Part(const ChannelArguments& a) {
    channel = i64(blockIdx.x) * a.width + threadIdx.x % a.width;
    there = channel < a.channels;
    const u32 first = blockIdx.y * a.perPart, last = a.count - first < a.perPart ? a.count : first + a.perPart;
    from = first + threadIdx.x / a.width;
    end = there ? last : from;
    step = kThreads / a.width;
  }
  GB_DEVICE u32 size(const ChannelArguments& a) const {
    const u32 first = blockIdx.y * a.perPart;
    return a.count - first < a.perPart ? a.count - first : a.perPart;
  }
};

/** The sum over the threads of a channel, in all of them. */
GB_DEVICE double channelJoin(double value, int width) {
  if (width == 1) return blockJoin<Plus>(value);
  __shared__ double lines[kLines][kColumns];
  const int line = int(threadIdx.x) / kColumns, column = int(threadIdx.x) % kColumns;
  __syncthreads();
  lines[line][column] = value;
  __syncthreads();
  double total = lines[0][column];
  for (int i = 1; i < kLines; i++) total += lines[i][column];
  return total;
}

/** Σ f(outer, offset) over the thread's positions: f adds to two sums. */
template <class F>
GB_DEVICE void partSums(const ChannelArguments& a, const Part& part, double& first, double& second, const F& f) {
  first = second = 0;
  for (u32 k = part.from; k < part.end; k += 4 * part.step) {
    T one = 0, two = 0;
#pragma unroll
    for (u32 j = 0; j < 4; j++) {
      const u32 at = k + j * part.step;
      if (at >= part.end) break;
      const u32 o = divide(at, a.byInner);
      f(o, (i64(o) * a.channels + part.channel) * a.inner + (at - o * a.byInner.d), one, two);
    }
    first += double(one);
    second += double(two);
  }
}

/** The mean of each part of a channel, and the squares about it: two passes, the second of which finds x in the cache. */
extern "C" __global__ void __launch_bounds__(256) moments(ChannelArguments a, const T* x, double* means, double* squares) {
  const Part part(a);
  double sum, other;
  partSums(a, part, sum, other, [&](u32, i64 at, T& s, T&) { s += x[at]; });
  const double n = double(part.size(a)), mean = channelJoin(sum, a.width) / n;
  const T shift = T(mean);
  partSums(a, part, sum, other, [&](u32, i64 at, T& s, T&) { s += (x[at] - shift) * (x[at] - shift); });
  const double total = channelJoin(sum, a.width), off = mean - double(shift);
  if (!part.there || threadIdx.x / a.width != 0) return;
  means[blockIdx.y * a.channels + part.channel] = mean;
  squares[blockIdx.y * a.channels + part.channel] = total - n * off * off;
}

GB_DEVICE void move(T* running, i64 c, double momentum, double value) {
  if (running) running[c] = T((1 - momentum) * double(running[c]) + momentum * value);
}

/** A warp joins the parts of a channel (Chan, Golub and LeVeque 1979) and moves the running statistics. */
extern "C" __global__ void batchStatistics(ChannelArguments a, const double* means, const double* squares, double momentum,
                                           double eps, T* runningMean, T* runningVar, T* mean, T* inverse) {
  const i64 c = globalThread() / kWarp;
  const u32 lane = threadIdx.x % kWarp;
  if (c >= a.channels) return;
  const auto size = [&](u32 part) {
    const u32 first = part * a.perPart;
    return double(a.count - first < a.perPart ? a.count - first : a.perPart);
  };
  double sum = 0, spread = 0;
  for (u32 part = lane; part < a.parts; part += kWarp) sum += size(part) * means[part * a.channels + c];
  const double n = double(a.count), whole = warpJoin<Plus>(sum) / n;
  for (u32 part = lane; part < a.parts; part += kWarp) {
    const double off = means[part * a.channels + c] - whole;
    spread += squares[part * a.channels + c] + size(part) * off * off;
  }
  spread = warpJoin<Plus>(spread);
  if (lane != 0) return;
  const double total = spread < 0 ? 0 : spread;
  mean[c] = T(whole);
  inverse[c] = T(1 / scalar::sqrt(total / n + eps));
  // The running variance is the unbiased one.
  move(runningMean, c, momentum, whole);
  move(runningVar, c, momentum, total / (n - 1));
}

/** The statistics are the running ones. */
extern "C" __global__ void givenStatistics(i64 channels, double eps, const T* runningMean, const T* runningVar, T* mean,
                                           T* inverse) {
  const i64 c = globalThread();
  if (c >= channels) return;
  mean[c] = runningMean[c];
  inverse[c] = T(1 / scalar::sqrt(double(runningVar[c]) + eps));
}

/** Four neighbours, read and written as one where they are all there and `whole` says that memory allows it. */
struct Four {
  u32 first;
  int count;
  bool whole;
  i64 channel;
  u32 inside;

  GB_DEVICE Four(const ChannelArguments& a, u32 n, bool aligned) {
    first = 4 * u32(globalThread());
    count = first >= n ? 0 : n - first < 4 ? int(n - first) : 4;
    whole = aligned && count == 4;
    const u32 line = divide(first, a.byInner);
    inside = first - line * a.byInner.d;
    channel = line - divide(line, a.byChannels) * a.byChannels.d;
  }
  GB_DEVICE void next(const ChannelArguments& a) {
    if (++inside < a.byInner.d) return;
    inside = 0;
    if (++channel == a.channels) channel = 0;
  }
  GB_DEVICE void load(const T* from, T (&values)[4]) const {
    if (whole) {
      const Vector<T, 4> all = *reinterpret_cast<const Vector<T, 4>*>(from + first);
      for (int j = 0; j < 4; j++) values[j] = all.at[j];
    } else {
      for (int j = 0; j < count; j++) values[j] = from[first + j];
    }
  }
  GB_DEVICE void store(T* to, const T (&values)[4]) const {
    if (whole) {
      Vector<T, 4> all;
      for (int j = 0; j < 4; j++) all.at[j] = values[j];
      *reinterpret_cast<Vector<T, 4>*>(to + first) = all;
    } else {
      for (int j = 0; j < count; j++) to[first + j] = values[j];
    }
  }
};

extern "C" __global__ void scaleChannels(ChannelArguments a, u32 n, bool aligned, T* y, const T* x, const T* mean,
                                         const T* inverse, const T* weight, const T* bias) {
  Four four(a, n, aligned);
  T values[4];
  four.load(x, values);
#pragma unroll
  for (int j = 0; j < 4; j++) {
    if (j >= four.count) break;
    const i64 c = four.channel;
    const T scale = weight ? inverse[c] * weight[c] : inverse[c];
    values[j] = (values[j] - mean[c]) * scale + (bias ? bias[c] : T(0));
    four.next(a);
  }
  four.store(y, values);
}

/** Of each part of a channel: Σ g and Σ g·(x − mean), the latter times the row's own factor where rows have statistics. */
extern "C" __global__ void __launch_bounds__(256) gradientSums(ChannelArguments a, StatisticsOf of, const T* g, const T* x,
                                                               double* sums, double* products) {
  const Part part(a);
  const T *mean = static_cast<const T*>(of.mean), *inverse = static_cast<const T*>(of.inverse);
  const u32 group = of.groups ? divide(u32(part.channel), of.byFactors) : 0;
  double sum, product;
  partSums(a, part, sum, product, [&](u32 o, i64 at, T& s, T& p) {
    const i64 row = of.groups ? i64(o) * of.groups + group : part.channel;
    s += g[at];
    p += of.groups ? g[at] * (x[at] - mean[row]) * inverse[row] : g[at] * (x[at] - mean[row]);
  });
  sum = channelJoin(sum, a.width);
  product = channelJoin(product, a.width);
  if (!part.there || threadIdx.x / a.width != 0) return;
  sums[blockIdx.y * a.channels + part.channel] = sum;
  products[blockIdx.y * a.channels + part.channel] = product;
}

/**
 * A warp joins the parts of a channel into the gradients of weight and bias, where they are wanted. `factors` (batches
 * only): what the input's gradient takes of g, of x − mean and of 1, [3][channels].
 */
extern "C" __global__ void joinGradients(ChannelArguments a, const double* sums, const double* products, const T* inverse,
                                         const T* weight, bool training, T* dweight, T* dbias, T* factors) {
  const i64 c = globalThread() / kWarp;
  const u32 lane = threadIdx.x % kWarp;
  if (c >= a.channels) return;
  double sum = 0, product = 0;
  for (u32 part = lane; part < a.parts; part += kWarp) {
    sum += sums[part * a.channels + c];
    product += products[part * a.channels + c];
  }
  sum = warpJoin<Plus>(sum);
  product = warpJoin<Plus>(product);
  if (lane != 0) return;
  const double inv = inverse ? double(inverse[c]) : 1.0, n = double(a.count);
  if (dweight) dweight[c] = T(product * inv);
  if (dbias) dbias[c] = T(sum);
  if (!factors) return;
  const double scale = weight ? inv * double(weight[c]) : inv;
  factors[c] = T(scale);
  factors[a.channels + c] = training ? T(-scale * inv * inv * product / n) : T(0);
  factors[2 * a.channels + c] = training ? T(-scale * sum / n) : T(0);
}

extern "C" __global__ void channelGradients(ChannelArguments a, u32 n, bool aligned, T* dx, const T* g, const T* x,
                                            const T* mean, const T* factors) {
  Four four(a, n, aligned);
  T grads[4], values[4];
  four.load(g, grads);
  four.load(x, values);
#pragma unroll
  for (int j = 0; j < 4; j++) {
    if (j >= four.count) break;
    const i64 c = four.channel;
    values[j] = factors[c] * grads[j] + factors[a.channels + c] * (values[j] - mean[c]) + factors[2 * a.channels + c];
    four.next(a);
  }
  four.store(dx, values);
}

}  // namespace cuda
}  // namespace gb
