// Joining values with what is at places that very many positions name: where each value goes was sorted (sort.cu, stable), and blocks take equal parts of
// the sorted positions, however they are shared out among the places. What belongs to a place whose run began in an earlier block is
// joined to it by a second launch, in order: results are the same in every run. Macros: GB_T, GB_C (scatter.cuh).
#include "cuda/kernels/scatter.cuh"

namespace gb {
namespace cuda {

/** Loads of a thread that are under way together. */
constexpr int kLoads = 4;

/** Where each value goes, in elements from the base and one more; 0 where the index is out of bounds. */
extern "C" __global__ void blockKeys(IndexArguments index, u32* keys, i64 count) {
  const i64 i = globalThread();
  if (i >= count) return;
  const Blocks source{index, nullptr, nullptr};
  const bool there = source.key(i) >= 0;
  if (!there) source.refuse(i);
  keys[i] = there ? u32(source.offset(i) / i64(sizeof(T))) + 1 : 0;
}

/** walk over the index: operands other, index, x (which stands still along the dimension). */
extern "C" __global__ void lineKeys(Line line, Walk<3> walk, const char* index, u32* keys, u32 count) {
  i64 at[kIndexEach][3], places[kIndexEach];
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    locate(walk, elementWithin(j, count), at[j]);
    places[j] = *reinterpret_cast<const i64*>(index + at[j][1]);
  }
#pragma unroll
  for (int j = 0; j < kIndexEach; j++) {
    const bool there = places[j] >= 0 && places[j] < line.size;
    if (!there) report(line.fault, line.op, line.dimension, places[j], line.size);
    keys[elementWithin(j, count)] = there ? u32((at[j][2] + places[j] * line.x) / i64(sizeof(T))) + 1 : 0;
  }
}

/** A thread's column: its keys and their positions, its values and its places. */
struct Column {
  const u32 *keys, *order;
  const char* values;
  char* base;
  u32 lane, team, teams;
  bool active;

  GB_DEVICE Column(const RunArguments& r, const Walk<2>& walk, char* base, const char* values)
      : keys(r.keys), order(r.order), lane(threadIdx.x % r.columns),
        team(threadIdx.x / r.columns), teams(blockDim.x / r.columns) {
    const u32 element = blockIdx.y * r.columns + lane;
    active = team < teams && element < r.elements;
    i64 at[2];
    locate(walk, active ? element : 0, at);
    this->base = base + at[0];
    this->values = values + at[1];
  }
  /** Where position `i` of the sorted ones goes, in bytes; −1 for nowhere. */
  GB_DEVICE i64 keyAt(i64 i) const { return keys[i] == 0 ? -1 : i64(keys[i] - 1) * i64(sizeof(T)); }
  GB_DEVICE void write(i64 key, C value) const { *reinterpret_cast<T*>(base + key) = cast<T>(value); }
};

/** Where a block keeps what it found in a column. */
GB_DEVICE i64 noteOf(const RunArguments& r, i64 block, u32 lane) { return (block * gridDim.y + blockIdx.y) * r.columns + lane; }

/** x: parts of the positions, in which each team takes `each` behind each other; y: columns. walk: operands base and values. */
extern "C" __global__ void __launch_bounds__(kRunThreads, 1) runJoins(RunArguments r, Walk<2> walk, char* base, const char* values) {
  // What a team found of a run that began before its part, and whether that run is all there is and goes on.
  __shared__ C heads[kRunThreads];
  __shared__ bool whole[kRunThreads];
  const Column own(r, walk, base, values);
  const i64 span = own.teams * r.each, first = blockIdx.x * span, end = first + span < r.count ? first + span : r.count;
  const i64 from = first + i64(own.team) * r.each, to = from + r.each < end ? from + r.each : end;
  const bool some = own.team < own.teams && from < to;
  const i64 before = some && from > 0 ? own.keyAt(from - 1) : -1;
  i64 current = before;
  bool head = true, any = false, open = false;
  C sum = C(0);
  for (i64 i = from; some && i < to; i += kLoads) {
    i64 keys[kLoads], last = current;
    C found[kLoads];
    T bases[kLoads];
#pragma unroll
    for (int e = 0; e < kLoads; e++) {
      const i64 at = i + e < to ? i + e : to - 1;
      keys[e] = own.keyAt(at);
      found[e] = load(own.values + i64(own.order[at]) * r.valueStep);
      // What begins here is read with the values: nobody else writes it.
      if (keys[e] != last) bases[e] = *reinterpret_cast<const T*>(own.base + keys[e]);
      last = keys[e];
    }
#pragma unroll
    for (int e = 0; e < kLoads; e++) {
      if (i + e >= to) break;
      if (r.mode == kScatterAdd) found[e] = C(r.factor) * found[e];
      const bool begins = keys[e] != current;
      if (begins) {
        if (head) heads[threadIdx.x] = sum;
        if (!head && own.active) own.write(current, sum);
        current = keys[e];
        head = false;
      }
      sum = begins || any ? joined(begins ? cast<C>(bases[e]) : sum, found[e], r.mode) : found[e];
      any = true;
    }
  }
  if (some) {
    open = to < r.count && own.keyAt(to) == current;
    if (head) heads[threadIdx.x] = sum;
    if (!head && !open && own.active) own.write(current, sum);
  }
  if (own.team < own.teams && own.lane == 0) whole[own.team] = some && head && open;
  __syncthreads();
  if (!own.active || !some) return;
  // The rest of a run, from the teams behind; true where it goes on behind the block.
  const auto rest = [&](C& sum, bool more) {
    for (u32 next = own.team + 1; more && next < own.teams && first + i64(next) * r.each < end; next++) {
      sum = joined(sum, heads[next * r.columns + own.lane], r.mode);
      more = whole[next];
    }
    return more;
  };
  if (own.team == 0 && before >= 0 && own.keyAt(from) == before) {
    C all = heads[threadIdx.x];
    rest(all, whole[0]);
    static_cast<C*>(r.heads)[noteOf(r, blockIdx.x, own.lane)] = all;
  }
  if (head || !open) return;
  if (rest(sum, true)) {
    static_cast<C*>(r.tails)[noteOf(r, blockIdx.x, own.lane)] = sum;
  } else {
    own.write(current, sum);
  }
}

/** What runs have behind the block of runJoins in which they begin. x: those blocks, `span` positions each, a team for each. */
extern "C" __global__ void runRests(RunArguments r, Walk<2> walk, char* base, const char* values, i64 span) {
  const Column own(r, walk, base, values);
  const i64 block = i64(blockIdx.x) * own.teams + own.team, end = (block + 1) * span;
  if (!own.active || end >= r.count) return;
  const i64 key = own.keyAt(end - 1);
  if (key < 0 || own.keyAt(end) != key || (block > 0 && own.keyAt(end - span - 1) == key)) return;
  i64 last = end, behind = r.count;
  while (last + 1 < behind) {
    const i64 middle = last + (behind - last) / 2;
    if (own.keyAt(middle) == key) {
      last = middle;
    } else {
      behind = middle;
    }
  }
  C sum = static_cast<const C*>(r.tails)[noteOf(r, block, own.lane)];
#pragma unroll 8
  for (i64 next = block + 1; next <= last / span; next++) {
    sum = joined(sum, static_cast<const C*>(r.heads)[noteOf(r, next, own.lane)], r.mode);
  }
  own.write(key, sum);
}

}  // namespace cuda
}  // namespace gb
