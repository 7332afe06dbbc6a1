// The places of elements that are not zero, in order: counted by chunks, then written where the chunks before end.
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

/** Elements of one chunk; a block of 256 threads takes it, each thread four elements. */
constexpr int kChunk = 1024;

extern "C" __global__ void count(const u8* flags, u32* counts, i64 n) {
  const i64 first = i64(blockIdx.x) * kChunk + threadIdx.x * 4;
  int own = 0;
  for (int j = 0; j < 4; j++) own += first + j < n && flags[first + j];
  const int all = blockJoin<Plus>(own);
  if (threadIdx.x == 0) counts[blockIdx.x] = u32(all);
}

extern "C" __global__ void write(const u8* flags, const i64* before, i64* out, Shape shape, i64 n) {
  __shared__ int counts[256];
  const i64 first = i64(blockIdx.x) * kChunk + threadIdx.x * 4;
  int own = 0;
  for (int j = 0; j < 4; j++) own += first + j < n && flags[first + j];
  counts[threadIdx.x] = own;
  __syncthreads();
  int earlier = 0;
  for (unsigned int t = 0; t < threadIdx.x; t++) earlier += counts[t];
  i64 row = before[blockIdx.x] + earlier;
  for (int j = 0; j < 4; j++) {
    if (first + j >= n || !flags[first + j]) continue;
    i64 position = first + j;
    for (int d = shape.dims - 1; d >= 0; d--) {
      out[row * shape.dims + d] = position % shape.sizes[d];
      position /= shape.sizes[d];
    }
    row++;
  }
}

/** Raises `differs` where two elements are not close. */
extern "C" __global__ void close(Place a, Place b, Walk<2> walk, u32 n, double rtol, double atol, bool equalNan, bool exact,
                                 int* differs) {
  const i64 i = globalThread();
  if (i >= n) return;
  i64 at[2];
  locate(walk, u32(i), at);
  if (exact) {
    if (loadAs<i64>(a.data + at[0], a.type) != loadAs<i64>(b.data + at[1], b.type)) *differs = 1;
    return;
  }
  const double x = loadAs<double>(a.data + at[0], a.type), y = loadAs<double>(b.data + at[1], b.type);
  if (x == y) return;
  const double error = scalar::fabs(x - y);
  const bool nans = x != x || y != y;
  const bool good = nans ? equalNan && x != x && y != y
                         : error < scalar::Limits<double>::infinity && error <= atol + scalar::fabs(rtol * y);
  if (!good) *differs = 1;
}

}  // namespace cuda
}  // namespace gb
