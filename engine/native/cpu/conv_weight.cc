// The gradient of a convolution's weight: for every channel and tap, the sum over all positions of the input's shifted copy
// times the result's gradient. Images are added up in their order, so the sum does not depend on the number of threads.
#include <vector>

#include "cpu/conv_source.h"
#include "cpu/gemm.h"
#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

/** What both ways share: the copies of the input, a chunk of images at a time. */
template <class T>
struct Shared {
  const ConvShape& s;
  ConvSource source = inputSource(s);
  int64_t taps = convVolume(s.kernel), positions = convVolume(s.out), depth = s.channels * taps;
  const ConvKernels<T>& kernels = convKernels<T>();
  int64_t elements = source.elements(64);
  std::vector<int64_t> offsets;

  explicit Shared(const ConvShape& shape) : s(shape) {
    for (int64_t c = 0; c < s.channels; c++) {
      forTaps(s.kernel, [&](int64_t, const int64_t(&at)[3]) { offsets.push_back(inputOffset(s, source, c, at)); });
    }
  }

  /** Images of a chunk, where the result's side of one takes `other` elements. */
  int64_t chunk(int64_t other) const {
    return std::min(s.batch, std::max<int64_t>(numThreads(), kConvChunkBytes / int64_t(sizeof(T)) / (elements + other)));
  }

  void fill(T* copies, const T* x, int64_t count) const {
    const int64_t channels = source.channels;
    parallelFor(count * channels, std::max<int64_t>(1, kGrain / source.channel()), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        source.fill(copies + i / channels * elements + i % channels * source.channel(), x + i * convVolume(source.from));
      }
    });
  }
};

/** Tiles of (channel, tap) × result channels; the result's gradient is packed in panels of result channels. */
template <class T>
void byTiles(const Shared<T>& shared, T* weight, const T* y, const T* x) {
  const ConvShape& s = shared.s;
  const int64_t width = shared.kernels.columns, height = shared.kernels.rows;
  const int64_t strips = convBlocks(shared.depth, height), panels = convBlocks(s.features, width);
  const int64_t packedImage = s.groups * panels * width * shared.positions;
  const int64_t chunk = shared.chunk(packedImage);
  ConvScratch<T> copies(chunk * shared.elements), packed(chunk * packedImage);
  ConvScratch<T> sums(s.groups * panels * strips * height * width);
  std::memset(sums.data(), 0, size_t(s.groups * panels * strips * height * width) * sizeof(T));
  const ConvGrid grid{{s.out[0], s.out[1], s.out[2]}, shared.source.plane(), shared.source.size[2]};
  const GemmKernels<T>& gemm = gemmKernels<T>();
  const int64_t imageX = s.groups * s.channels * convVolume(s.in), imageY = s.groups * s.features * shared.positions;
  for (int64_t first = 0; first < s.batch; first += chunk) {
    const int64_t count = std::min(chunk, s.batch - first);
    shared.fill(copies.data(), x + first * imageX, count);
    parallelFor(count * s.groups, std::max<int64_t>(1, kGrain / (panels * width * shared.positions)),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; i++) {
                    gemm.pack(packed.data() + i * panels * width * shared.positions, int(width),
                              y + first * imageY + i * s.features * shared.positions, 1, shared.positions,
                              shared.positions, s.features);
                  }
                });
    const int64_t work = count * height * width * shared.positions;
    parallelFor(s.groups * panels * strips, std::max<int64_t>(1, kConvThreadWork / work), [&](int64_t begin, int64_t end) {
      for (int64_t n = 0; n < count; n++) {
        checkInterrupt();
        for (int64_t tile = begin; tile < end; tile++) {
          const int64_t group = tile / strips / panels, panel = tile / strips % panels, row = tile % strips * height;
          const int m = int(std::min(height, shared.depth - row));
          const T* image = copies.data() + n * shared.elements + group * s.channels * shared.source.channel();
          const T* rows[16];
          for (int i = 0; i < m; i++) rows[i] = image + shared.offsets[size_t(row + i)];
          shared.kernels.weightTiles[m - 1](
              rows, grid, packed.data() + n * packedImage + (group * panels + panel) * width * shared.positions,
              sums.data() + tile * height * width);
        }
      }
    });
  }
  parallelFor(s.groups * s.features, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, shared.depth)),
              [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; i++) {
                  const int64_t group = i / s.features, f = i % s.features;
                  const T* from = sums.data() + (group * panels + f / width) * strips * height * width + f % width;
                  for (int64_t k = 0; k < shared.depth; k++) weight[i * shared.depth + k] = from[k * width];
                }
              });
}

