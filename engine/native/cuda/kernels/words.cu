// Sets words of the card's memory to what comes with the launch.
#include "cuda/kernels/prelude.cuh"

namespace gb {
namespace cuda {

extern "C" __global__ void setWords(WordsArguments a) {
  if (int(threadIdx.x) < a.count) a.to[threadIdx.x] = a.values[threadIdx.x];
}

}  // namespace cuda
}  // namespace gb
