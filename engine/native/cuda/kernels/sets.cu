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

/** Where each value would be put in its row, or in the only row (perRow = 0). */
extern "C" __global__ void search(i64* out, const C* sorted, const C* values, i64 n, i64 perRow, i64 count, bool right) {
  const i64 i = globalThread();
  if (i >= count) return;
  const C* row = sorted + (perRow > 0 ? i / perRow * n : 0);
  const C value = values[i];
  i64 low = 0, high = n;
  if (value != value) low = n;
  while (low < high) {
    const i64 middle = low + (high - low) / 2;
    if (right ? !(value < row[middle]) : row[middle] < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  out[i] = low;
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
  for (i64 i = globalThread(); i < n; i += i64(gridDim.x) * blockDim.x) {
    const i64 bin = f(x[i]);
    if (bin < 0) continue;
    if (few) {
      atomicAdd(own + bin, 1u);
    } else {
      atomicAdd(counts + bin, u64(1));
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
