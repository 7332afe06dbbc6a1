// Orders and places drawn at random, as PyTorch draws them on a card. Macro: GB_T (float or double).
#include "cuda/kernels/philox.cuh"

namespace gb {
namespace cuda {

using T = GB_T;

extern "C" __global__ void maskKeys(i64* keys, i64 n, u64 mask) {
  const i64 i = globalThread();
  if (i < n) keys[i] = i64(u64(keys[i]) & mask);
}

/** Elements whose random keys are the same stand in the order that they had: each such run is shuffled by its first thread. */
extern "C" __global__ void shuffleRuns(const i64* keys, i64* order, i64 n, PhiloxState random) {
  const i64 first = globalThread();
  if (first >= n - 1 || keys[first] != keys[first + 1] || (first > 0 && keys[first] == keys[first - 1])) return;
  i64 length = 2;
  while (first + length < n && keys[first + length] == keys[first]) length++;
  Philox draws(random, u64(first));
  Words w{};
  int used = 4;
  for (i64 i = length - 1; i > 0; i--) {
    if (used == 4) {
      w = draws.next();
      used = 0;
    }
    const u32 word = used == 0 ? w.x : used == 1 ? w.y : used == 2 ? w.z : w.w;
    used++;
    const i64 other = word % u32(i + 1), kept = order[first + i];
    order[first + i] = order[first + other];
    order[first + other] = kept;
  }
}

/** weights: rows that add up to 1; sums: running ones. A thread for each sample, which takes the rows of its blocks in turn. */
extern "C" __global__ void sampleRows(const T* weights, const T* sums, i64* out, i64 rows, i64 n, i64 samples,
                                      PhiloxState random) {
  const i64 sample = globalThread();
  Philox draws(random, u64(blockIdx.y) * gridDim.x * blockDim.x + u64(sample));
  if (sample >= samples) return;
  for (i64 row = blockIdx.y; row < rows; row += gridDim.y) {
    const T u = T(uniformOf(draws.next().x));
    i64 low = 0, high = n;
    while (low < high) {
      const i64 middle = low + (high - low) / 2;
      if (sums[row * n + middle] < u) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    // A sum that is rounded below 1 may be less than u; what cannot be drawn is passed by.
    if (low == n) low--;
    while (low > 0 && weights[row * n + low] == 0) low--;
    out[row * samples + sample] = low;
  }
}

}  // namespace cuda
}  // namespace gb
