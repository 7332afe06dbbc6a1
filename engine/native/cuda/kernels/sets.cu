// Sets, searches and counts. Macro: GB_C (float, double or i64: what elements are compared in).
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

using C = GB_C;

/** 1 where an element differs from the one before it; NaN differs from everything. */
extern "C" __global__ void changes(i64* flags, const C* x, i64 n) {
  const i64 i = globalThread();
  if (i < n) flags[i] = i == 0 || !(x[i] == x[i - 1]);
}

/** `ranks`: running sums of the flags. Each first element, where it stands, and every element's set. */
extern "C" __global__ void distinct(C* values, i64* starts, i64* inverse, const C* x, const i64* ranks, const i64* order,
                                    i64 n) {
  const i64 i = globalThread();
  if (i >= n) return;
  const i64 rank = ranks[i] - 1;
  inverse[order ? order[i] : i] = rank;
  if (i > 0 && ranks[i - 1] == ranks[i]) return;
  values[rank] = x[i];
  starts[rank] = i;
}

extern "C" __global__ void lengths(i64* counts, const i64* starts, i64 count, i64 n) {
  const i64 i = globalThread();
  if (i < count) counts[i] = (i + 1 < count ? starts[i + 1] : n) - starts[i];
}

/** Values of a thread, a block's threads apart: their steps are under way together. */
constexpr int kSearches = 4;

/** Where each value would be put in its row, or in the only row (perRow = 0). */
template <class I>
GB_DEVICE void searchAll(i64* out, const C* sorted, const C* values, I n, i64 perRow, i64 count, bool right) {
  const i64 first = i64(blockIdx.x) * kSearches * blockDim.x + threadIdx.x;
  const C* rows[kSearches];
  C own[kSearches];
  I low[kSearches], left[kSearches], most = n;
#pragma unroll
  for (int j = 0; j < kSearches; j++) {
    const i64 i = first + j * i64(blockDim.x);
    own[j] = values[i < count ? i : count - 1];
    rows[j] = sorted + (perRow > 0 ? (i < count ? i : count - 1) / perRow * n : 0);
    low[j] = own[j] != own[j] ? n : 0;
    left[j] = n - low[j];
  }
  // So many elements are left at most: those of all halve together.
  for (; most > 0; most /= 2) {
    C found[kSearches];
#pragma unroll
    for (int j = 0; j < kSearches; j++) found[j] = rows[j][left[j] > 0 ? low[j] + left[j] / 2 : 0];
#pragma unroll
    for (int j = 0; j < kSearches; j++) {
      const I half = left[j] / 2;
      const bool behind = left[j] > 0 && (right ? !(own[j] < found[j]) : found[j] < own[j]);
      low[j] = behind ? low[j] + half + 1 : low[j];
      left[j] = behind ? left[j] - half - 1 : half;
    }
  }
#pragma unroll
  for (int j = 0; j < kSearches; j++) {
    const i64 i = first + j * i64(blockDim.x);
    if (i < count) out[i] = i64(low[j]);
  }
}
extern "C" __global__ void search(i64* out, const C* sorted, const C* values, i64 n, i64 perRow, i64 count, bool right) {
  if (n <= 0x7fffffff) {
    searchAll<u32>(out, sorted, values, u32(n), perRow, count, right);
  } else {
    searchAll<u64>(out, sorted, values, u64(n), perRow, count, right);
  }
}

/**
 * Counts the elements in each bin; f(x): a bin, or a negative number for none. A block counts by itself where bins are few, since then
 * many elements meet in one. Whole numbers are added, so the order does not matter.
 */
template <class F>
GB_DEVICE void countAll(u64* counts, const C* x, i64 n, i64 bins, const F& f) {
  constexpr i64 kFew = 4096;
  __shared__ u32 own[kFew];
  const bool few = bins <= kFew;
  for (i64 b = threadIdx.x; few && b < bins; b += blockDim.x) own[b] = 0;
  __syncthreads();
  constexpr int kLoads = 4;
  const i64 step = i64(gridDim.x) * blockDim.x;
  for (i64 first = globalThread(); first < n; first += kLoads * step) {
    C some[kLoads];
#pragma unroll
    for (int j = 0; j < kLoads; j++) some[j] = x[first + j * step < n ? first + j * step : first];
#pragma unroll
    for (int j = 0; j < kLoads; j++) {
      if (first + j * step >= n) break;
      const i64 bin = f(some[j]);
      if (bin < 0) continue;
      if (few) {
        atomicAdd(own + bin, 1u);
      } else {
        atomicAdd(counts + bin, u64(1));
      }
    }
  }
  __syncthreads();
  for (i64 b = threadIdx.x; few && b < bins; b += blockDim.x) {
    if (own[b] > 0) atomicAdd(counts + b, u64(own[b]));
  }
}

extern "C" __global__ void countEach(u64* counts, const C* x, i64 n, i64 bins) {
  countAll(counts, x, n, bins, [](C value) { return i64(value); });
}

extern "C" __global__ void countBins(u64* counts, const C* x, i64 n, i64 bins, double min, double max) {
  countAll(counts, x, n, bins, [=](C value) {
    if (!(double(value) >= min && double(value) <= max)) return i64(-1);
    const i64 bin = i64((double(value) - min) / (max - min) * double(bins));
    return bin < bins ? bin : bins - 1;
  });
}

}  // namespace cuda
}  // namespace gb
