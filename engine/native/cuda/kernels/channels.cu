// What a normalisation reads of whole channels, or of parts of them, each element once. Macros: GB_T (float or double), GB_COLUMNS,
// GB_VECTOR and GB_HELD (V and E of Held), GB_BOUNDS (a block's threads at most).
#include "cuda/kernels/channel.cuh"

namespace gb {
namespace cuda {

using T = GB_T;
using Channel = Held<T, ChannelLine<GB_COLUMNS>, GB_VECTOR, GB_HELD>;

/** The mean of a part of a channel, and the squares about it. */
struct Moments {
  double mean, squares;

  GB_DEVICE Moments(const Channel& c, const Channel::Values& x) {
    const double n = double(c.n);
    mean = c.sum(x) / n;
    const T shift = T(mean);
    const double off = mean - double(shift);
    squares = c.sum([&](int i) { return (x(i) - shift) * (x(i) - shift); }) - n * off * off;
  }
};

extern "C" __global__ void __launch_bounds__(GB_BOUNDS) moments(ChannelArguments a, const T* in, double* means, double* squares) {
  const Channel c(a);
  const Moments m(c, c.load(in));
  if (!c.speaks()) return;
  means[c.part * a.channels + c.channel] = m.mean;
  squares[c.part * a.channels + c.channel] = m.squares;
}

/** The statistics of a batch, whose running ones move. */
GB_DEVICE ChannelStatistics<T> statisticsOf(const Channel& c, const Channel::Values& x, const StatisticsArguments& to) {
  const Moments m(c, x);
  const double n = double(c.n), squares = m.squares < 0 ? 0 : m.squares;
  if (c.speaks()) moveRunning<T>(to, c.channel, n, m.mean, squares);
  return {to, n, m.mean, squares};
}

/** All of a normalisation whose channels are one part each. */
extern "C" __global__ void __launch_bounds__(GB_BOUNDS) batchNorm(ChannelArguments a, StatisticsArguments to, T* y, const T* in,
                                                                  const T* weight, const T* bias) {
  const Channel c(a);
  const auto x = c.load(in);
  const ChannelStatistics<T> s = to.training ? statisticsOf(c, x, to) : ChannelStatistics<T>(to, c.channel);
  if (c.speaks()) s.store(to, c.channel);
  const T scale = weight ? s.inverse * weight[c.channel] : s.inverse, shift = bias ? bias[c.channel] : T(0);
  c.store(y, [&](int i) { return (x(i) - s.mean) * scale + shift; });
}

/**
 * Of each part of a channel: Σ g and Σ g·(x − mean), the latter times the row's own factor where rows have statistics. A part
 * may be more than the threads hold at once; where there is one alone, these are the gradients of the factors.
 */
extern "C" __global__ void __launch_bounds__(GB_BOUNDS) gradientSums(ChannelArguments a, StatisticsOf of,
                                                                     FactorArguments to, const T* grad, const T* in,
                                                                     double* sums, double* products) {
  Channel c(a);
  const T *mean = static_cast<const T*>(of.mean), *inverse = static_cast<const T*>(of.inverse);
  const u32 group = of.groups ? divide(u32(c.channel), of.byFactors) : 0, end = c.first + c.n, most = c.width() * GB_HELD;
  double sum = 0, product = 0;
  for (; c.first < end; c.first += most) {
    c.n = end - c.first < most ? end - c.first : most;
    const auto g = c.load(grad), x = c.load(in);
    sum += c.own(g);
    if (of.groups) {
      const auto row = [&](int i) { return i64(c.outer(c.inside(i))) * of.groups + group; };
      product += c.own([&](int i) { return g(i) * (x(i) - mean[row(i)]) * inverse[row(i)]; });
    } else {
      const T middle = mean[c.channel];
      product += c.own([&](int i) { return g(i) * (x(i) - middle); });
    }
  }
  sum = c.join<Plus>(sum);
  product = c.join<Plus>(product);
  if (!c.speaks()) return;
  if (a.parts == 1) return storeFactorGradients<T>(to, c.channel, sum, product);
  sums[c.part * a.channels + c.channel] = sum;
  products[c.part * a.channels + c.channel] = product;
}

/** All gradients of a normalisation whose channels are one part each. */
extern "C" __global__ void __launch_bounds__(GB_BOUNDS) batchNormBackward(ChannelArguments a, FactorArguments to, T* dx,
                                                                          const T* grad, const T* in, const T* means) {
  const Channel c(a);
  const auto g = c.load(grad), x = c.load(in);
  const T mean = means[c.channel];
  const double sum = c.sum(g), product = c.sum([&](int i) { return g(i) * (x(i) - mean); });
  if (c.speaks()) storeFactorGradients<T>(to, c.channel, sum, product);
  if (!dx) return;
  const InputFactors<T> f(to, c.channel, double(c.n), sum, product);
  c.store(dx, [&](int i) { return f.grad * g(i) + f.centred * (x(i) - mean) + f.one; });
}

}  // namespace cuda
}  // namespace gb
