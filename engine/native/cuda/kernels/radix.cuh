// What sorting and choosing by digits have in common. Macro: GB_K (float, double, gb::i64 or gb::u32: the keys).
#pragma once
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/radix_arguments.h"

namespace gb {
namespace cuda {

using K = GB_K;
using Bits = BitsOf<sizeof(K)>::Type;

constexpr int kWarps = kRadixThreads / kWarp;
/** Counters of one digit, which neighbouring threads take in turn: many keys have the same highest digit. */
constexpr int kCopies = 32 / int(sizeof(K));

/** What stands for a key: smaller for one that comes earlier. Zeros are equal; a NaN is larger than everything, and equal to a NaN. */
GB_DEVICE u32 orderOf(float, u32 bits) {
  const u32 magnitude = bits << 1;
  if (magnitude > 0xff000000u) return ~0u;
  if (magnitude == 0) return 1u << 31;
  return bits >> 31 ? ~bits : bits | 1u << 31;
}
GB_DEVICE u64 orderOf(double, u64 bits) {
  const u64 magnitude = bits << 1;
  if (magnitude > 0xffe0000000000000ull) return ~0ull;
  if (magnitude == 0) return 1ull << 63;
  return bits >> 63 ? ~bits : bits | 1ull << 63;
}
GB_DEVICE u64 orderOf(i64, u64 bits) { return bits ^ 1ull << 63; }
GB_DEVICE u32 orderOf(u32, u32 bits) { return bits; }

GB_DEVICE Bits ordered(Bits bits, bool descending) {
  const Bits order = orderOf(K(), bits);
  return descending ? ~order : order;
}
/** The sum of the values of all threads before this one. At most kWarps warps; all must come here. */
GB_DEVICE u32 sumBefore(u32 value) {
  __shared__ u32 warps[kWarps];
  const u32 lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const u32 upTo = warpUpTo(value);
  if (lane == kWarp - 1) warps[warp] = upTo;
  __syncthreads();
  u32 sum = upTo - value;
  for (u32 w = 0; w < warp; w++) sum += warps[w];
  __syncthreads();
  return sum;
}

}  // namespace cuda
}  // namespace gb
