// Convolutions and the gradients of their inputs, as products whose right side is gathered while it is read. Macros: GB_T
// (float or double), GB_M and GB_N (a tile of results), GB_PM and GB_PN (a thread's share of it); 256 threads.
#include "cuda/kernels/conv.cuh"

namespace gb {
namespace cuda {

using T = GB_T;
constexpr int kM = GB_M, kN = GB_N, kPerM = GB_PM, kPerN = GB_PN, kDepth = 16, kThreads = 256;
constexpr int kRows = kM / kPerM, kColumns = kN / kPerN;
static_assert(kRows * kColumns == kThreads, "a tile is shared out to all threads");

/** Where an element of the depth is: in an image of the source, in a row of the weight, and how far its tap lies. */
struct Tap {
  int source, z, y, x;
  i64 weight;
};

GB_DEVICE Tap tapAt(const ConvArguments& a, u32 k) {
  const u32 tap = split(k, a.byTaps);
  u32 rest = tap;
  const int x = int(split(rest, a.dims[2].taps)), y = int(split(rest, a.dims[1].taps)), z = int(rest);
  const ConvDim *dz = &a.dims[0], *dy = &a.dims[1], *dx = &a.dims[2];
  const int kernel = ((dz->firstTap + z * dz->nextTap) * dy->kernel + dy->firstTap + y * dy->nextTap) * dx->kernel +
                     dx->firstTap + x * dx->nextTap;
  const Tap t{0, z * dz->tapStep, y * dy->tapStep, x * dx->tapStep, i64(k) * a.weightChannel + kernel};
  return {int(i64(k) * a.sourceVolume) + (t.z * dy->size + t.y) * dx->size + t.x, t.z, t.y, t.x, t.weight};
}

/** A place of the result: the image's channels in the source, and the first tap's coordinates there. */
struct Column {
  const T* source;
  int z, y, x;

