// The extreme element of each row and its place: the first of equals, and the first NaN before everything. Macro: GB_C
// (float, double or i64: what elements are compared in).
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

using C = GB_C;

struct Best {
  C value;
  i64 at;
};

GB_DEVICE bool beats(const Best& a, const Best& b, bool largest) {
  const bool aNan = a.value != a.value, bNan = b.value != b.value;
  if (aNan || bNan) return aNan && (!bNan || a.at < b.at);
  if (a.value == b.value) return a.at < b.at;
  return largest ? a.value > b.value : a.value < b.value;
}

extern "C" __global__ void extreme(char* values, i64* indices, Place x, i64 itemSize, i64 n, bool largest) {
  const char* row = x.data + i64(blockIdx.x) * n * itemSize;
  Best best{loadAs<C>(row, x.type), 0};
  for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
    const Best other{loadAs<C>(row + i * itemSize, x.type), i};
    if (beats(other, best, largest)) best = other;
  }
  __shared__ Best all[1024];
  all[threadIdx.x] = best;
  for (unsigned int half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half && beats(all[threadIdx.x + half], all[threadIdx.x], largest)) all[threadIdx.x] = all[threadIdx.x + half];
  }
  if (threadIdx.x != 0) return;
  const i64 at = all[0].at;
  indices[blockIdx.x] = at;
  if (!values) return;
  for (i64 b = 0; b < itemSize; b++) values[i64(blockIdx.x) * itemSize + b] = row[at * itemSize + b];
}

}  // namespace cuda
}  // namespace gb
