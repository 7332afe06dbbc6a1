// The places of elements that are not zero, in order: counted by chunks, which begin where the chunks before end.
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/compact_arguments.h"

namespace gb {
namespace cuda {

/** Flags of a thread that are read as one. */
constexpr int kFlags = kFlagChunk / kFlagThreads;
using Flags = Vector<u32, kFlags / 4>;

/** A thread's flags, each 0 or 1; nothing behind n. */
GB_DEVICE Flags flagsOf(const u8* flags, i64 n) {
  const i64 first = (i64(blockIdx.x) * kFlagThreads + threadIdx.x) * kFlags;
  Flags own{};
  if (first + kFlags <= n && (u64(flags) & (kFlags - 1)) == 0) {
    own = *reinterpret_cast<const Flags*>(flags + first);
  } else {
    for (int j = 0; j < kFlags; j++) own.at[j / 4] |= u32(first + j < n && flags[first + j]) << (j % 4 * 8);
  }
  return own;
}
GB_DEVICE u32 countOf(const Flags& own) {
  u32 sum = 0;
#pragma unroll
  for (int w = 0; w < kFlags / 4; w++) sum += u32(__popc(own.at[w]));
  return sum;
}

extern "C" __global__ void __launch_bounds__(kFlagThreads) count(const u8* flags, u32* counts, i64 n) {
  const u32 all = blockJoin<Plus>(countOf(flagsOf(flags, n)));
  if (threadIdx.x == 0) counts[blockIdx.x] = all;
}

/** One block: where each chunk begins, and behind them how many there are. */
extern "C" __global__ void __launch_bounds__(1024) begin(const u32* counts, i64* begins, i64 chunks) {
  __shared__ i64 warps[kWarp];
  const u32 lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  i64 before = 0;
  for (i64 first = 0; first < chunks; first += blockDim.x) {
    const i64 i = first + threadIdx.x, own = i < chunks ? counts[i] : 0;
    i64 upTo = warpUpTo(own);
    if (lane == kWarp - 1) warps[warp] = upTo;
    __syncthreads();
    i64 all = 0;
    for (u32 w = 0; w < blockDim.x / kWarp; w++) {
      if (w < warp) upTo += warps[w];
      all += warps[w];
    }
    __syncthreads();
    if (i < chunks) begins[i] = before + upTo - own;
    before += all;
  }
  if (threadIdx.x == 0) begins[chunks] = before;
}

/** out: [number][dimension]. */
extern "C" __global__ void __launch_bounds__(kFlagThreads) write(const u8* flags, const i64* begins, i64* out, Shape shape, i64 n) {
  __shared__ u16 places[kFlagChunk];
  __shared__ u32 warps[kFlagThreads / kWarp];
  const u32 lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const i64 begin = begins[blockIdx.x];
  const u32 count = u32(begins[blockIdx.x + 1] - begin);
  if (count == 0) return;
  const Flags own = flagsOf(flags, n);
  const u32 mine = countOf(own);
  u32 upTo = warpUpTo(mine);
  if (lane == kWarp - 1) warps[warp] = upTo;
  __syncthreads();
  for (u32 w = 0; w < warp; w++) upTo += warps[w];
  u32 at = upTo - mine;
#pragma unroll
  for (int j = 0; j < kFlags; j++) {
    if ((own.at[j / 4] >> (j % 4 * 8)) & 1) places[at++] = u16(threadIdx.x * kFlags + j);
  }
  __syncthreads();
  const i64 first = i64(blockIdx.x) * kFlagChunk;
  for (u32 i = threadIdx.x; i < count; i += blockDim.x) {
    i64* to = out + (begin + i) * shape.dims;
    i64 position = first + places[i];
    if (shape.dims == 1) {
      *to = position;
    } else if (n <= 0x7fffffff) {
      u32 rest = u32(position);
      for (int d = shape.dims - 1; d >= 0; d--) {
        const u32 size = u32(shape.sizes[d]), above = rest / size;
        to[d] = rest - above * size;
        rest = above;
      }
    } else {
      for (int d = shape.dims - 1; d >= 0; d--) {
        to[d] = position % shape.sizes[d];
        position /= shape.sizes[d];
      }
    }
  }
}

/** Raises `differs` where two elements are not close. */
extern "C" __global__ void close(Place a, Place b, Walk<2> walk, u32 n, double rtol, double atol, bool equalNan, bool exact,
                                 int* differs) {
  const i64 i = globalThread();
  if (i >= n) return;
  i64 at[2];
  locate(walk, u32(i), at);
  if (exact) {
    if (loadAs<i64>(a.data + at[0], a.type) != loadAs<i64>(b.data + at[1], b.type)) *differs = 1;
    return;
  }
  const double x = loadAs<double>(a.data + at[0], a.type), y = loadAs<double>(b.data + at[1], b.type);
  if (x == y) return;
  const double error = scalar::fabs(x - y);
  const bool nans = x != x || y != y;
  const bool good = nans ? equalNan && x != x && y != y
                         : error < scalar::Limits<double>::infinity && error <= atol + scalar::fabs(rtol * y);
  if (!good) *differs = 1;
}

}  // namespace cuda
}  // namespace gb
