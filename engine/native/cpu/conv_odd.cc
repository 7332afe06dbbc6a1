// Weights that are NaN or infinite: the tiles of cpu/simd/conv.inc would multiply them by the zeros of the padding, so they are
// left out there and added here, tap by tap, where they meet an element.
#include "cpu/conv_source.h"

#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {

namespace {

template <class T>
bool isOdd(T x) {
  return x - x != T(0);
}

/** to[channel r] += w · from[channel q] for one tap, `forward` from the input to the result or else back. */
template <class T>
void addTap(const ConvShape& s, bool forward, T* to, const T* from, T w, const int64_t (&tap)[3]) {
  // The results o whose place o·stride + from[i] lies in the input.
  int64_t shift[3], first[3], end[3];
  for (int i = 0; i < 3; i++) {
    shift[i] = tap[i] * s.dilation[i] - s.padding[i];
    first[i] = shift[i] < 0 ? convBlocks(-shift[i], s.stride[i]) : 0;
    end[i] = std::min(s.out[i], s.in[i] > shift[i] ? convBlocks(s.in[i] - shift[i], s.stride[i]) : 0);
  }
  const int64_t step = s.stride[2];
  for (int64_t z = first[0]; z < end[0]; z++) {
    for (int64_t y = first[1]; y < end[1]; y++) {
      const int64_t out = (z * s.out[1] + y) * s.out[2];
      const int64_t in = ((z * s.stride[0] + shift[0]) * s.in[1] + y * s.stride[1] + shift[1]) * s.in[2] + shift[2];
      for (int64_t x = first[2]; x < end[2]; x++) {
        if (forward) {
          to[out + x] += w * from[in + x * step];
        } else {
          to[in + x * step] += w * from[out + x];
        }
      }
    }
  }
}

}  // namespace

template <class T>
OddWeights<T>::OddWeights(const Tensor& weight) : given_(weight.as<T>()) {
  const int64_t n = weight.numel();
  // The largest exponent, of bits: a loop that becomes vectors.
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  const Bits exponent = sizeof(T) == 4 ? Bits(0x7f800000) : Bits(0x7ff0000000000000);
  Bits odd = 0;
  for (int64_t i = 0; i < n; i++) {
    Bits bits;
    std::memcpy(&bits, given_ + i, sizeof bits);
    odd |= (bits & exponent) == exponent ? Bits(1) : Bits(0);
  }
  if (!odd) return;
  rest_.emplace(n);
  for (int64_t i = 0; i < n; i++) rest_->data()[i] = isOdd(given_[i]) ? T(0) : given_[i];
}

template <class T>
void OddWeights<T>::add(const ConvShape& s, bool forward, T* to, const T* from) const {
  if (!rest_) return;
  const int64_t taps = convVolume(s.kernel), in = convVolume(s.in), out = convVolume(s.out);
  const int64_t results = forward ? s.features : s.channels, sources = forward ? s.channels : s.features;
  parallelFor(s.batch * s.groups * results, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t image = i / results, r = i % results, group = image % s.groups;
      checkInterrupt();
      for (int64_t q = 0; q < sources; q++) {
        const int64_t feature = group * s.features + (forward ? r : q), channel = forward ? q : r;
        const T* w = given_ + (feature * s.channels + channel) * taps;
        forTaps(s.kernel, [&](int64_t tap, const int64_t(&at)[3]) {
          if (!isOdd(w[tap])) return;
          addTap(s, forward, to + i * (forward ? out : in), from + (image * sources + q) * (forward ? in : out), w[tap], at);
        });
      }
    }
  });
}

template class OddWeights<float>;
template class OddWeights<double>;

}  // namespace gb
