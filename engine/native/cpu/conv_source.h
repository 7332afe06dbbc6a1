// What the convolutions of the CPU share: the padded copy that tiles read with shifts, and memory for one call.
#pragma once
#include <algorithm>
#include <cstring>
#include <optional>

#include "cpu/simd/choose.h"
#include "cpu/simd/conv.h"
#include "ops/conv.h"
#include "tensor/memory.h"

namespace gb {

template <class T>
const ConvKernels<T>& convKernels();

constexpr int64_t convBlocks(int64_t n, int64_t size) { return (n + size - 1) / size; }
constexpr int64_t convVolume(const int64_t (&size)[3]) { return size[0] * size[1] * size[2]; }

/** Multiplications that are worth another thread. */
constexpr int64_t kConvThreadWork = 400000;
/** Bytes of padded images that are prepared together: they should stay in the second-level cache. */
constexpr int64_t kConvChunkBytes = 1 << 20;

/** Memory for one call, counted and limited as that of tensors. */
template <class T>
class ConvScratch {
 public:
  explicit ConvScratch(int64_t elements)
      : bytes_(size_t(elements) * sizeof(T)), data_(allocateTensorMemory(bytes_)) {}
  ~ConvScratch() { freeTensorMemory(data_, bytes_); }
  ConvScratch(const ConvScratch&) = delete;
  T* data() const { return static_cast<T*>(data_); }

 private:
  size_t bytes_;
  void* data_;
};

/**
 * The layout of a copy of one image, with zeros around it, cut into phases by the stride: element i of a dimension goes to
 * place (i + shift) / phases of phase (i + shift) mod phases. So the elements that neighbouring results need are
 * neighbours, whatever the stride. What lies beyond `size` is not needed and left out.
 */
struct ConvSource {
  int64_t channels;
  int64_t from[3], shift[3], phases[3], size[3];

  int64_t plane() const { return size[1] * size[2]; }
  int64_t channel() const { return convVolume(size) * convVolume(phases); }
  /** Elements of a copy; tiles read up to `columns` beyond the last result. */
  int64_t elements(int64_t columns) const { return channels * channel() + columns; }
  int64_t place(int64_t c, const int64_t (&phase)[3], const int64_t (&at)[3]) const {
    const int64_t volume = (phase[0] * phases[1] + phase[1]) * phases[2] + phase[2];
    return c * channel() + volume * convVolume(size) + (at[0] * size[1] + at[1]) * size[2] + at[2];
  }

  /** One channel. */
  template <class T>
  void fill(T* to, const T* image) const {
    std::memset(to, 0, size_t(channel()) * sizeof(T));
    for (int64_t z = 0; z < from[0]; z++) {
      for (int64_t y = 0; y < from[1]; y++, image += from[2]) {
        int64_t phase[3] = {(z + shift[0]) % phases[0], (y + shift[1]) % phases[1], 0};
        int64_t at[3] = {(z + shift[0]) / phases[0], (y + shift[1]) / phases[1], 0};
        if (at[0] >= size[0] || at[1] >= size[1]) continue;
        for (; phase[2] < phases[2]; phase[2]++) {
          const int64_t first = ((phase[2] - shift[2]) % phases[2] + phases[2]) % phases[2];
          at[2] = (first + shift[2]) / phases[2];
          if (first >= from[2] || at[2] >= size[2]) continue;
          const int64_t count = std::min(convBlocks(from[2] - first, phases[2]), size[2] - at[2]);
          T* row = to + place(0, phase, at);
          if (phases[2] == 1) {
            std::memcpy(row, image, size_t(count) * sizeof(T));
          } else {
            for (int64_t i = 0; i < count; i++) row[i] = image[first + i * phases[2]];
          }
        }
      }
    }
  }
};

/** The copy of the input from which result o reads, at tap k: phase (k·dilation) mod stride, place o + k·dilation / stride. */
inline ConvSource inputSource(const ConvShape& s) {
  ConvSource source{s.channels * s.groups, {}, {}, {}, {}};
  for (int i = 0; i < 3; i++) {
    source.from[i] = s.in[i];
    source.shift[i] = s.padding[i];
    source.phases[i] = s.stride[i];
    source.size[i] = s.out[i] + (s.kernel[i] - 1) * s.dilation[i] / s.stride[i];
  }
  return source;
}

/** Calls body(tap, position in the kernel) for every tap of a kernel in row-major order. */
template <class Body>
void forTaps(const int64_t (&kernel)[3], const Body& body) {
  int64_t at[3], tap = 0;
  for (at[0] = 0; at[0] < kernel[0]; at[0]++) {
    for (at[1] = 0; at[1] < kernel[1]; at[1]++) {
      for (at[2] = 0; at[2] < kernel[2]; at[2]++) body(tap++, at);
    }
  }
}

/** Where row (channel, tap) of the product begins in a copy of the input. */
inline int64_t inputOffset(const ConvShape& s, const ConvSource& source, int64_t channel, const int64_t (&at)[3]) {
  int64_t phase[3], place[3];
  for (int i = 0; i < 3; i++) {
    phase[i] = at[i] * s.dilation[i] % s.stride[i];
    place[i] = at[i] * s.dilation[i] / s.stride[i];
  }
  return source.place(channel, phase, place);
}

/** The weights of one call; those that are NaN or infinite are told apart (conv_odd.cc). */
template <class T>
class OddWeights {
 public:
  explicit OddWeights(const Tensor& weight);
  /** All weights, with zeros where they are NaN or infinite. */
  const T* rest() const { return rest_ ? rest_->data() : given_; }
  /** Adds what the others contribute: to the result (`forward`) or to the input's gradient. */
  void add(const ConvShape& s, bool forward, T* to, const T* from) const;

 private:
  const T* given_;
  std::optional<ConvScratch<T>> rest_;
};

}  // namespace gb
