// The caching allocator of card memory, with PyTorch's habits: sizes are multiples of 512 bytes, small and large
// requests come from pools of their own, freed blocks join their neighbours and serve later requests of the same stream.
// cudaMalloc waits for the card; a block from the cache does not.
#pragma once
#include <cstddef>

#include "cuda/api/driver.h"

namespace gb::cuda {

struct CardMemory {
  size_t allocated, allocatedPeak;  // held by tensors
  size_t reserved, reservedPeak;    // taken from the driver: held, or kept for later
  size_t segments;                  // pieces taken from the driver
  size_t activeBlocks, cachedBlocks;
  size_t collections;               // garbage collections that were asked for
};

/** Memory for the card's current stream. Throws where collecting and giving back did not help. */
void* allocate(size_t bytes, int index);
/** Gives it back for later work of the same stream. Never throws. */
void release(void* block, int index);
/** The block is used on this stream too: it is not given out again before what is queued there now is done. */
void recordStream(void* block, int index, CUstream stream);

CardMemory cardMemory(int index);
void resetPeak(int index);
/** Returns segments of which nothing is used to the driver. */
void emptyCardCache();
/** What the driver says of the whole card. */
void cardMemoryInfo(int index, size_t& free, size_t& total);
/** Bytes that tensors may take of the card; 0 for all. */
void setCardLimit(int index, size_t bytes);

}  // namespace gb::cuda
