// Sorting long rows by their keys' digits, the lowest first, stable. All digits are counted in one read; a pass then reads and writes
// everything once: blocks take tiles in order, and a tile learns how many keys with its digits stand before it by looking back at what
// earlier tiles have told (onesweep: Adinets and Merrill 2022). These are whole numbers, so that the order never depends on who told
// when. A pass whose digit is the same in all keys is left out. Macro: GB_K (float, double, gb::i64 or gb::u32: the keys).
#include "cuda/kernels/radix.cuh"

namespace gb {
namespace cuda {

constexpr int kEach = kRadixBytes / int(sizeof(K)), kTile = kRadixThreads * kEach;
constexpr int kMostPasses = sizeof(K);
/** What a tile tells: keys of its own, or of all tiles up to it. */
constexpr u32 kOwn = 1u << 30, kAll = 1u << 31, kCount = kOwn - 1;

GB_DEVICE u32 digitOf(Bits bits, int pass, bool descending) {
  return u32(ordered(bits, descending) >> (pass * kRadixBits)) % kRadixDigits;
}

/** Numbers of so many bits, several in a register: a thread has many. All are 0 at first. */
template <int bits>
struct Packed {
  static constexpr int kIn = 32 / bits;
  u32 words[kEach / kIn] = {};
  GB_DEVICE u32 operator[](int j) const { return words[j / kIn] >> (j % kIn * bits) & ((1u << bits) - 1); }
  GB_DEVICE void add(int j, u32 value) { words[j / kIn] += value << (j % kIn * bits); }
};

/** How often each digit stands in each place of the keys. y: rows. */
extern "C" __global__ void __launch_bounds__(kRadixThreads, 1) radixCounts(RadixArguments a) {
  constexpr int kLoads = 8;
  __shared__ u32 own[kMostPasses * kRadixDigits][kCopies];
  const u32 copy = threadIdx.x % kCopies;
  const int bins = a.passes * kRadixDigits;
  for (int i = threadIdx.x; i < bins * kCopies; i += blockDim.x) own[i / kCopies][i % kCopies] = 0;
  __syncthreads();
  const Bits* keys = static_cast<const Bits*>(a.x) + blockIdx.y * a.n;
  const i64 step = i64(gridDim.x) * blockDim.x;
  for (i64 begin = i64(blockIdx.x) * blockDim.x; begin < a.n; begin += kLoads * step) {
    const i64 first = begin + threadIdx.x;
    Bits some[kLoads];
#pragma unroll
    for (int j = 0; j < kLoads; j++) some[j] = first + j * step < a.n ? keys[first + j * step] : Bits(0);
#pragma unroll
    for (int j = 0; j < kLoads; j++) {
      const bool there = first + j * step < a.n;
      Bits order = ordered(some[j], a.descending);
#pragma unroll
      for (int pass = 0; pass < kMostPasses; pass++) {
        if (pass >= a.passes) break;
        const u32 digit = u32(order) % kRadixDigits;
        // Often the highest digits are the same in all keys: a warp adds them up at once.
        const bool same = digit == __shfl_sync(kAllLanes, digit, 0);
        if (__all_sync(kAllLanes, there && same)) {
          if (threadIdx.x % kWarp == 0) atomicAdd(&own[pass * kRadixDigits + digit][0], u32(kWarp));
        } else if (there) {
          atomicAdd(&own[pass * kRadixDigits + digit][copy], 1u);
        }
        order >>= kRadixBits;
      }
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < bins; i += blockDim.x) {
    u32 sum = 0;
#pragma unroll
    for (int c = 0; c < kCopies; c++) sum += own[i][c];
    if (sum > 0) atomicAdd(a.counts + i64(blockIdx.y) * bins + i, sum);
  }
}

/** A block for each row, a thread for each digit: where a digit's keys begin, and which passes are needed. */
extern "C" __global__ void __launch_bounds__(kRadixDigits, 1) radixStarts(RadixArguments a) {
  __shared__ u32 same;
  if (threadIdx.x == 0) same = 0;
  __syncthreads();
  u32* counts = a.counts + i64(blockIdx.x) * a.passes * kRadixDigits + threadIdx.x;
  for (int pass = 0; pass < a.passes; pass++) {
    const u32 own = counts[pass * kRadixDigits];
    if (own == a.n) atomicOr(&same, 1u << pass);
    counts[pass * kRadixDigits] = sumBefore(own);
  }
  if (threadIdx.x > 0) return;
  u32 needed = ((1u << a.passes) - 1) & ~same;
  // Somebody must write the result where all keys are alike.
  a.needed[blockIdx.x] = needed == 0 ? 1 : needed;
}

/** How many keys with a digit stand in the tiles before this one, whose own are told already. `known`: the digit's of tile 0. */
GB_DEVICE u32 lookBack(u32* known, u32 tile, u32 own) {
  u32 sum = 0;
  for (u32 earlier = tile; earlier-- > 0;) {
    const volatile u32* at = known + i64(earlier) * kRadixDigits;
    u32 told = *at;
    while (told == 0) told = *at;
    sum += told & kCount;
    if (told & kAll) break;
  }
  if (tile > 0) *const_cast<volatile u32*>(known + i64(tile) * kRadixDigits) = kAll | (sum + own);
  return sum;
}

/** Block i is one of row i / tiles. */
extern "C" __global__ void __launch_bounds__(kRadixThreads, 2) radixPass(RadixArguments a, int pass) {
  __shared__ Bits staged[kTile];
  __shared__ u16 counts[kWarps][kRadixDigits];
  __shared__ u32 starts[kRadixDigits], bases[kRadixDigits];
  __shared__ u32 ticket;
  const u32 thread = threadIdx.x, lane = thread % kWarp, warp = thread / kWarp;
  const u32 row = blockIdx.x / a.tiles, needed = a.needed[row];
  if (!((needed >> pass) & 1)) return;
  const u32 turn = u32(__popc(needed & ((1u << pass) - 1)));
  const bool first = turn == 0, last = needed >> pass == 1;
  const i64 begin = i64(row) * a.n, bins = (i64(row) * a.passes + pass) * kRadixDigits;
  if (thread == 0) ticket = atomicAdd(a.taken + i64(row) * a.passes + pass, 1u);
  for (u32 i = thread; i < kWarps * kRadixDigits; i += kRadixThreads) counts[i / kRadixDigits][i % kRadixDigits] = 0;
  __syncthreads();
  const u32 tile = ticket, from = tile * kTile;
  const i64 rest = a.n - from;
  const u32 count = rest < kTile ? u32(rest) : kTile, mine = warp * kWarp * kEach + lane;

  const Bits* keys = (first ? static_cast<const Bits*>(a.x) : static_cast<const Bits*>(a.keys[(turn + 1) % 2])) + begin + from;
  Bits own[kEach];
#pragma unroll
  for (int j = 0; j < kEach; j++) own[j] = mine + j * kWarp < count ? keys[mine + j * kWarp] : Bits(0);
  // Where each stands among those of its warp and digit: lanes with the same digit find each other.
  Packed<16> slots;
  Packed<kRadixBits> digits;
#pragma unroll
  for (int j = 0; j < kEach; j++) digits.add(j, digitOf(own[j], pass, a.descending));
#pragma unroll
  for (int j = 0; j < kEach; j++) {
    const bool there = mine + j * kWarp < count;
    const u32 digit = digits[j];
    u32 peers = __ballot_sync(kAllLanes, there);
#pragma unroll
    for (int bit = 0; bit < kRadixBits; bit++) {
      const bool set = (digit >> bit) & 1;
      const u32 votes = __ballot_sync(kAllLanes, set);
      peers &= set ? votes : ~votes;
    }
    const u32 below = peers & ((1u << lane) - 1), before = counts[warp][digit];
    __syncwarp();
    if (there && below == 0) counts[warp][digit] = u16(before + u32(__popc(peers)));
    __syncwarp();
    slots.add(j, before + u32(__popc(below)));
  }
  __syncthreads();
  u32 all = 0;
  u32* known = a.known + (bins * a.tiles + thread);
  if (thread < kRadixDigits) {
#pragma unroll
    for (int w = 0; w < kWarps; w++) {
      const u32 some = counts[w][thread];
      counts[w][thread] = u16(all);
      all += some;
    }
    *const_cast<volatile u32*>(known + i64(tile) * kRadixDigits) = (tile == 0 ? kAll : kOwn) | all;
  }
  const u32 start = sumBefore(all);
  if (thread < kRadixDigits) {
    starts[thread] = start;
    bases[thread] = a.counts[bins + thread] + lookBack(known, tile, all) - start;
  }
  __syncthreads();

  // By way of shared memory, so that what goes to one digit's place is written as one.
#pragma unroll
  for (int j = 0; j < kEach; j++) {
    if (mine + j * kWarp >= count) break;
    slots.add(j, starts[digits[j]] + counts[warp][digits[j]]);
    staged[slots[j]] = own[j];
  }
  const u32* places = a.places[(turn + 1) % 2] + begin + from;
  u32 at[kEach];
#pragma unroll
  for (int j = 0; j < kEach; j++) {
    const u32 i = mine + j * kWarp;
    at[j] = first || i >= count ? from + i : places[i];
  }
  __syncthreads();
  Bits* toKeys = (last ? static_cast<Bits*>(a.values) : static_cast<Bits*>(a.keys[turn % 2])) + begin;
  Packed<kRadixBits> written;
#pragma unroll
  for (int j = 0; j < kEach; j++) {
    const u32 i = thread + j * kRadixThreads;
    if (i >= count) break;
    const Bits key = staged[i];
    const u32 digit = digitOf(key, pass, a.descending);
    written.add(j, digit);
    toKeys[bases[digit] + i] = key;
  }
  __syncthreads();
  u32* stagedPlaces = reinterpret_cast<u32*>(staged);
#pragma unroll
  for (int j = 0; j < kEach; j++) {
    if (mine + j * kWarp < count) stagedPlaces[slots[j]] = at[j];
  }
  __syncthreads();
  u32* toPlaces = (last ? a.order : a.places[turn % 2]) + begin;
#pragma unroll
  for (int j = 0; j < kEach; j++) {
    const u32 i = thread + j * kRadixThreads;
    if (i >= count) break;
    const u32 to = bases[written[j]] + i;
    if (last && a.indices) {
      a.indices[begin + to] = stagedPlaces[i];
    } else {
      toPlaces[to] = stagedPlaces[i];
    }
  }
}

}  // namespace cuda
}  // namespace gb
