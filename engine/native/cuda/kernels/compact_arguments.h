// What the host and the kernels of compact.cu agree on.
#pragma once

namespace gb {
namespace cuda {

/** Threads of a block that looks for what is not zero, and elements that it looks at. */
constexpr int kFlagThreads = 256, kFlagChunk = 16 * kFlagThreads;

}  // namespace cuda
}  // namespace gb
