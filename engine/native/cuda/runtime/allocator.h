// The caching allocator of card memory, with PyTorch's habits: sizes are multiples of 512 bytes, small and large
// requests come from pools of their own, freed blocks join their neighbours and serve later requests of the same stream.
// cudaMalloc waits for the card; a block from the cache does not.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cuda/api/driver.h"

namespace gb::cuda {

struct CardMemory {
  size_t allocated, allocatedPeak;  // held by tensors
  size_t reserved, reservedPeak;    // taken from the driver: held, or kept for later
  size_t segments;                  // pieces taken from the driver
  size_t activeBlocks, cachedBlocks;
  size_t collections;               // garbage collections that were asked for
};

/** A number that goes up and down: PyTorch's rows of `memory_summary`. */
struct MemoryCount {
  int64_t current = 0, peak = 0, allocated = 0, freed = 0;
  void add(int64_t change) {
    current += change;
    if (change > 0) {
      allocated += change;
      if (current > peak) peak = current;
    } else {
      freed -= change;
    }
  }
};
/** In the order in which people read them; each of all pools together, of the large and of the small ones. */
enum class MemoryMetric { Allocated, Active, Requested, Reserved, InactiveSplit, Allocations, ActiveBlocks, Segments, InactiveBlocks };
constexpr int kMemoryMetrics = 9;
struct MemoryCounts {
  MemoryCount of[kMemoryMetrics][3];
  int64_t outOfMemory = 0, retries = 0;
};

/** Memory that somebody holds, and what the allocator knows it by. */
struct Block;
struct Held {
  void* data = nullptr;
  Block* block = nullptr;
};

/**
 * Memory for the card's current stream. Throws where collecting and giving back did not help. `lasting`: never from the pool of
 * what is being captured. Every replay uses a block of that pool for all that had it in the course of the capture, one after the
 * other, so that nothing may be put there before the replay begins.
 */
Held allocate(size_t bytes, int index, bool lasting = false);
/** Gives it back for later work of the same stream. Never throws. */
void release(Block* block, int index);
/** The block is used on this stream too: it is not given out again before what is queued there now is done. */
void recordStream(Block* block, int index, CUstream stream);

/** A pool of memory of its own, for what is captured: one more graph uses it. 0 makes one; its number. */
int joinPool(int index, int pool);
/** One graph fewer; after the last one the memory is everybody's. The card must be done with all graphs of the pool. */
void leavePool(int index, int pool);
/** Between both, all memory that is asked for comes from the pool, and nothing is given back to the driver. */
void openPool(int index, int pool);
void closePool(int index);

CardMemory cardMemory(int index);
MemoryCounts memoryCounts(int index);

/** A piece taken from the driver, for people: its blocks in order. */
struct Segment {
  const void* address;
  size_t size;
  CUstream stream;
  int pool;  // 0: everybody's
  bool small;
  struct Part {
    size_t size;
    bool used;
  };
  std::vector<Part> parts;
};
std::vector<Segment> cardSegments(int index);
void resetPeak(int index);
/** Returns segments of which nothing is used to the driver. */
void emptyCardCache();
/** What the driver says of the whole card. */
void cardMemoryInfo(int index, size_t& free, size_t& total);
/** Bytes that tensors may take of the card; 0 for all. */
void setCardLimit(int index, size_t bytes);

}  // namespace gb::cuda
