// Sorting rows of n elements behind each other, stable: tiles in shared memory, then runs merged two by two until one is
// left (merge path: Green, McColl and Bader 2012). NaN counts as the largest. Macro: GB_C (float, double or i64).
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

using C = GB_C;

/** Elements that a thread orders at a time, and those of a block: at most 256 threads. */
constexpr int kEach = 4, kTile = 1024;

GB_DEVICE bool less(C a, C b) { return a < b || (b != b && a == a); }
GB_DEVICE bool before(C a, C b, bool descending) { return descending ? less(b, a) : less(a, b); }

/** How many of the first `d` elements of two merged runs come from `a`; of equals those of `a` come first. */
template <class I>
GB_DEVICE I split(const C* a, I na, const C* b, I nb, I d, bool descending) {
  I low = d > nb ? d - nb : 0, high = d < na ? d : na;
  while (low < high) {
    const I middle = low + (high - low) / 2;
    if (before(b[d - 1 - middle], a[middle], descending)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/** Merges up to kEach elements from position d of a (keys[0 … na)) and b (keys[na … na + nb)): places in `keys`. */
GB_DEVICE int mergeFew(const C* keys, int na, int nb, int d, bool descending, int (&from)[kEach]) {
  int i = split<int>(keys, na, keys + na, nb, d, descending), j = d - i, count = 0;
#pragma unroll
  for (int e = 0; e < kEach; e++) {
    if (i >= na && j >= nb) break;
    const bool left = j >= nb || (i < na && !before(keys[na + j], keys[i], descending));
    from[e] = left ? i++ : na + j++;
    count++;
  }
  return count;
}

GB_DEVICE i64 least(i64 a, i64 b) { return a < b ? a : b; }

/** A block for each tile of each row; `keep`: so many of its first elements are written. */
extern "C" __global__ void sortTiles(const C* x, C* values, i64* indices, i64 n, i64 tiles, i64 keep, bool descending) {
  __shared__ C keys[kTile];
  __shared__ int places[kTile];
  const i64 first = blockIdx.x % tiles * kTile, start = blockIdx.x / tiles * n + first;
  const int count = int(least(kTile, n - first)), begin = int(threadIdx.x) * kEach;
  for (int i = threadIdx.x; i < count; i += blockDim.x) keys[i] = x[start + i];
  __syncthreads();
  C own[kEach];
  int at[kEach];
#pragma unroll
  for (int e = 0; e < kEach; e++) {
    at[e] = begin + e;
    own[e] = begin + e < count ? keys[begin + e] : C();
  }
  // Neighbours change places: as many rounds as elements sort them.
#pragma unroll
  for (int round = 0; round < kEach; round++) {
#pragma unroll
    for (int e = round % 2; e + 1 < kEach; e += 2) {
      if (begin + e + 1 >= count || !before(own[e + 1], own[e], descending)) continue;
      const C key = own[e];
      const int place = at[e];
      own[e] = own[e + 1];
      at[e] = at[e + 1];
      own[e + 1] = key;
      at[e + 1] = place;
    }
  }
  int mine = begin < count ? int(least(kEach, count - begin)) : 0;
  for (int width = kEach;; width *= 2) {
#pragma unroll
    for (int e = 0; e < kEach; e++) {
      if (e >= mine) break;
      keys[begin + e] = own[e];
      places[begin + e] = at[e];
    }
    __syncthreads();
    if (width >= count) break;
    if (mine > 0) {
      const int pair = begin / (2 * width) * (2 * width), na = int(least(width, count - pair));
      const int nb = int(least(width, count - pair - na));
      int from[kEach];
      mine = mergeFew(keys + pair, na, nb, begin - pair, descending, from);
#pragma unroll
      for (int e = 0; e < kEach; e++) {
        if (e >= mine) break;
        own[e] = keys[pair + from[e]];
        at[e] = places[pair + from[e]];
      }
    }
    __syncthreads();
  }
  for (int i = threadIdx.x; i < least(count, keep); i += blockDim.x) {
    values[start + i] = keys[i];
    indices[start + i] = first + places[i];
  }
}

/** Runs of `width`, of which `keep` elements count: a block for each tile of the result of each pair in each row. */
extern "C" __global__ void mergeRuns(const C* fromValues, const i64* fromIndices, C* values, i64* indices, i64 n, i64 width,
                                     i64 keep, i64 pairs, i64 tiles, bool descending) {
  __shared__ C keys[kTile];
  __shared__ int order[kTile];
  __shared__ i64 splits[2];
  const i64 tile = blockIdx.x % tiles, pair = blockIdx.x / tiles % pairs, row = blockIdx.x / tiles / pairs;
  const i64 start = row * n + pair * 2 * width, rest = n - pair * 2 * width;
  const i64 na = least(least(width, rest), keep), nb = rest > width ? least(least(width, rest - width), keep) : 0;
  const i64 total = least(na + nb, keep), begin = tile * kTile, end = least(begin + kTile, total);
  if (begin >= total) return;
  const C *a = fromValues + start, *b = a + width;
  if (threadIdx.x < 2) splits[threadIdx.x] = split<i64>(a, na, b, nb, threadIdx.x == 0 ? begin : end, descending);
  __syncthreads();
  const i64 i = splits[0], j = begin - i;
  const int left = int(splits[1] - i), count = int(end - begin);
  for (int t = threadIdx.x; t < count; t += blockDim.x) keys[t] = t < left ? a[i + t] : b[j + t - left];
  __syncthreads();
  for (int d = int(threadIdx.x) * kEach; d < count; d += int(blockDim.x) * kEach) {
    int from[kEach];
    const int some = mergeFew(keys, left, count - left, d, descending, from);
#pragma unroll
    for (int e = 0; e < kEach; e++) {
      if (e >= some) break;
      order[d + e] = from[e];
    }
  }
  __syncthreads();
  for (int t = threadIdx.x; t < count; t += blockDim.x) {
    const int place = order[t];
    values[start + begin + t] = keys[place];
    indices[start + begin + t] = fromIndices[start + (place < left ? i + place : width + j + place - left)];
  }
}

/** The first position of a sorted row that is not less than `value`; for a NaN the first one. */
GB_DEVICE i64 firstOf(const C* row, i64 n, C value) {
  i64 low = 0, high = n;
  while (low < high) {
    const i64 middle = low + (high - low) / 2;
    if (less(row[middle], value)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Of sorted rows the lower median, or the first NaN where there is one. */
extern "C" __global__ void median(C* values, i64* indices, const C* sorted, const i64* order, i64 n, i64 rows) {
  const i64 row = globalThread();
  if (row >= rows) return;
  const C* v = sorted + row * n;
  const C last = v[n - 1];
  const i64 at = last != last ? firstOf(v, n, last) : (n - 1) / 2;
  values[row] = v[at];
  indices[row] = order[row * n + at];
}

/** Of sorted rows the most frequent element, the smallest of several, at its last place. A block for each row. */
extern "C" __global__ void mode(C* values, i64* indices, const C* sorted, const i64* order, i64 n) {
  const C* v = sorted + blockIdx.x * n;
  i64 most = 0, at = 0;
  for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
    if (i + 1 < n && v[i] == v[i + 1]) continue;
    const i64 count = v[i] != v[i] ? 1 : i - firstOf(v, n, v[i]) + 1;
    if (count <= most) continue;
    most = count;
    at = i;
  }
  const i64 all = blockJoin<Larger>(most), place = -blockJoin<Larger>(most == all ? -at : -n);
  if (threadIdx.x > 0) return;
  values[blockIdx.x] = v[place];
  indices[blockIdx.x] = order[blockIdx.x * n + place];
}

}  // namespace cuda
}  // namespace gb
