// Pieces of card memory and the blocks that they are cut into: neighbours, free ones by size, and the counts of both. Nothing
// here knows of the driver, of the order of streams, or of locks: that is the allocator's.
#pragma once
#include <set>
#include <unordered_set>
#include <vector>

#include "cuda/runtime/allocator.h"

namespace gb::cuda {

struct Block;
struct Pool;

/** What a block is looked for by. */
struct Wanted {
  CUstream stream;
  size_t size;
};
struct BySize {
  using is_transparent = void;
  inline bool operator()(const Block* a, const Block* b) const;
  inline bool operator()(const Block* a, const Wanted& b) const;
};
using FreeBlocks = std::set<Block*, BySize>;

struct Block {
  char* data;
  size_t size;
  CUstream stream;
  Pool* pool;
  Block *before, *after;         // neighbours in the segment
  bool used, listed;             // by somebody; among the pool's free ones
  size_t requested;              // of `size`, while it is used
  int waits;                     // events of other streams that have not happened
  FreeBlocks::iterator place;    // while it is listed
  std::vector<CUstream> others;  // streams that use it beside its own
};

bool BySize::operator()(const Block* a, const Block* b) const {
  if (a->stream != b->stream) return a->stream < b->stream;
  if (a->size != b->size) return a->size < b->size;
  return a->data < b->data;
}
bool BySize::operator()(const Block* a, const Wanted& b) const {
  return a->stream != b.stream ? a->stream < b.stream : a->size < b.size;
}

struct Pool {
  bool small;
  int number;  // 0: everybody's
  FreeBlocks free;
  std::vector<FreeBlocks::node_type> spares;  // nodes to be used again: blocks come and go with every operation
};

/** Both sizes of pools, and how many graphs live on them. */
struct Pools {
  Pool small, large;
  int graphs = 0;
  explicit Pools(int number) : small{true, number, {}, {}}, large{false, number, {}, {}} {}
};

/** Whether a block is neither held nor waited for. */
inline bool isFree(const Block* block) { return block && !block->used && block->waits == 0; }

class Blocks {
 public:
  /** The smallest free block that is large enough; null where there is none. */
  Block* find(Pool& pool, size_t size, CUstream stream);
  /** A piece that was taken from the driver: one block, which is not among the free ones. */
  Block* add(char* data, size_t size, Pool& pool, CUstream stream);
  /** The piece goes back to the driver. */
  void remove(Block* block);
  /** The first `size` bytes of a block, free or new, as one that is not among the free ones; the rest, if any, is. */
  Block* take(Block* block, size_t size);
  /** Makes one free block of it and of its free neighbours. */
  void join(Block* block);

  void insertFree(Block* block);
  void eraseFree(Block* block);

  /** A tensor takes the block; gives it back; nothing that is queued uses it any more. */
  void hold(Block* block, size_t requested);
  void letGo(Block* block);
  void settled(Block* block);

  /** The first blocks of all pieces that are in a graph's pools. */
  std::vector<Block*> firstsOf(int pool) const;
  std::vector<Segment> list() const;
  size_t current(MemoryMetric metric) const { return size_t(counts.of[int(metric)][0].current); }

  MemoryCounts counts;

 private:
  Block* make(char* data, size_t size, Pool* pool, CUstream stream, Block* before, Block* after);
  void drop(Block* block);
  /** A free block becomes another part of its segment. */
  void resize(Block* block, char* data, size_t size);
  void count(MemoryMetric metric, const Block* block, int64_t change);
  void countSplit(const Block* block, int sign);

  std::unordered_set<Block*> firsts_;
  std::vector<Block*> unused_;
};

}  // namespace gb::cuda