/** For few result channels in a group (depthwise): dot products along the copy's rows; a mask drops their padding. */
template <class T>
void byDots(const Shared<T>& shared, T* weight, const T* y, const T* x) {
  const ConvShape& s = shared.s;
  const int64_t pitch = shared.source.size[2], plane = convBlocks((s.out[1] - 1) * pitch + s.out[2], 16) * 16;
  const int64_t features = s.groups * s.features, wideImage = features * s.out[0] * plane;
  const int64_t chunk = shared.chunk(wideImage);
  ConvScratch<T> copies(chunk * shared.elements), wide(chunk * wideImage), mask(plane);
  std::memset(mask.data(), 0, size_t(plane) * sizeof(T));
  for (int64_t row = 0; row < s.out[1]; row++) std::memset(mask.data() + row * pitch, 0xff, size_t(s.out[2]) * sizeof(T));
  std::memset(weight, 0, size_t(features * shared.depth) * sizeof(T));
  const int64_t imageX = s.groups * s.channels * convVolume(s.in), imageY = features * shared.positions;
  for (int64_t first = 0; first < s.batch; first += chunk) {
    const int64_t count = std::min(chunk, s.batch - first);
    shared.fill(copies.data(), x + first * imageX, count);
    const int64_t planes = count * features * s.out[0];
    parallelFor(planes, std::max<int64_t>(1, kGrain / plane), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        T* to = wide.data() + i * plane;
        const T* from = y + first * imageY + i * s.out[1] * s.out[2];
        std::memset(to, 0, size_t(plane) * sizeof(T));
        for (int64_t row = 0; row < s.out[1]; row++) {
          std::memcpy(to + row * pitch, from + row * s.out[2], size_t(s.out[2]) * sizeof(T));
        }
      }
    });
    const int64_t work = std::max<int64_t>(1, count * shared.depth * s.out[0] * plane);
    parallelFor(features, std::max<int64_t>(1, kConvThreadWork / work), [&](int64_t begin, int64_t end) {
      std::vector<const T*> rows(size_t(shared.depth));
      for (int64_t f = begin; f < end; f++) {
        for (int64_t n = 0; n < count; n++) {
          checkInterrupt();
          const T* image = copies.data() + n * shared.elements + f / s.features * s.channels * shared.source.channel();
          for (int64_t z = 0; z < s.out[0]; z++) {
            for (size_t k = 0; k < rows.size(); k++) rows[k] = image + shared.offsets[k] + z * shared.source.plane();
            shared.kernels.maskedDots(plane, wide.data() + ((n * features + f) * s.out[0] + z) * plane, mask.data(),
                                      rows.data(), int(shared.depth), weight + f * shared.depth);
          }
        }
      }
    });
  }
}

template <class T>
void weightGradient(const ConvShape& s, const Tensor& weight, const Tensor& y, const Tensor& x) {
  const Shared<T> shared(s);
  (s.features <= 4 ? byDots<T> : byTiles<T>)(shared, weight.as<T>(), y.as<T>(), x.as<T>());
}

void weightOnCpu(const ConvShape& s, const Tensor& weight, const Tensor& y, const Tensor& x) {
  const auto wide = [&](const Tensor& to, const Tensor& result, const Tensor& input, MaybeTensor) {
    weightOnCpu(s, to, result, input);
  };
  if (widened(wide, weight, y, x)) return;
  weight.dtype() == DType::Float64 ? weightGradient<double>(s, weight, y, x) : weightGradient<float>(s, weight, y, x);
}

}  // namespace

GB_KERNEL(CPU, convWeightKernel, weightOnCpu)

}  // namespace gb
