// Convolutions on a card: by cuDNN where it is there and can, else by the engine's own kernels.
#include "ops/conv.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "cuda/kernels/layer_arguments.h"
#include "cuda/ops/conv_dnn.h"
#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "cuda/runtime/fault.h"
#include "ops/pointwise.h"

namespace gb::cuda {
namespace {

/** Groups of so few channels go without tiles. */
constexpr int64_t kFew = 4;
/** A (channel, tap) for each column of a weight's gradient: with so few, they go without tiles too. */
constexpr int64_t kFewColumnsAtMost = 32;
/**
 * As long as there is so little to multiply, they go without cuDNN: the narrowest of its tiles that give the same result in every run
 * are 64 columns wide, and so few of them fill a small part of a card, after tensors were turned around for them. With more to do
 * its matrix units win all the same.
 */
constexpr int64_t kLittle = int64_t(1) << 28;
/** A grid has at most so many blocks in y and z. */
constexpr int64_t kMostBlocks = 65535;

/** Tiles of results: for many channels, and for few. */
struct Tile {
  int64_t rows, columns;
  const char* macros;
};
constexpr Tile kTiles[] = {{64, 64, "-DGB_M=64 -DGB_N=64 -DGB_PM=4 -DGB_PN=4"}, {16, 128, "-DGB_M=16 -DGB_N=128 -DGB_PM=2 -DGB_PN=4"}};

int64_t blocks(int64_t n, int64_t size) { return (n + size - 1) / size; }
int64_t volume(const int64_t (&size)[3]) { return size[0] * size[1] * size[2]; }

/** Kernels count what lies within an image, and places of a pass, in 32 bits. */
void checkSizes(const ConvShape& s) {
  const int64_t in = s.channels * volume(s.in), out = s.features * volume(s.out), depth = s.channels * volume(s.kernel);
  const int64_t places = s.batch * std::max(volume(s.in), volume(s.out));
  GB_CHECK(std::max({in, out, depth, s.features * volume(s.kernel), places}) <= mostElements(),
           "a convolution of so many elements is not possible on a card yet: ", places, " places of ",
           std::max(s.channels, s.features), " channels");
}

/** Runs a pass for all groups. */
void runPass(ConvArguments a, Device device, DType type) {
  int64_t places = 1, taps = 1;
  for (const ConvDim& dim : a.dims) {
    places *= dim.count.d;
    taps *= dim.taps.d;
  }
  a.byPlaces = divisorOf(places);
  a.byTaps = divisorOf(std::max<int64_t>(1, taps));
  a.columns = a.images * places;
  // Without taps there is the bias alone.
  if (taps == 0) a.channels = 0;
  static ByFloat tiles[2], ones;
  const bool one = a.rows <= kFew;
  const Tile& tile = kTiles[a.rows <= 32];
  const CUfunction kernel = one ? ones.get(device, "conv.cu", "convolveOne", type, kTiles[0].macros)
                                : tiles[a.rows <= 32].get(device, "conv.cu", "convolve", type, tile.macros);
  Grid grid = gridFor(a.columns, one ? kThreads : tile.columns);
  grid.y = unsigned(one ? a.rows : blocks(a.rows, tile.rows));
  GB_CHECK(grid.y <= kMostBlocks, "a convolution to ", a.rows, " channels is not possible on a card yet");
  for (; a.firstGroup < a.groups; a.firstGroup += kMostBlocks) {
    grid.z = unsigned(std::min<int64_t>(kMostBlocks, a.groups - a.firstGroup));
    launch(kernel, device, grid, kThreads, a);
  }
}

const void* dataOf(MaybeTensor x) { return x ? x->data() : nullptr; }

/** Elements of one image, as it comes or as it goes. */
int64_t imageOf(const ConvShape& s) {
  return s.groups * std::max(s.channels * volume(s.in), s.features * volume(s.out));
}

/** Images `first` … of a tensor of the shape's images. */
Tensor imagesOf(const Tensor& x, int64_t first, int64_t count) {
  Dims sizes = x.sizes();
  sizes[0] = count;
  return x.viewed(sizes, x.strides(), x.offset() + first * x.stride(0));
}

/** Calls body(shape, first) for as many images as a pass can take, where that is not all: false where it is. */
template <class Body>
bool inBatches(const ConvShape& s, const Body& body) {
  const int64_t image = imageOf(s);
  if (s.batch * image <= mostElements() || s.batch == 1) return false;
  inParts(s.batch, image, [&](int64_t first, int64_t count) {
    ConvShape part = s;
    part.batch = count;
    body(part, first);
  });
  return true;
}

void convOnCuda(const ConvShape& s, const Tensor& y, const Tensor& x, const Tensor& weight, MaybeTensor bias) {
  if (inBatches(s, [&](const ConvShape& part, int64_t first) {
        convOnCuda(part, imagesOf(y, first, part.batch), imagesOf(x, first, part.batch), weight, bias);
      })) {
    return;
  }
  if (convByLibrary(s, y, x, weight, bias)) return;
  const auto wide = [&](const auto&... tensors) { convOnCuda(s, tensors...); };
  if (widened(wide, y, x, weight, bias)) return;
  checkSizes(s);
  const int64_t taps = volume(s.kernel);
  ConvArguments a{x.data(), weight.data(), dataOf(bias), y.data(), s.groups, s.features, s.channels, s.batch, 0,
                  s.features * s.channels * taps, s.channels * taps, taps, volume(s.in), volume(s.out), {}, {}, {}, 0};
  for (int i = 0; i < 3; i++) {
    a.dims[i] = {divisorOf(s.out[i]), divisorOf(s.kernel[i]), 0, 1, int(-s.padding[i]), int(s.stride[i]), int(s.dilation[i]),
                 int(s.in[i]), int(s.out[i]), 0, 1, int(s.kernel[i])};
  }
  runPass(a, y.device(), y.dtype());
}

/** An empty divisor counts nothing. */
Divisor countOf(int64_t n) { return n == 0 ? Divisor{0, 0, 0} : divisorOf(n); }

/**
 * The elements i ≡ phase − padding (mod stride) of one dimension of an input: they meet the taps k with k·dilation ≡ phase,
 * which are `every` apart.
 */
ConvDim phaseOf(const ConvShape& s, int i, int64_t phase) {
  const int64_t stride = s.stride[i], padding = s.padding[i], dilation = s.dilation[i];
  const int64_t first = ((phase - padding) % stride + stride) % stride, every = stride / std::gcd(stride, dilation);
  int64_t tap = 0;
  while (tap < std::min(every, s.kernel[i]) && tap * dilation % stride != phase) tap++;
  const bool met = tap < std::min(every, s.kernel[i]);
  const int64_t taps = met ? blocks(s.kernel[i] - tap, every) : 0, count = first < s.in[i] ? blocks(s.in[i] - first, stride) : 0;
  // Element first + q·stride meets result (first + padding − k·dilation) / stride + q.
  const int64_t origin = met ? (first + padding - tap * dilation) / stride : 0;
  return {countOf(count), countOf(taps), int(first), int(stride), int(origin), 1, int(-every * dilation / stride),
          int(s.out[i]), int(s.in[i]), int(tap), int(every), int(s.kernel[i])};
}

void convInputOnCuda(const ConvShape& s, const Tensor& x, const Tensor& y, const Tensor& weight, MaybeTensor bias) {
  if (inBatches(s, [&](const ConvShape& part, int64_t first) {
        convInputOnCuda(part, imagesOf(x, first, part.batch), imagesOf(y, first, part.batch), weight, bias);
      })) {
    return;
  }
  if (convInputByLibrary(s, x, y, weight, bias)) return;
  const auto wide = [&](const auto&... tensors) { convInputOnCuda(s, tensors...); };
  if (widened(wide, x, y, weight, bias)) return;
  checkSizes(s);
  const int64_t taps = volume(s.kernel);
  ConvArguments a{y.data(), weight.data(), dataOf(bias), x.data(), s.groups, s.channels, s.features, s.batch, 0,
                  s.features * s.channels * taps, taps, s.channels * taps, volume(s.out), volume(s.in), {}, {}, {}, 0};
  for (int64_t z = 0; z < s.stride[0]; z++) {
    a.dims[0] = phaseOf(s, 0, z);
    for (int64_t row = 0; a.dims[0].count.d > 0 && row < s.stride[1]; row++) {
      a.dims[1] = phaseOf(s, 1, row);
      for (int64_t column = 0; a.dims[1].count.d > 0 && column < s.stride[2]; column++) {
        a.dims[2] = phaseOf(s, 2, column);
        if (a.dims[2].count.d > 0) runPass(a, x.device(), x.dtype());
      }
    }
  }
}

void convWeightOnCuda(const ConvShape& s, const Tensor& weight, const Tensor& y, const Tensor& x) {
  if (inBatches(s, [&](const ConvShape& part, int64_t first) {
        const Tensor to = first == 0 ? weight : emptyTensor(weight.sizes(), weight.dtype(), weight.device());
        convWeightOnCuda(part, to, imagesOf(y, first, part.batch), imagesOf(x, first, part.batch));
        if (first > 0) add(weight, to, 1, &weight);
      })) {
    return;
  }
  const int64_t ownColumns = s.channels * volume(s.kernel), depth = s.batch * volume(s.out);
  const bool few = s.groups == 1 && ownColumns <= kFewColumnsAtMost && computeType(weight.dtype()) == weight.dtype();
  if (!(few && depth * s.features * ownColumns <= kLittle) && convWeightByLibrary(s, weight, y, x)) return;
  const auto wide = [&](const Tensor& to, const Tensor& result, const Tensor& input, MaybeTensor) {
    convWeightOnCuda(s, to, result, input);
  };
  if (widened(wide, weight, y, x)) return;
  checkSizes(s);
  const Device device = weight.device();
  ConvWeightArguments a{};
  a.x = x.data();
  a.y = y.data();
  a.weight = weight.data();
  a.groups = s.groups;
  a.features = s.features;
  a.channels = s.channels;
  a.depth = depth;
  a.inVolume = volume(s.in);
  a.outVolume = volume(s.out);
  a.weights = weight.numel();
  a.byTaps = divisorOf(volume(s.kernel));
  a.byPlaces = divisorOf(a.outVolume);
  for (int i = 0; i < 3; i++) {
    a.out[i] = divisorOf(s.out[i]);
    a.kernel[i] = divisorOf(s.kernel[i]);
    a.in[i] = int(s.in[i]);
    a.stride[i] = int(s.stride[i]);
    a.padding[i] = int(s.padding[i]);
    a.dilation[i] = int(s.dilation[i]);
  }
  const bool one = !few && s.features <= kFew;
  const int64_t rows = blocks(s.features, few ? kFewRows : 64), columns = blocks(ownColumns, few ? kFewColumns : 64);
  const int64_t tiles = one ? a.weights : s.groups * rows * columns;
  // As many parts as keep the card busy, none so short that joining them costs more, none so long that a float's sum suffers.
  const int64_t busy = few ? 2 : 4, wanted = blocks(busy * int64_t(properties(cudaIndex(device)).multiProcessorCount), tiles);
  const auto [shortest, longest] = few   ? std::pair<int64_t, int64_t>(512, 1 << 18)
                                   : one ? std::pair<int64_t, int64_t>(4096, 1 << 20)
                                         : std::pair<int64_t, int64_t>(256, 4096);
  a.perPart = std::clamp(blocks(a.depth, wanted), shortest, longest);
  a.parts = unsigned(blocks(a.depth, a.perPart));
  GB_CHECK(rows <= kMostBlocks && (!one || a.parts <= kMostBlocks), "a convolution to ", s.features,
           " channels is not possible on a card yet");
  std::optional<Scratch> partial;
  if (a.parts > 1) {
    partial.emplace(size_t(a.parts) * weight.bytes(), device);
    a.partial = partial->data();
  }
  static ByFloat tiled, ones, fews, joins;
  if (few) {
    const Grid grid{a.parts, unsigned(columns), unsigned(rows)};
    launch(fews.get(device, "conv_weight.cu", "convWeightFew", x.dtype()), device, grid, kThreads, a);
  } else if (one) {
    Grid grid = gridFor(a.weights, 1);
    grid.y = a.parts;
    launch(ones.get(device, "conv_weight.cu", "convWeightOne", x.dtype()), device, grid, kThreads, a);
  } else {
    Grid grid = gridFor(columns * a.parts, 1);
    grid.y = unsigned(rows);
    const CUfunction kernel = tiled.get(device, "conv_weight.cu", "convWeight", x.dtype());
    for (; a.firstGroup < a.groups; a.firstGroup += kMostBlocks) {
      grid.z = unsigned(std::min<int64_t>(kMostBlocks, a.groups - a.firstGroup));
      launch(kernel, device, grid, kThreads, a);
    }
  }
  if (a.partial) {
    launch(joins.get(device, "conv_weight.cu", "joinWeights", x.dtype()), device, gridFor(a.weights, 32), kThreads, a);
  }
}

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) {
    for (const Tile& tile : kTiles) all.push_back(ByFloat::unit("conv.cu", type, tile.macros));
    all.push_back(ByFloat::unit("conv_weight.cu", type));
  }
}

GB_KERNEL(CUDA, convKernel, convOnCuda)
GB_KERNEL(CUDA, convInputKernel, convInputOnCuda)
GB_KERNEL(CUDA, convWeightKernel, convWeightOnCuda)

}  // namespace
}  // namespace gb::cuda
