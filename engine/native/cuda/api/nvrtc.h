// NVRTC, the compiler of kernels: CUDA C++ in, code for one kind of card out.
#pragma once
#include <string>
#include <vector>

#include "cuda/api/library.h"

namespace gb::cuda {

struct Compiler {
  /** The library behind it, found or not. */
  static const Library& library();
  /** Why there is no compiler; empty where there is one. */
  static const std::string& problem();
  /** 12.9; empty where there is no compiler. */
  static const std::string& version();
  /** Changes with everything that may change its output: version, file. */
  static const std::string& identity();

  /**
   * Machine code for a card of this compute capability (90 for 9.0); text for the driver's own compiler where the card
   * is newer than NVRTC. Fails with the compiler's log, and gives it out where it is asked for.
   */
  static std::string compile(const std::string& source, const std::string& name, std::vector<std::string> options,
                             int capability, std::string* log = nullptr);
};

}  // namespace gb::cuda
