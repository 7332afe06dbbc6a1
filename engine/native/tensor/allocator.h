// The caching allocator of host memory. Blocks are aligned to 64 bytes and kept by size class when freed, since fresh
// pages cost far more than a small kernel. It knows nothing of tensors, budgets or garbage collection: memory.h does.
#pragma once
#include <cstddef>
#include <cstdint>

namespace gb {

/** The size that a request of this many bytes occupies: four steps per power of two, at least 64 bytes. */
size_t blockSize(size_t bytes);

/** A block of at least `bytes`, or null where the system has none. Thread-safe. */
void* allocateBlock(size_t bytes);

/** Gives back what allocateBlock(bytes) returned. */
void freeBlock(void* block, size_t bytes);

/** Bytes held for later use. */
size_t cachedBytes();

/** Returns all cached blocks to the system. */
void releaseCached();

/** Cached bytes beyond which freed blocks go back to the system. */
void setCacheCap(size_t bytes);

}  // namespace gb
