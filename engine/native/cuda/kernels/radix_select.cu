// The first keys of long rows in order, found by their digits from the highest one on: each pass counts, among the keys that begin like
// the last one that is wanted, what their next digit is. Then those before it are kept, and as many like it as are still wanted, in
// their order. Macro: GB_K (float, double or gb::i64: the keys).
#include "cuda/kernels/radix.cuh"

namespace gb {
namespace cuda {

constexpr int kPasses = sizeof(K), kThreads = kRadixThreads, kTogether = 8;

/** The last wanted key's digits as far as they are known, and how many of the keys that begin like it come before it. */
struct Known {
  u64 digits;
  u64 rank;
};
GB_DEVICE Known* knownOf(const SelectArguments& a, int pass) { return static_cast<Known*>(a.known) + i64(blockIdx.y) * kPasses + pass; }

/** What is known when the digits of `pass` have been counted. All threads must come here. */
GB_DEVICE Known knownAfter(const SelectArguments& a, int pass) {
  __shared__ Known found;
  if (pass == kPasses) return {0, u64(a.kept - 1)};
  const Known earlier = pass + 1 == kPasses ? Known{0, u64(a.kept - 1)} : *knownOf(a, pass + 1);
  const u32 own = threadIdx.x < kRadixDigits ? a.counts[(i64(blockIdx.y) * kPasses + pass) * kRadixDigits + threadIdx.x] : 0;
  const u32 before = sumBefore(own);
  if (before <= earlier.rank && earlier.rank < u64(before) + own) {
    found = {earlier.digits | u64(threadIdx.x) << (pass * kRadixBits), earlier.rank - before};
    if (blockIdx.x == 0) *knownOf(a, pass) = found;
  }
  __syncthreads();
  return found;
}

/** x: a row's blocks; y: rows. `pass`: the digit that is counted. */
extern "C" __global__ void __launch_bounds__(kRadixThreads) selectCounts(SelectArguments a, int pass) {
  constexpr int kLoads = 8;
  __shared__ u32 own[kRadixDigits][kCopies];
  const Known known = knownAfter(a, pass + 1);
  const u32 copy = threadIdx.x % kCopies;
  for (int i = threadIdx.x; i < kRadixDigits * kCopies; i += blockDim.x) own[i / kCopies][i % kCopies] = 0;
  __syncthreads();
  const Bits* keys = static_cast<const Bits*>(a.x) + blockIdx.y * a.n;
  const i64 step = i64(gridDim.x) * blockDim.x;
  // Of the highest digit all keys are looked at; a shift by all bits of a key is none.
  const int shift = pass + 1 < kPasses ? (pass + 1) * kRadixBits : 0;
  const Bits mask = pass + 1 < kPasses ? ~Bits(0) : Bits(0), like = Bits(known.digits) >> shift & mask;
  for (i64 first = globalThread(); first < a.n; first += kLoads * step) {
    Bits some[kLoads];
#pragma unroll
    for (int j = 0; j < kLoads; j++) some[j] = keys[first + j * step < a.n ? first + j * step : first];
#pragma unroll
    for (int j = 0; j < kLoads; j++) {
      const Bits order = ordered(some[j], a.largest);
      if (first + j * step < a.n && (order >> shift & mask) == like) {
        atomicAdd(&own[u32(order >> (pass * kRadixBits)) % kRadixDigits][copy], 1u);
      }
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < kRadixDigits; i += blockDim.x) {
    u32 sum = 0;
#pragma unroll
    for (int c = 0; c < kCopies; c++) sum += own[i][c];
    if (sum > 0) atomicAdd(a.counts + (i64(blockIdx.y) * kPasses + pass) * kRadixDigits + i, sum);
  }
}

/** Keys before the last wanted one, and (above them, 16 bits higher) those like it, among the thread's neighbours from `first` on. */
GB_DEVICE u32 compared(const SelectArguments& a, const Bits* keys, Bits last, i64 first, i64 end, Bits (&some)[kTogether]) {
  u32 found = 0;
#pragma unroll
  for (int j = 0; j < kTogether; j++) some[j] = first + j < end ? keys[first + j] : Bits(0);
#pragma unroll
  for (int j = 0; j < kTogether; j++) {
    const Bits order = ordered(some[j], a.largest);
    if (first + j < end) found += order < last ? 1u : order == last ? 1u << 16 : 0u;
  }
  return found;
}

/** How many keys of a part come before the last wanted one, and are like it. */
extern "C" __global__ void __launch_bounds__(kRadixThreads) selectParts(SelectArguments a) {
  const Known known = knownAfter(a, 0);
  const Bits* keys = static_cast<const Bits*>(a.x) + blockIdx.y * a.n;
  const i64 begin = blockIdx.x * a.perPart, end = begin + a.perPart < a.n ? begin + a.perPart : a.n;
  u32 before = 0, like = 0;
  for (i64 first = begin + threadIdx.x * kTogether; first < end; first += kThreads * kTogether) {
    Bits some[kTogether];
    const u32 found = compared(a, keys, Bits(known.digits), first, end, some);
    before += found & 0xffff;
    like += found >> 16;
  }
  before = blockJoin<Plus>(before);
  like = blockJoin<Plus>(like);
  if (threadIdx.x > 0) return;
  u32* part = a.parts + (i64(blockIdx.y) * gridDim.x + blockIdx.x) * 2;
  part[0] = before;
  part[1] = like;
}

/** The wanted keys and their places, [row][kept], in the order of the places. */
extern "C" __global__ void __launch_bounds__(kRadixThreads) selectKept(SelectArguments a) {
  const Known known = *knownOf(a, 0);
  const Bits* keys = static_cast<const Bits*>(a.x) + blockIdx.y * a.n;
  const i64 begin = blockIdx.x * a.perPart, end = begin + a.perPart < a.n ? begin + a.perPart : a.n;
  u32 before = 0, like = 0;
  for (u32 part = threadIdx.x; part < blockIdx.x; part += kThreads) {
    before += a.parts[(i64(blockIdx.y) * gridDim.x + part) * 2];
    like += a.parts[(i64(blockIdx.y) * gridDim.x + part) * 2 + 1];
  }
  before = blockJoin<Plus>(before);
  like = blockJoin<Plus>(like);
  const u32 wanted = u32(known.rank) + 1;
  const Bits last = Bits(known.digits);
  __shared__ u32 all;
  for (i64 from = begin; from < end; from += kThreads * kTogether) {
    const i64 first = from + threadIdx.x * kTogether;
    Bits some[kTogether];
    const u32 found = compared(a, keys, last, first, end, some), earlier = sumBefore(found);
    if (threadIdx.x == kThreads - 1) all = earlier + found;
    u32 ownBefore = before + (earlier & 0xffff), ownLike = like + (earlier >> 16);
#pragma unroll
    for (int j = 0; j < kTogether; j++) {
      const Bits order = ordered(some[j], a.largest);
      const bool comes = first + j < end && order < last, alike = first + j < end && order == last;
      if (comes || (alike && ownLike < wanted)) {
        const i64 at = i64(blockIdx.y) * a.kept + ownBefore + (ownLike < wanted ? ownLike : wanted);
        static_cast<Bits*>(a.values)[at] = some[j];
        a.indices[at] = first + j;
      }
      ownBefore += comes;
      ownLike += alike;
    }
    __syncthreads();
    before += all & 0xffff;
    like += all >> 16;
  }
}

}  // namespace cuda
}  // namespace gb
