// Copies from a tensor of GB_FROM to one of GB_TO, by way of GB_C.
#include "cuda/kernels/run.cuh"

namespace gb {
namespace cuda {

using To = GB_TO;
using From = GB_FROM;
using C = GB_C;

GB_DEVICE To converted(From x) { return cast<To>(cast<C>(x)); }

extern "C" __global__ void copy(char* to, const char* from, Walk<2> walk, u32 n) {
  const i64 i = globalThread();
  if (i >= n) return;
  i64 at[2];
  locate(walk, u32(i), at);
  *reinterpret_cast<To*>(to + at[0]) = converted(*reinterpret_cast<const From*>(from + at[1]));
}

/** The same where the walk's rows have a run's elements at least. */
extern "C" __global__ void copyRuns(char* to, const char* from, Walk<2> walk, u32 n) {
  const i64 first = globalThread() * kWalkRun;
  if (first >= n) return;
  const Run<2> run(walk, u32(first), n);
  C x[kWalkRun];
  loadSpots<From>(x, Spots<const char>(from, sizeof(From), run, 1));
  storeSpots<To>(x, Spots<char>(to, sizeof(To), run, 0), run.skip);
}

/**
 * The same for tensors whose elements lie behind each other in different dimensions, the result's in dimension 0: squares go
 * by way of shared memory, so that both sides are read and written along memory.
 */
extern "C" __global__ void copyTiles(char* to, const char* from, TileArguments a) {
  __shared__ From tile[kCopyTile][kCopyTile + 1];
  const u32 x = threadIdx.x % kCopyTile, y = threadIdx.x / kCopyTile;
  const u32 down = divide(blockIdx.x, a.across), other = divide(down, a.down);
  const u32 column = (blockIdx.x - down * a.across.d) * kCopyTile, row = (down - other * a.down.d) * kCopyTile;
  i64 at[2];
  locate(a.others, other, at);
#pragma unroll
  for (u32 j = 0; j < kCopyTile; j += kCopyRows) {
    if (row + x < a.height && column + y + j < a.width) {
      tile[y + j][x] = *reinterpret_cast<const From*>(from + at[1] + i64(row + x) * sizeof(From) + i64(column + y + j) * a.fromStep);
    }
  }
  __syncthreads();
#pragma unroll
  for (u32 j = 0; j < kCopyTile; j += kCopyRows) {
    if (column + x < a.width && row + y + j < a.height) {
      *reinterpret_cast<To*>(to + at[0] + i64(column + x) * sizeof(To) + i64(row + y + j) * a.toStep) = converted(tile[x][y + j]);
    }
  }
}

}  // namespace cuda
}  // namespace gb
