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

/** Whole numbers are counted, so the order does not matter. */
extern "C" __global__ void countEach(u64* counts, const C* x, i64 n) {
  const i64 i = globalThread();
  if (i < n) atomicAdd(counts + i64(x[i]), u64(1));
}

extern "C" __global__ void countBins(u64* counts, const C* x, i64 n, i64 bins, double min, double max) {
  const i64 i = globalThread();
  if (i >= n) return;
  const double value = double(x[i]);
  if (!(value >= min && value <= max)) return;
  const i64 bin = i64((value - min) / (max - min) * double(bins));
  atomicAdd(counts + (bin < bins ? bin : bins - 1), u64(1));
}

}  // namespace cuda
}  // namespace gb
