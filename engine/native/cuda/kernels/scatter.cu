// Joining values with what is at places that an index names, over and over for some. A block owns a share of the places: it sorts the
// positions that name them by place, in their order (a stable radix sort), and then takes in what belongs to each place one after the
// other; of a place with many positions, teams of threads take parts, which are joined in order. So results are the same in every run.
// Macros: GB_T (an element's type), GB_C (float, double or i64: what values join in), GB_WIDE (1 where places lie 2³² bytes apart or
// more: their offsets take registers).
#include "cuda/kernels/scatter.cuh"

namespace gb {
namespace cuda {

#if GB_WIDE
using Offset = i64;
#else
using Offset = u32;
#endif

constexpr int kBuckets = 1 << kScatterBits, kMostWarps = kScatterThreads / kWarp;
/** Positions that a team takes at least; and loads of a thread that are under way together. */
constexpr int kLeast = 8, kBatch = sizeof(T) == 4 && !GB_WIDE ? 5 : sizeof(T) == 8 && GB_WIDE ? 3 : 4;

struct Room {
  u16 lists[2][kScatterThreads * kScatterEach];
  u16 counts[kMostWarps][kBuckets];
  u32 starts[kBuckets + 1];
  bool whole[kScatterThreads];
};

/**
 * One pass of the sort: `count` elements of `from` (null: the positions themselves, of which the block's own are taken) go to `to`
 * by the bits of their keys from `shift` on. Each warp takes neighbours. The number of elements in `to`.
 */
template <class Source>
GB_DEVICE u32 pass(Room& room, const ScatterArguments& s, const Source& source, u32 first, u32 count, const u16* from, u16* to,
                   int shift) {
  const u32 thread = threadIdx.x, lane = thread % kWarp, warp = thread / kWarp, warps = blockDim.x / kWarp;
  const u32 rounds = (count + blockDim.x - 1) / blockDim.x, begin = warp * rounds * kWarp + lane;
  const i64 others = (i64(1) << s.groupBits) - 1;
  for (u32 i = thread; i < warps * kBuckets; i += blockDim.x) room.counts[i / kBuckets][i % kBuckets] = 0;
  __syncthreads();
  // An element's bucket, and above that where it stands among those of its warp and bucket.
  constexpr u32 kNone = ~0u;
  u32 own[kScatterEach], bad = kNone;
#pragma unroll
  for (int j = 0; j < kScatterEach; j++) {
    const u32 i = begin + j * kWarp;
    own[j] = kNone;
    if (u32(j) >= rounds || i >= count) continue;
    const i64 key = source.key(first + (from ? from[i] : i));
    if (key < 0) bad = i;
    if (key >= 0 && (from || (key & others) == blockIdx.y)) own[j] = u32(key >> shift) % kBuckets;
  }
  if (bad != kNone) source.refuse(first + bad);
#pragma unroll
  for (int j = 0; j < kScatterEach; j++) {
    if (u32(j) >= rounds) break;
    const u32 bucket = own[j] % kBuckets;
    const bool there = own[j] != kNone;
    u32 peers = __ballot_sync(kAllLanes, there);
    if (peers == 0) continue;
#pragma unroll
    for (int bit = 0; bit < kScatterBits; bit++) {
      const bool set = (bucket >> bit) & 1;
      const u32 votes = __ballot_sync(kAllLanes, set);
      peers &= set ? votes : ~votes;
    }
    const u32 below = peers & ((1u << lane) - 1), before = room.counts[warp][bucket];
    __syncwarp();
    if (there && below == 0) room.counts[warp][bucket] = u16(before + u32(__popc(peers)));
    __syncwarp();
    if (there) own[j] |= (before + u32(__popc(below))) << kScatterBits;
  }
  __syncthreads();
  for (u32 b = thread; b < kBuckets; b += blockDim.x) {
    u32 sum = 0;
    for (u32 w = 0; w < warps; w++) {
      const u32 n = room.counts[w][b];
      room.counts[w][b] = u16(sum);
      sum += n;
    }
    room.starts[b] = sum;
  }
  __syncthreads();
  if (warp == 0) {
    constexpr int kOwn = kBuckets / kWarp;
    u32 sums[kOwn], sum = 0;
#pragma unroll
    for (int i = 0; i < kOwn; i++) {
      sums[i] = sum;
      sum += room.starts[lane * kOwn + i];
    }
    const u32 upTo = warpUpTo(sum);
#pragma unroll
    for (int i = 0; i < kOwn; i++) room.starts[lane * kOwn + i] = upTo - sum + sums[i];
    if (lane == kWarp - 1) room.starts[kBuckets] = upTo;
  }
  __syncthreads();
#pragma unroll
  for (int j = 0; j < kScatterEach; j++) {
    if (own[j] == kNone) continue;
    const u32 i = begin + j * kWarp, bucket = own[j] % kBuckets;
    to[room.starts[bucket] + room.counts[warp][bucket] + (own[j] >> kScatterBits)] = from ? from[i] : u16(i);
  }
  __syncthreads();
  return room.starts[kBuckets];
}

/**
 * A team's part of the sorted positions, in one column. What belongs to a place whose run began before the part goes to `heads`,
 * and whoever has the run's beginning takes it from there.
 */
template <class Source>
GB_DEVICE void joinRuns(Room& room, C* heads, const ScatterArguments& s, const Source& source, u32 first, const u16* list, u32 begin,
                        u32 end, u32 total, bool active) {
  const u32 thread = threadIdx.x, team = thread / s.columns;
  bool head = true, any = false, open = false;
  i64 current = -1;
  C sum = C(0);
  if (active && begin < end) {
    if (begin > 0) current = source.offset(first + list[begin - 1]);
    Offset last = Offset(current);
    for (u32 i = begin; i < end; i += kBatch) {
      u32 changes = 0;
      C values[kBatch];
      T bases[kBatch];
#pragma unroll
      for (int e = 0; e < kBatch; e++) {
        const u32 position = first + list[i + e < end ? i + e : end - 1];
        const Offset place = Offset(source.offset(position));
        values[e] = load(source.values + position * s.valueStep);
        // What begins here is read with the values: a place belongs to one team.
        if (place != last) bases[e] = *reinterpret_cast<const T*>(source.base + place);
        changes |= u32(place != last) << e;
        last = place;
      }
#pragma unroll
      for (int e = 0; e < kBatch; e++) {
        if (i + e >= end) break;
        if (s.mode == kScatterAdd) values[e] = C(s.factor) * values[e];
        const bool begins = (changes >> e) & 1;
        if (begins) {
          if (any && head) heads[thread] = sum;
          if (any && !head) *reinterpret_cast<T*>(source.base + current) = cast<T>(sum);
          current = source.offset(first + list[i + e]);
          head = false;
        }
        sum = begins || any ? joined(begins ? cast<C>(bases[e]) : sum, values[e], s.mode) : values[e];
        any = true;
      }
    }
    open = end < total && source.offset(first + list[end]) == current;
    if (head) {
      heads[thread] = sum;
    } else if (!open) {
      *reinterpret_cast<T*>(source.base + current) = cast<T>(sum);
    }
    room.whole[team] = head && open;
  }
  __syncthreads();
  if (!open || head) return;
  for (u32 next = thread;;) {
    next += s.columns;
    sum = joined(sum, heads[next], s.mode);
    if (!room.whole[next / s.columns]) break;
  }
  *reinterpret_cast<T*>(source.base + current) = cast<T>(sum);
}

template <class Source>
GB_DEVICE void scatter(const ScatterArguments& s, const Source& source, u32 count, bool active) {
  __shared__ Room room;
  static_assert(sizeof(room.counts) >= kScatterThreads * sizeof(C), "what the sort no longer needs holds the heads of runs");
  C* heads = reinterpret_cast<C*>(&room.counts[0][0]);
  const u32 teams = blockDim.x / s.columns, team = threadIdx.x / s.columns;
  for (u32 first = 0; first < count; first += blockDim.x * kScatterEach) {
    const u32 rest = count - first;
    u32 total = rest < blockDim.x * kScatterEach ? rest : blockDim.x * kScatterEach;
    // One call for all passes: its text is long.
#pragma unroll 1
    for (int turn = 0; turn < s.passes && total > 0; turn++) {
      total = pass(room, s, source, first, total, turn > 0 ? room.lists[(turn - 1) % 2] : nullptr, room.lists[turn % 2],
                   s.groupBits + turn * kScatterBits);
    }
    if (total == 0) continue;
    const u16* list = room.lists[(s.passes - 1) % 2];
    u32 each = (total + teams - 1) / teams;
    if (each < kLeast) each = kLeast;
    const u32 begin = team * each < total ? team * each : total, end = begin + each < total ? begin + each : total;
    joinRuns(room, heads, s, source, first, list, begin, end, total, active);
    __syncthreads();
  }
}

/** x: the block's elements, `columns` at a time; y: shares of the places. walk: operands base and values. */
extern "C" __global__ void __launch_bounds__(1024) scatterSorted(ScatterArguments s, IndexArguments index, Walk<2> walk, char* base,
                                                                 const char* values, u32 block, u32 count) {
  const u32 column = threadIdx.x % s.columns, element = blockIdx.x * s.columns + column;
  const bool active = threadIdx.x / s.columns < blockDim.x / s.columns && element < block;
  i64 at[2];
  locate(walk, active ? element : 0, at);
  scatter(s, Blocks{index, values + at[1], base + at[0]}, count, active);
}

/** x: lines; y: shares of a line's places. walk over all but the dimension: operands other, index, x. */
extern "C" __global__ void __launch_bounds__(1024) scatterLines(ScatterArguments s, Line line, Walk<3> walk, char* x, const char* index,
                                                                const char* other) {
  i64 at[3];
  locate(walk, blockIdx.x, at);
  scatter(s, Elements{line, index + at[1], other + at[0], x + at[2]}, u32(line.length), true);
}

}  // namespace cuda
}  // namespace gb
