#include "cuda/runtime/blocks.h"

#include <algorithm>
#include <utility>

namespace gb::cuda {

using M = MemoryMetric;

void MemoryCount::add(int64_t change) {
  current += change;
  if (change > 0) {
    allocated += change;
    peak = std::max(peak, current);
  } else {
    freed -= change;
  }
}

Block* Blocks::find(Pool& pool, size_t size, CUstream stream) {
  Block wanted{};
  wanted.size = size;
  wanted.stream = stream;
  const auto found = pool.free.lower_bound(&wanted);
  if (found == pool.free.end() || (*found)->stream != stream) return nullptr;
  Block* block = *found;
  eraseFree(block);
  return block;
}

Block* Blocks::add(char* data, size_t size, Pool& pool, CUstream stream) {
  Block* block = new Block;
  block->data = data;
  block->size = size;
  block->stream = stream;
  block->pool = &pool;
  count(M::Reserved, block, int64_t(size));
  count(M::Segments, block, 1);
  firsts_.insert(block);
  return block;
}

void Blocks::remove(Block* block) {
  count(M::Reserved, block, -int64_t(block->size));
  count(M::Segments, block, -1);
  firsts_.erase(block);
  delete block;
}

void Blocks::split(Block* block, size_t size) {
  Block* left = new Block;
  left->data = block->data + size;
  left->size = block->size - size;
  left->stream = block->stream;
  left->pool = block->pool;
  left->before = block;
  left->after = block->after;
  if (left->after) left->after->before = left;
  block->after = left;
  block->size = size;
  insertFree(left);
}

Block* Blocks::join(Block* block) {
  if (Block* next = block->after; isFree(next)) {
    eraseFree(next);
    block->size += next->size;
    block->after = next->after;
    if (block->after) block->after->before = block;
    delete next;
  }
  if (Block* previous = block->before; isFree(previous)) {
    eraseFree(previous);
    previous->size += block->size;
    previous->after = block->after;
    if (previous->after) previous->after->before = previous;
    delete block;
    block = previous;
  }
  return block;
}

void Blocks::insertFree(Block* block) {
  block->pool->free.insert(block);
  countSplit(block, 1);
}
void Blocks::eraseFree(Block* block) {
  block->pool->free.erase(block);
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
