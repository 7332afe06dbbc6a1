// The one or the other by a condition. Macro: GB_SIZE (bytes of an element).
#include "cuda/kernels/run.cuh"

namespace gb {
namespace cuda {

using Bits = BitsOf<GB_SIZE>::Type;

extern "C" __global__ void where(char* out, const char* condition, const char* a, const char* b, Walk<4> walk, u32 n) {
  const i64 i = globalThread();
  if (i >= n) return;
  i64 at[4];
  locate(walk, u32(i), at);
  const char* from = *reinterpret_cast<const u8*>(condition + at[1]) ? a + at[2] : b + at[3];
  *reinterpret_cast<Bits*>(out + at[0]) = *reinterpret_cast<const Bits*>(from);
}

/** The same where the walk's rows have a run's elements at least. */
extern "C" __global__ void whereRuns(char* out, const char* condition, const char* a, const char* b, Walk<4> walk, u32 n) {
  const i64 first = globalThread() * kWalkRun;
  if (first >= n) return;
  const Run<4> run(walk, u32(first), n);
  u8 flags[kWalkRun];
  Bits x[kWalkRun], y[kWalkRun];
  loadSpots<u8>(flags, Spots<const char>(condition, 1, run, 1));
  loadSpots<Bits>(x, Spots<const char>(a, GB_SIZE, run, 2));
  loadSpots<Bits>(y, Spots<const char>(b, GB_SIZE, run, 3));
#pragma unroll
  for (int j = 0; j < kWalkRun; j++) x[j] = flags[j] ? x[j] : y[j];
  storeSpots<Bits>(x, Spots<char>(out, GB_SIZE, run, 0), run.skip);
}

}  // namespace cuda
}  // namespace gb
