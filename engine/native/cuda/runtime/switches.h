// Switches of torch.backends: what NVIDIA's libraries may do. Defaults are PyTorch's, but for cuDNN's algorithms: results do
// not change from run to run unless one asks for it.
#pragma once

namespace gb::cuda {

enum class Switch : int {
  MatmulTf32,
  MatmulReducedHalf,
  MatmulReducedBFloat16,
  CudnnEnabled,
  CudnnBenchmark,
  CudnnDeterministic,
  CudnnTf32,
};
constexpr int kSwitches = 7;

/** Set by JavaScript's thread, read by it. */
inline bool switches[kSwitches] = {false, true, true, true, false, true, true};

inline bool isOn(Switch which) { return switches[int(which)]; }

}  // namespace gb::cuda