  GB_DEVICE Column(const ConvArguments& a, i64 group, i64 column) : source(nullptr), z(0), y(0), x(0) {
    if (column >= a.columns) return;
    u32 image = u32(column);
    u32 place = split(image, a.byPlaces);
    x = a.dims[2].origin + int(split(place, a.dims[2].count)) * a.dims[2].sourceStep;
    y = a.dims[1].origin + int(split(place, a.dims[1].count)) * a.dims[1].sourceStep;
    z = a.dims[0].origin + int(place) * a.dims[0].sourceStep;
    source = static_cast<const T*>(a.source) + (i64(image) * a.groups + group) * a.channels * a.sourceVolume +
             (i64(z) * a.dims[1].size + y) * a.dims[2].size + x;
  }
  GB_DEVICE bool meets(const ConvArguments& a, const Tap& t) const {
    return source && inside(z + t.z, a.dims[0].size) && inside(y + t.y, a.dims[1].size) && inside(x + t.x, a.dims[2].size);
  }
  GB_DEVICE T at(const ConvArguments& a, const Tap& t) const { return meets(a, t) ? source[t.source] : T(0); }
};

/** Where a place's result goes, within channel 0 of the group. */
GB_DEVICE i64 resultAt(const ConvArguments& a, i64 group, i64 column) {
  u32 image = u32(column);
  u32 place = split(image, a.byPlaces);
  const int x = a.dims[2].first + int(split(place, a.dims[2].count)) * a.dims[2].step;
  const int y = a.dims[1].first + int(split(place, a.dims[1].count)) * a.dims[1].step;
  const int z = a.dims[0].first + int(place) * a.dims[0].step;
  return (i64(image) * a.groups + group) * a.rows * a.outVolume + (z * a.dims[1].out + y) * a.dims[2].out + x;
}

/** Adds a turn's products but those with places outside the source, whose zeros a NaN or an infinity must not meet. */
template <class Left, class Right>
GB_DEVICE void addWhereMet(const ConvArguments& a, i64 group, i64 column, int apart, const Tap* taps, u32 count,
                           T (&sums)[kPerM][kPerN], const Left& left, const Right& right) {
  for (int j = 0; j < kPerN; j++) {
    const Column own(a, group, column + j * apart);
    // Unrolled, it would take the registers that the usual way lives in.
#pragma unroll 1
    for (int k = 0; k < kDepth && u32(k) < count; k++) {
      if (!own.meets(a, taps[k])) continue;
      for (int i = 0; i < kPerM; i++) sums[i][j] = scalar::mulAdd(left(k, i), right(k, j), sums[i][j]);
    }
  }
}

extern "C" __global__ void __launch_bounds__(256) convolve(ConvArguments a) {
  __shared__ T weights[kDepth][kM + 1], values[kDepth][kN + 1];
  __shared__ Tap taps[2][kDepth];
  __shared__ int odd[2];  // whether a weight of this turn is NaN or infinite
  const i64 group = a.firstGroup + blockIdx.z, column0 = i64(blockIdx.x) * kN, row0 = i64(blockIdx.y) * kM;
  const u32 depth = u32(a.channels) * a.byTaps.d;
  const int thread = int(threadIdx.x), tx = thread % kColumns, ty = thread / kColumns;
  const T* weight = static_cast<const T*>(a.weight) + group * a.weightGroup;
  constexpr int kApart = kThreads / kN;  // elements of the depth that are read side by side
  const Column own(a, group, column0 + thread % kN);
  T sums[kPerM][kPerN] = {};
  if (thread < kDepth && u32(thread) < depth) taps[0][thread] = tapAt(a, u32(thread));
  if (thread < 2) odd[thread] = 0;
  for (u32 k0 = 0, turn = 0; k0 < depth; k0 += kDepth, turn ^= 1) {
    __syncthreads();
    for (int i = thread; i < kM * kDepth; i += kThreads) {
      const int k = i % kDepth, m = i / kDepth;
      const bool there = k0 + k < depth && row0 + m < a.rows;
      const T w = there ? weight[(row0 + m) * a.weightRow + taps[turn][k].weight] : T(0);
      weights[k][m] = w;
      if (w - w != T(0)) odd[turn] = 1;
    }
#pragma unroll
    for (int k = thread / kN; k < kDepth; k += kApart) {
      values[k][thread % kN] = k0 + k < depth ? own.at(a, taps[turn][k]) : T(0);
    }
    if (thread < kDepth && k0 + kDepth + thread < depth) taps[turn ^ 1][thread] = tapAt(a, k0 + kDepth + thread);
    if (thread == 0) odd[turn ^ 1] = 0;
    __syncthreads();
    const auto left = [&](int k, int i) { return weights[k][ty + i * kRows]; };
    const auto right = [&](int k, int j) { return values[k][tx + j * kColumns]; };
    if (odd[turn]) {
      addWhereMet(a, group, column0 + tx, kColumns, taps[turn], depth - k0, sums, left, right);
      continue;
    }
#pragma unroll
    for (int k = 0; k < kDepth; k++) {
      addProducts(sums, [&](int i) { return left(k, i); }, [&](int j) { return right(k, j); });
    }
  }
  const T* bias = a.bias ? static_cast<const T*>(a.bias) + group * a.rows : nullptr;
#pragma unroll
  for (int j = 0; j < kPerN; j++) {
    const i64 column = column0 + tx + j * kColumns;
    if (column >= a.columns) continue;
    T* out = static_cast<T*>(a.out) + resultAt(a, group, column);
#pragma unroll
    for (int i = 0; i < kPerM; i++) {
      const i64 row = row0 + ty + i * kRows;
      if (row < a.rows) out[row * a.outVolume] = bias ? sums[i][j] + bias[row] : sums[i][j];
    }
  }
}

/** A thread for each result: for groups of few channels, whose tiles would be empty. */
extern "C" __global__ void convolveOne(ConvArguments a) {
  const i64 column = globalThread();
  if (column >= a.columns) return;
  const i64 group = a.firstGroup + blockIdx.z, row = blockIdx.y;
  const T* weight = static_cast<const T*>(a.weight) + group * a.weightGroup + row * a.weightRow;
  const Column own(a, group, column);
  T sum = T(0);
  const int taps[3] = {int(a.dims[0].taps.d), int(a.dims[1].taps.d), int(a.dims[2].taps.d)};
  for (i64 c = 0; c < a.channels; c++) {
    for (int z = 0; z < taps[0]; z++) {
      for (int y = 0; y < taps[1]; y++) {
        const ConvDim *dz = &a.dims[0], *dy = &a.dims[1], *dx = &a.dims[2];
        const int kernel = ((dz->firstTap + z * dz->nextTap) * dy->kernel + dy->firstTap + y * dy->nextTap) * dx->kernel;
        const bool there = inside(own.z + z * dz->tapStep, dz->size) && inside(own.y + y * dy->tapStep, dy->size);
        const T* line = own.source + c * a.sourceVolume + (z * dz->tapStep * dy->size + y * dy->tapStep) * dx->size;
        for (int x = 0; there && x < taps[2]; x++) {
          if (!inside(own.x + x * dx->tapStep, dx->size)) continue;
          sum = scalar::mulAdd(weight[c * a.weightChannel + kernel + dx->firstTap + x * dx->nextTap], line[x * dx->tapStep], sum);
        }
      }
    }
  }
  if (a.bias) sum += static_cast<const T*>(a.bias)[group * a.rows + row];
  static_cast<T*>(a.out)[resultAt(a, group, column) + row * a.outVolume] = sum;
}

}  // namespace cuda
}  // namespace gb
