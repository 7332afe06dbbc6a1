// Pieces of card memory and the blocks that they are cut into: neighbours, free ones by size, and the counts of both. Nothing
// here knows of the driver, of the order of streams, or of locks: that is the allocator's.
#pragma once
#include <set>
#include <unordered_set>
#include <vector>

#include "cuda/runtime/allocator.h"

namespace gb::cuda {

struct Pool;

struct Block {
  char* data;
  size_t size;
  CUstream stream;
  Pool* pool;
  Block *before = nullptr, *after = nullptr;  // neighbours in the segment
  bool used = false;
  size_t requested = 0;                       // of `size`, while it is used
  std::vector<CUstream> others;               // streams that use it beside its own
  int waits = 0;                              // events of those streams that have not happened
};

struct BySize {
  bool operator()(const Block* a, const Block* b) const {
    if (a->stream != b->stream) return a->stream < b->stream;
    if (a->size != b->size) return a->size < b->size;
    return a->data < b->data;
  }
};

struct Pool {
  bool small;
  int number;  // 0: everybody's
  std::set<Block*, BySize> free;
};

/** Both sizes of pools, and how many graphs live on them. */
struct Pools {
  Pool small, large;
  int graphs = 0;
  explicit Pools(int number) : small{true, number, {}}, large{false, number, {}} {}
};

/** Whether a block is neither held nor waited for. */
inline bool isFree(const Block* block) { return block && !block->used && block->waits == 0; }

class Blocks {
 public:
  /** The smallest free block that is large enough, taken out of its pool; null where there is none. */
  Block* find(Pool& pool, size_t size, CUstream stream);
  /** A piece that was taken from the driver: one block. */
  Block* add(char* data, size_t size, Pool& pool, CUstream stream);
  /** The piece goes back to the driver. */
  void remove(Block* block);
  /** Cuts off what is beyond `size`, as a free block. */
  void split(Block* block, size_t size);
  /** Makes one block of it and of its free neighbours. */
  Block* join(Block* block);

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
  void count(MemoryMetric metric, const Block* block, int64_t change);
  void countSplit(const Block* block, int sign);

  std::unordered_set<Block*> firsts_;
};

}  // namespace gb::cuda
