#include "cuda/runtime/blocks.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gb::cuda {

using M = MemoryMetric;

Block* Blocks::find(Pool& pool, size_t size, CUstream stream) {
  const auto found = pool.free.lower_bound(Wanted{stream, size});
  return found == pool.free.end() || (*found)->stream != stream ? nullptr : *found;
}

Block* Blocks::make(char* data, size_t size, Pool* pool, CUstream stream, Block* before, Block* after) {
  Block* block;
  if (unused_.empty()) {
    block = new Block;
  } else {
    block = unused_.back();
    unused_.pop_back();
  }
  block->data = data;
  block->size = size;
  block->stream = stream;
  block->pool = pool;
  block->before = before;
  block->after = after;
  block->used = block->listed = false;
  block->requested = 0;
  block->waits = 0;
  if (before) before->after = block;
  if (after) after->before = block;
  return block;
}

/** Its neighbours, if any, become each other's. */
void Blocks::drop(Block* block) {
  if (block->before) block->before->after = block->after;
  if (block->after) block->after->before = block->before;
  unused_.push_back(block);
}

Block* Blocks::add(char* data, size_t size, Pool& pool, CUstream stream) {
  Block* block = make(data, size, &pool, stream, nullptr, nullptr);
  count(M::Reserved, block, int64_t(size));
  count(M::Segments, block, 1);
  firsts_.insert(block);
  return block;
}

void Blocks::remove(Block* block) {
  count(M::Reserved, block, -int64_t(block->size));
  count(M::Segments, block, -1);
  firsts_.erase(block);
  drop(block);
}

Block* Blocks::take(Block* block, size_t size) {
  if (size == block->size) {
    if (block->listed) eraseFree(block);
    return block;
  }
  if (block->listed && block->before) {
    // Mostly the rest goes on where the block stood among the free ones.
    countSplit(block, -1);
    Block* front = make(block->data, size, block->pool, block->stream, block->before, block);
    resize(block, block->data + size, block->size - size);
    countSplit(block, 1);
    return front;
  }
  if (block->listed) eraseFree(block);
  Block* rest = make(block->data + size, block->size - size, block->pool, block->stream, block, block->after);
  block->size = size;
  insertFree(rest);
  return block;
}

void Blocks::join(Block* block) {
  Block *previous = block->before, *next = block->after;
  if (isFree(previous)) {
    countSplit(previous, -1);
    size_t size = previous->size + block->size;
    if (isFree(next)) {
      size += next->size;
      eraseFree(next);
      drop(next);
    }
    drop(block);
    resize(previous, previous->data, size);
    countSplit(previous, 1);
  } else if (isFree(next) && previous) {
    countSplit(next, -1);
    resize(next, block->data, block->size + next->size);
    drop(block);
    countSplit(next, 1);
  } else {
    // The first block of a segment stays its first.
    if (isFree(next)) {
      block->size += next->size;
      eraseFree(next);
      drop(next);
    }
    insertFree(block);
  }
}

void Blocks::resize(Block* block, char* data, size_t size) {
  FreeBlocks& free = block->pool->free;
  block->data = data;
  block->size = size;
  const auto place = block->place;
  const bool fits = (place == free.begin() || BySize()(*std::prev(place), block)) &&
                    (std::next(place) == free.end() || BySize()(block, *std::next(place)));
  if (!fits) block->place = free.insert(free.extract(place)).position;
}

void Blocks::insertFree(Block* block) {
  Pool& pool = *block->pool;
  if (pool.spares.empty()) {
    block->place = pool.free.insert(block).first;
  } else {
    pool.spares.back().value() = block;
    block->place = pool.free.insert(std::move(pool.spares.back())).position;
    pool.spares.pop_back();
  }
  block->listed = true;
  countSplit(block, 1);
}
void Blocks::eraseFree(Block* block) {
  Pool& pool = *block->pool;
  pool.spares.push_back(pool.free.extract(block->place));
  block->listed = false;
  countSplit(block, -1);
}

void Blocks::hold(Block* block, size_t requested) {
  block->used = true;
  block->requested = requested;
  for (const M metric : {M::Allocated, M::Active}) count(metric, block, int64_t(block->size));
  for (const M metric : {M::Allocations, M::ActiveBlocks}) count(metric, block, 1);
  count(M::Requested, block, int64_t(requested));
}
void Blocks::letGo(Block* block) {
  block->used = false;
  count(M::Allocated, block, -int64_t(block->size));
  count(M::Allocations, block, -1);
  count(M::Requested, block, -int64_t(block->requested));
}
void Blocks::settled(Block* block) {
  count(M::Active, block, -int64_t(block->size));
  count(M::ActiveBlocks, block, -1);
}

std::vector<Block*> Blocks::firstsOf(int pool) const {
  std::vector<Block*> found;
  for (Block* first : firsts_) {
    if (first->pool->number == pool) found.push_back(first);
  }
  return found;
}

std::vector<Segment> Blocks::list() const {
  std::vector<Segment> all;
  for (const Block* first : firsts_) {
    Segment segment{first->data, 0, first->stream, first->pool->number, first->pool->small, {}};
    for (const Block* block = first; block; block = block->after) {
      segment.size += block->size;
      segment.parts.push_back({block->size, block->used});
    }
    all.push_back(std::move(segment));
  }
  std::sort(all.begin(), all.end(), [](const Segment& a, const Segment& b) { return a.address < b.address; });
  return all;
}

void Blocks::count(MemoryMetric metric, const Block* block, int64_t change) {
  counts.of[int(metric)][0].add(change);
  counts.of[int(metric)][block->pool->small ? 2 : 1].add(change);
}

/** Free memory in the midst of memory that is used cannot be given back to the driver. */
void Blocks::countSplit(const Block* block, int sign) {
  if (!block->before && !block->after) return;
  count(M::InactiveSplit, block, sign * int64_t(block->size));
  count(M::InactiveBlocks, block, sign);
}

}  // namespace gb::cuda
