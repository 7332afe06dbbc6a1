#include "cuda/ops/radix.h"

#include <algorithm>

#include "cuda/ops/limits.h"
#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"
#include "ops/create.h"

namespace gb::cuda {
namespace {

/** Keys of a row from which on a pass over its digits is less than merging. */
constexpr int64_t kLongRow = 8192;
/** Keys that a thread counts at least. */
constexpr int64_t kCountEach = 8;

constexpr int kKeys = int(RadixKey::kCount);
int64_t sizeOf(RadixKey key) { return key == RadixKey::Double || key == RadixKey::Integer ? 8 : 4; }

Unit unitOf(int key) {
  constexpr const char* types[kKeys] = {"float", "double", "gb::i64", "gb::u32"};
  return {"radix.cu", std::string("-DGB_K=") + types[key]};
}

enum RadixKernel { kCounts, kStarts, kPass, kKernels };

CUfunction kernelFor(RadixKernel which, RadixKey key, Device device) {
  constexpr const char* names[kKernels] = {"radixCounts", "radixStarts", "radixPass"};
  static Function all[kKernels][kKeys];
  return all[which][int(key)].get(cudaIndex(device), names[which], [&] { return unitOf(int(key)); });
}

GB_UNITS(all) {
  for (int key = 0; key < kKeys; key++) all.push_back(unitOf(key));
}

}  // namespace

bool sortsByDigits(int64_t rows, int64_t n) {
  return n >= std::min(kLongRow, sortedFrom) && n * rows >= sortedFrom && n <= kMostKeys;
}

void sortByDigits(const RadixRows& rows, Device device) {
  const int64_t size = sizeOf(rows.key), tile = kRadixThreads * (kRadixBytes / size), tiles = (rows.n + tile - 1) / tile;
  RadixArguments a{};
  a.x = rows.x;
  a.values = rows.values;
  a.indices = rows.indices;
  a.order = rows.order;
  a.n = rows.n;
  a.tiles = unsigned(tiles);
  a.passes = std::max(1, (rows.bits + kRadixBits - 1) / kRadixBits);
  a.descending = rows.descending;
  const int64_t keys = rows.rows * rows.n, lines = rows.rows * a.passes, digits = lines * kRadixDigits;
  const Tensor zeros = full({digits + lines + digits * tiles}, Scalar::of(int64_t(0)), DType::Int32, device);
  a.counts = static_cast<unsigned*>(zeros.data());
  a.taken = a.counts + digits;
  a.known = a.taken + lines;
  const Scratch first(size_t(keys * (size + 4)), device), second(size_t(keys * (size + 4)), device);
  const Scratch needed(size_t(rows.rows) * 4, device);
  a.keys[0] = first.data();
  a.keys[1] = second.data();
  for (int k = 0; k < 2; k++) a.places[k] = reinterpret_cast<unsigned*>(static_cast<char*>(a.keys[k]) + keys * size);
  a.needed = static_cast<unsigned*>(needed.data());

  const int64_t wanted = 2 * int64_t(properties(cudaIndex(device)).multiProcessorCount);
  const int64_t most = (rows.n + kRadixThreads * kCountEach - 1) / (kRadixThreads * kCountEach);
  // A grid has at most 65535 blocks in y.
  for (int64_t begin = 0; begin < rows.rows; begin += 65535) {
    RadixArguments part = a;
    part.x = static_cast<const char*>(a.x) + begin * rows.n * size;
    part.counts = a.counts + begin * a.passes * kRadixDigits;
    const int64_t some = std::min<int64_t>(65535, rows.rows - begin);
    Grid grid = gridFor(std::clamp<int64_t>((wanted + some - 1) / some, 1, most), 1);
    grid.y = unsigned(some);
    launch(kernelFor(kCounts, rows.key, device), device, grid, kRadixThreads, part);
  }
  launch(kernelFor(kStarts, rows.key, device), device, gridFor(rows.rows, 1), kRadixDigits, a);
  for (int pass = 0; pass < a.passes; pass++) {
    launch(kernelFor(kPass, rows.key, device), device, gridFor(rows.rows * tiles, 1), kRadixThreads, a, pass);
  }
}

}  // namespace gb::cuda
