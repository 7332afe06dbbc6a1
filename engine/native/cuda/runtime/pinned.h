// Pinned memory: memory of the host that cards read and write by themselves, so that a copy need not be waited for. The driver
// takes long to make it; freed blocks are kept for requests of the same rounded size, and serve them when every copy that uses
// them is done.
#pragma once
#include <cstddef>

#include "cuda/api/driver.h"

namespace gb::cuda {

/** At least so many bytes. Throws where the driver has none. */
void* allocatePinned(size_t bytes);
/** Back into the cache, for when the streams that use it are done. Never throws. */
void releasePinned(void* block);
/** What is queued on this stream so far reads or writes the block. */
void usePinned(void* block, int index, CUstream stream);
/** Gives what nobody holds or uses back to the driver. */
void emptyPinnedCache();

struct PinnedMemory {
  size_t allocated, reserved;  // held by tensors; taken from the driver
};
PinnedMemory pinnedMemory();

}  // namespace gb::cuda
