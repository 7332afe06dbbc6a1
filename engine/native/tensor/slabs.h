// Where the allocator's blocks below a megabyte come from: slabs that lie in huge pages where the system has them. A training step
// walks through more small blocks than pages that a processor remembers, and to look a page up takes as long as to read
// it. The caller holds the allocator's lock.
#pragma once
#include <cstddef>

namespace gb {

/** A new block of this size, a multiple of 64 bytes and at most kLargestCut, or null where the system has no memory. */
void* cutBlock(size_t size);
constexpr size_t kLargestCut = size_t(1) << 20;

/** Says for one cut block after the other that nobody uses it. */
void countIdle(void* block);
/** Whether all blocks of this block's slab are idle: it goes with the next releaseSlabs(). */
bool isSlabIdle(void* block);
/** Gives the slabs back whose blocks are all idle, and forgets what was counted. */
void releaseSlabs();

}  // namespace gb
