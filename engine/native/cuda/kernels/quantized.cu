// Products of bytes: the input is turned into bytes by the range that it has now.
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/layer_arguments.h"
#include "scalar/quantized.h"

namespace gb {
namespace cuda {

constexpr int kTile = 32, kWords = 16, kSide = 16, kPer = kTile / kSide;

struct Smaller {
  GB_DEVICE static float join(float a, float b) { return a < b ? a : b; }
};

/** The range of x, 0 included, a pair for each block. An element that is not finite is noted. */
extern "C" __global__ void byteRange(const float* x, i64 n, float* ranges, Fault* fault, int op) {
  float low = 0, high = 0;
  for (i64 i = globalThread(); i < n; i += i64(gridDim.x) * blockDim.x) {
    const float value = x[i];
    if (!(scalar::fabs(value) < scalar::Limits<float>::infinity)) report(fault, op, kNoByte, value == value ? 1 : 0, 0);
    low = Smaller::join(low, value);
    high = Larger::join(high, value);
  }
  low = blockJoin<Smaller>(low);
  high = blockJoin<Larger>(high);
  if (threadIdx.x != 0) return;
  ranges[2 * blockIdx.x] = low;
  ranges[2 * blockIdx.x + 1] = high;
}

/** One warp. */
extern "C" __global__ void byteScale(const float* ranges, int count, ByteScale* scale) {
  float low = 0, high = 0;
  for (int i = int(threadIdx.x); i < count; i += kWarp) {
    low = Smaller::join(low, ranges[2 * i]);
    high = Larger::join(high, ranges[2 * i + 1]);
  }
  low = warpJoin<Smaller>(low);
  high = warpJoin<Larger>(high);
  if (threadIdx.x == 0) *scale = scalar::chooseScale(low, high);
}

/** A tile of the result: bytes are made as they are read, less 128, so that both sides of a product have a sign. */
extern "C" __global__ void __launch_bounds__(256) linearDynamic(DynamicLinearArguments a) {
  __shared__ int xs[kWords][kTile + 1], ws[kWords][kTile + 1];
  const ByteScale scale = *static_cast<const ByteScale*>(a.scale);
  const float inverse = 1 / scale.scale, factor = scale.scale * a.weightScale;
  const int tx = int(threadIdx.x) % kSide, ty = int(threadIdx.x) / kSide;
  const i64 column0 = i64(blockIdx.x) * kTile, row0 = i64(blockIdx.y) * kTile;
  int sums[kPer][kPer] = {};
  for (i64 k0 = 0; k0 < a.stride; k0 += 4 * kWords) {
#pragma unroll
    for (int i = 0; i < kPer; i++) {
      const int line = ty + i * kSide;
      const i64 row = row0 + line, column = column0 + line, k = k0 + 4 * tx;
      u32 word = 0;
      for (int j = 0; j < 4; j++) {
        // Where the weight is padded with zeros any byte will do.
        if (row < a.rows && k + j < a.in) word |= u32(u8(scalar::toByte(a.x[row * a.in + k + j], inverse, scale.zero) - 128)) << 8 * j;
      }
      xs[tx][line] = int(word);
      ws[tx][line] = column < a.out ? *reinterpret_cast<const int*>(a.weight + column * a.stride + k) : 0;
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kWords; k++) {
#pragma unroll
      for (int i = 0; i < kPer; i++) {
#pragma unroll
        for (int j = 0; j < kPer; j++) sums[i][j] = __dp4a(xs[k][ty + i * kSide], ws[k][tx + j * kSide], sums[i][j]);
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < kPer; i++) {
#pragma unroll
    for (int j = 0; j < kPer; j++) {
      const i64 row = row0 + ty + i * kSide, column = column0 + tx + j * kSide;
      if (row >= a.rows || column >= a.out) continue;
      const float product = float(sums[i][j] + (128 - scale.zero) * a.rowSums[column]) * factor;
      a.y[row * a.out + column] = a.bias ? product + a.bias[column] : product;
    }
  }
}

}  // namespace cuda
}  // namespace gb
