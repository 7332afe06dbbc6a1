// How the blocks of an optimiser's launch share out the parameters.
#pragma once
#include "cuda/kernels/prelude.cuh"

namespace gb {
namespace cuda {

/** The parameter that this block's chunk belongs to, and the chunk's elements. */
struct Chunk {
  int row;
  i64 begin, end;

  GB_DEVICE explicit Chunk(const StepArguments& a) {
    row = 0;
    for (int step = 32; step > 0; step /= 2) {
      if (row + step < a.count && a.first[row + step] <= blockIdx.x) row += step;
    }
    begin = i64(blockIdx.x - a.first[row]) * kStepChunk;
    end = begin + kStepChunk < a.size[row] ? begin + kStepChunk : a.size[row];
  }

  GB_DEVICE const double* constants(const StepArguments& a) const {
    return a.live ? a.live + i64(row) * a.liveStep : a.constants;
  }
};

}  // namespace cuda
}  // namespace gb
