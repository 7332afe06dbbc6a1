// Normalisations by channels that are more than a block keeps: parts of them are joined, and a second pass writes the result.
// Macros: GB_T (float or double), GB_VECTOR (neighbours of one channel that are read and written at once).
#include "cuda/kernels/channel.cuh"

namespace gb {
namespace cuda {

using T = GB_T;

/** Σ f(part) over the parts of a channel by a warp, in every lane: four of them under way at once. */
template <class F>
GB_DEVICE double sumOfParts(u32 parts, const F& f) {
  double sum = 0;
  for (u32 first = threadIdx.x % kWarp; first < parts; first += 4 * kWarp) {
    double values[4];
#pragma unroll
    for (u32 j = 0; j < 4; j++) {
      const u32 part = first + j * kWarp;
      const double value = f(part < parts ? part : parts - 1);
      values[j] = part < parts ? value : 0;
    }
    sum += (values[0] + values[1]) + (values[2] + values[3]);
  }
  return warpJoin<Plus>(sum);
}

/** A warp joins the parts of a channel (Chan, Golub and LeVeque 1979) and moves the running statistics. */
extern "C" __global__ void batchStatistics(ChannelArguments a, StatisticsArguments to, const double* means,
                                           const double* squares) {
  const i64 c = globalThread() / kWarp;
  if (c >= a.channels) return;
  const auto size = [&](u32 part) {
    const u32 first = part * a.perPart;
    return double(a.count - first < a.perPart ? a.count - first : a.perPart);
  };
  const double n = double(a.count);
  const double whole = sumOfParts(a.parts, [&](u32 part) { return size(part) * means[part * a.channels + c]; }) / n;
  const double spread = sumOfParts(a.parts, [&](u32 part) {
    const double off = means[part * a.channels + c] - whole;
    return squares[part * a.channels + c] + size(part) * off * off;
  });
  if (threadIdx.x % kWarp != 0) return;
  const double total = spread < 0 ? 0 : spread;
  ChannelStatistics<T>(to, n, whole, total).store(to, c);
  moveRunning<T>(to, c, n, whole, total);
}

/** The statistics are the running ones. */
extern "C" __global__ void givenStatistics(ChannelArguments a, StatisticsArguments to) {
  const i64 c = globalThread();
  if (c < a.channels) ChannelStatistics<T>(to, c).store(to, c);
}

/** A warp joins the parts of a channel. `factors` (batches only): those of the input's gradient, [3][channels]. */
extern "C" __global__ void joinGradients(ChannelArguments a, FactorArguments to, const double* sums, const double* products,
                                         T* factors) {
  const i64 c = globalThread() / kWarp;
  if (c >= a.channels) return;
  const double sum = sumOfParts(a.parts, [&](u32 part) { return sums[part * a.channels + c]; });
  const double product = sumOfParts(a.parts, [&](u32 part) { return products[part * a.channels + c]; });
  if (threadIdx.x % kWarp != 0) return;
  storeFactorGradients<T>(to, c, sum, product);
  if (!factors) return;
  const InputFactors<T> f(to, c, double(a.count), sum, product);
  factors[c] = f.grad;
  factors[a.channels + c] = f.centred;
  factors[2 * a.channels + c] = f.one;
}

/**
 * Of all elements a thread's four vectors, a block's width apart; those behind the end are read and not written. The last blocks
 * come first: the pass before went from the beginning to the end, and the end is what the cache still holds.
 */
struct Spread {
  static constexpr int kVectors = 4;
  using Piece = Vector<T, GB_VECTOR>;
  u32 n;

  GB_DEVICE u32 first(int k) const {
    return ((gridDim.x - 1 - blockIdx.x) * kVectors + u32(k)) * (blockDim.x * GB_VECTOR) + threadIdx.x * GB_VECTOR;
  }
  GB_DEVICE u32 inside(int k) const { return first(k) < n ? first(k) : n - GB_VECTOR; }
  GB_DEVICE i64 channel(const ChannelArguments& a, int k) const {
    const u32 line = divide(inside(k), a.byInner);
    return line - divide(line, a.byChannels) * a.byChannels.d;
  }
  GB_DEVICE void load(const T* from, Piece (&pieces)[kVectors]) const {
#pragma unroll
    for (int k = 0; k < kVectors; k++) pieces[k] = *reinterpret_cast<const Piece*>(from + inside(k));
  }
  GB_DEVICE void store(T* to, const Piece& piece, int k) const {
    if (first(k) < n) *reinterpret_cast<Piece*>(to + first(k)) = piece;
  }
};

extern "C" __global__ void __launch_bounds__(256) scaleChannels(ChannelArguments a, u32 n, T* y, const T* x, const T* mean,
                                                                const T* inverse, const T* weight, const T* bias) {
  const Spread at{n};
  Spread::Piece values[Spread::kVectors];
  at.load(x, values);
#pragma unroll
  for (int k = 0; k < Spread::kVectors; k++) {
    const i64 c = at.channel(a, k);
    const T scale = weight ? inverse[c] * weight[c] : inverse[c], shift = bias ? bias[c] : T(0), middle = mean[c];
#pragma unroll
    for (T& value : values[k].at) value = (value - middle) * scale + shift;
    at.store(y, values[k], k);
  }
}

extern "C" __global__ void __launch_bounds__(256) channelGradients(ChannelArguments a, u32 n, T* dx, const T* g, const T* x,
                                                                   const T* mean, const T* factors) {
  const Spread at{n};
  Spread::Piece grads[Spread::kVectors], values[Spread::kVectors];
  at.load(g, grads);
  at.load(x, values);
#pragma unroll
  for (int k = 0; k < Spread::kVectors; k++) {
    const i64 c = at.channel(a, k);
    const T grad = factors[c], centred = factors[a.channels + c], one = factors[2 * a.channels + c], middle = mean[c];
#pragma unroll
    for (int j = 0; j < GB_VECTOR; j++) {
      values[k].at[j] = grad * grads[k].at[j] + centred * (values[k].at[j] - middle) + one;
    }
    at.store(dx, values[k], k);
  }
}

}  // namespace cuda
}  // namespace gb
