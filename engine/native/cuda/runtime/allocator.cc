#include "cuda/runtime/allocator.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cuda/runtime/capture.h"
#include "cuda/runtime/device.h"
#include "cuda/runtime/pinned.h"
#include "tensor/error.h"
#include "tensor/memory.h"

namespace gb::cuda {
namespace {

// PyTorch's numbers.
constexpr size_t kUnit = 512;                       // sizes are multiples of it
constexpr size_t kSmall = size_t(1) << 20;          // requests up to here come from the small pool
constexpr size_t kSmallSegment = size_t(2) << 20;
constexpr size_t kLargeSegment = size_t(20) << 20;  // for requests below kOwnSegment
constexpr size_t kOwnSegment = size_t(10) << 20;
constexpr size_t kSegmentUnit = size_t(2) << 20;

/** Growth of what tensors hold after which garbage collection is asked for, and the part of it that is enough for it. */
constexpr size_t kMinBudget = size_t(256) << 20;
constexpr size_t kBudgetPart = 4;

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

size_t rounded(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

bool caching() {
  static const bool off = std::getenv("GRADBOOK_NO_CUDA_MEMORY_CACHING") != nullptr;
  return !off;
}

using M = MemoryMetric;

class Allocator {
 public:
  explicit Allocator(int index) : index_(index) {}

  void* allocate(size_t bytes) {
    // Without the cache every tensor has a segment of exactly its size, so that tools see each byte too far.
    const size_t size = caching() ? rounded(bytes ? bytes : 1, kUnit) : bytes ? bytes : 1;
    if (allocated() + size > threshold_) makeRoom(size);
    enter(index_);
    Block* block = take(size, bytes);
    if (!block) {
      collect(true);
      block = take(size, bytes);
    }
    if (!block && !open_) {
      counts_.retries++;
      emptyCache();
      block = take(size, bytes);
    }
    if (!block) outOfMemory(bytes);
    return block->data;
  }

  void release(void* data) {
    std::lock_guard<std::mutex> guard(lock_);
    const auto found = used_.find(data);
    if (found == used_.end()) return;
    Block* block = found->second;
    used_.erase(found);
    count(M::Allocated, block, -int64_t(block->size));
    count(M::Allocations, block, -1);
    count(M::Requested, block, -int64_t(block->requested));
    block->used = false;
    if (block->others.empty()) return giveBack(block);
    if (open_) {
      // An event would become part of what is captured.
      block->waits = 1;
      postponed_.push_back(block);
      return;
    }
    waitForOthers(block);
  }

  void recordStream(void* data, CUstream stream) {
    std::lock_guard<std::mutex> guard(lock_);
    const auto found = used_.find(data);
    if (found == used_.end() || found->second->stream == stream) return;
    std::vector<CUstream>& others = found->second->others;
    for (CUstream other : others) {
      if (other == stream) return;
    }
    others.push_back(stream);
  }

  int joinPool(int number) {
    std::lock_guard<std::mutex> guard(lock_);
    if (number == 0) {
      number = ++lastPool_;
      own_.emplace(number, std::make_unique<Pools>(number));
    }
    const auto found = own_.find(number);
    GB_CHECK(found != own_.end(), "no pool ", number, " of memory: its graphs are gone");
    found->second->graphs++;
    return number;
  }

  void leavePool(int number) {
    std::lock_guard<std::mutex> guard(lock_);
    const auto found = own_.find(number);
    if (found == own_.end() || --found->second->graphs > 0) return;
    // The card is done: what is free may serve any stream, and so may the rest when it is given back.
    std::vector<Block*> firsts;
    for (Block* first : segments_) {
      if (first->pool->number == number) firsts.push_back(first);
    }
    for (Block* first : firsts) {
      for (Block *block = first, *next; block; block = next) {
        next = block->after;
        const bool free = isFree(block);
        if (free) eraseFree(block);
        block->pool = block->pool->small ? &shared_.small : &shared_.large;
        block->stream = nullptr;
        if (free && caching()) insertFree(block);
        if (free && !caching()) dropSegment(block);
      }
    }
    own_.erase(found);
  }

  void openPool(int number) {
    std::lock_guard<std::mutex> guard(lock_);
    open_ = own_.at(number).get();
  }

  void closePool() {
    std::lock_guard<std::mutex> guard(lock_);
    open_ = nullptr;
    for (Block* block : std::exchange(postponed_, {})) {
      block->waits = 0;
      waitForOthers(block);
    }
    for (Block* block : std::exchange(toDrop_, {})) dropSegment(block);
  }

  std::vector<Segment> segments() {
    std::lock_guard<std::mutex> guard(lock_);
    std::vector<Segment> all;
    for (const Block* first : segments_) {
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

  void emptyCache() {
    std::lock_guard<std::mutex> guard(lock_);
    enter(index_);
    // Freed memory may still be in use by what is queued.
    driver().ctxSynchronize();
    settle();
    for (Pool* pool : {&shared_.small, &shared_.large}) {
      for (auto at = pool->free.begin(); at != pool->free.end();) {
        Block* block = *at;
        if (block->before || block->after) {
          ++at;
          continue;
        }
        at = pool->free.erase(at);
        dropSegment(block);
      }
    }
  }

  CardMemory stats() {
    std::lock_guard<std::mutex> guard(lock_);
    const auto& [current, peak, a, b] = counts_.of[int(M::Allocated)][0];
    const MemoryCount& reserved = counts_.of[int(M::Reserved)][0];
    CardMemory s{};
    s.allocated = size_t(current);
    s.allocatedPeak = size_t(peak);
    s.reserved = size_t(reserved.current);
    s.reservedPeak = size_t(reserved.peak);
    s.segments = size_t(counts_.of[int(M::Segments)][0].current);
    s.activeBlocks = size_t(counts_.of[int(M::Allocations)][0].current);
    s.collections = collections_;
    s.cachedBlocks = shared_.small.free.size() + shared_.large.free.size();
    for (const auto& [number, pools] : own_) s.cachedBlocks += pools->small.free.size() + pools->large.free.size();
    return s;
  }
  void resetPeak() {
    std::lock_guard<std::mutex> guard(lock_);
    for (auto& pools : counts_.of) {
      for (MemoryCount& c : pools) c.peak = c.current;
    }
  }
  MemoryCounts counts() {
    std::lock_guard<std::mutex> guard(lock_);
    return counts_;
  }
  void setLimit(size_t bytes) { limit_ = bytes; }

 private:
  size_t budget() const { return std::max(kMinBudget, base_ / kBudgetPart); }

  void collect(bool major) {
    collections_++;
    collectGarbage(major);
    if (major) base_ = allocated();
  }

  /** JavaScript's collector sees a tensor as a few bytes: what hangs on it is counted here, as on the host. */
  void makeRoom(size_t size) {
    collect(false);
    if (allocated() + size > base_ + budget() / 2) collect(true);
    threshold_ = std::max(base_ + budget(), allocated() + size / 2);
  }

  /** A block for the current stream, from the cache or from the driver; null where there is none. */
  Block* take(size_t size, size_t requested) {
    std::lock_guard<std::mutex> guard(lock_);
    if (!open_) settle();
    Pools& pools = open_ ? *open_ : shared_;
    Pool& pool = size <= kSmall ? pools.small : pools.large;
    Block wanted{};
    wanted.size = size;
    wanted.stream = chosenStream(index_);
    wanted.data = nullptr;
    Block* block = nullptr;
    if (caching()) {
      const auto found = pool.free.lower_bound(&wanted);
      if (found != pool.free.end() && (*found)->stream == wanted.stream) {
        block = *found;
        eraseFree(block);
      }
    }
    if (!block) block = newSegment(size, pool, wanted.stream);
    if (!block) return nullptr;
    split(block, size);
    block->used = true;
    block->requested = requested;
    used_[block->data] = block;
    count(M::Allocated, block, int64_t(block->size));
    count(M::Allocations, block, 1);
    count(M::Requested, block, int64_t(requested));
    count(M::Active, block, int64_t(block->size));
    count(M::ActiveBlocks, block, 1);
    return block;
  }

  Block* newSegment(size_t size, Pool& pool, CUstream stream) {
    const size_t bytes = !caching()           ? size
                         : pool.small         ? kSmallSegment
                         : size < kOwnSegment ? kLargeSegment
                                              : rounded(size, kSegmentUnit);
    if (limit_ && reserved() + bytes > limit_) return nullptr;
    CUdeviceptr address = 0;
    const Relaxed relaxed;
    const CUresult result = driver().memAlloc(&address, bytes);
    if (result == kOutOfMemory) return nullptr;
    check(result, "memAlloc");
    Block* block = new Block;
    block->data = reinterpret_cast<char*>(address);
    block->size = bytes;
    block->stream = stream;
    block->pool = &pool;
    count(M::Reserved, block, int64_t(bytes));
    count(M::Segments, block, 1);
    segments_.insert(block);
    return block;
  }

  /** Leaves what is not needed free, unless it is too little to serve anything. */
  void split(Block* block, size_t size) {
    const size_t rest = block->size - size;
    if (!caching() || (block->pool->small ? rest < kUnit : rest <= kSmall)) return;
    Block* left = new Block;
    left->data = block->data + size;
    left->size = rest;
    left->stream = block->stream;
    left->pool = block->pool;
    left->before = block;
    left->after = block->after;
    if (left->after) left->after->before = left;
    block->after = left;
    block->size = size;
    insertFree(left);
  }

  size_t allocated() const { return size_t(counts_.of[int(M::Allocated)][0].current); }
  size_t reserved() const { return size_t(counts_.of[int(M::Reserved)][0].current); }

  void count(MemoryMetric metric, const Block* block, int64_t change) {
    counts_.of[int(metric)][0].add(change);
    counts_.of[int(metric)][block->pool->small ? 2 : 1].add(change);
  }
  /** Free memory in the midst of memory that is used cannot be given back to the driver. */
  void countSplit(const Block* block, int sign) {
    if (!block->before && !block->after) return;
    count(M::InactiveSplit, block, sign * int64_t(block->size));
    count(M::InactiveBlocks, block, sign);
  }
  void insertFree(Block* block) {
    block->pool->free.insert(block);
    countSplit(block, 1);
  }
  void eraseFree(Block* block) {
    block->pool->free.erase(block);
    countSplit(block, -1);
  }

  bool isFree(const Block* block) const { return block && !block->used && block->waits == 0; }

  void giveBack(Block* block) {
    count(M::Active, block, -int64_t(block->size));
    count(M::ActiveBlocks, block, -1);
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
    // A graph goes on using what its tensors have given back.
    if (caching() || block->pool->number != 0) {
      insertFree(block);
    } else if (open_) {
      toDrop_.push_back(block);
    } else {
      dropSegment(block);
    }
  }

  void dropSegment(Block* block) {
    // Frees after the queued work is done: the driver waits for it.
    driver().memFree(CUdeviceptr(reinterpret_cast<size_t>(block->data)));
    count(M::Reserved, block, -int64_t(block->size));
    count(M::Segments, block, -1);
    segments_.erase(block);
    delete block;
  }

  /** The block becomes free when all that is queued now on its other streams is done. */
  void waitForOthers(Block* block) {
    for (CUstream stream : block->others) {
      CUevent event = nullptr;
      if (driver().eventCreate(&event, kEventDisableTiming) != kSuccess) continue;
      driver().eventRecord(event, stream);
      block->waits++;
      waiting_.push_back({event, block});
    }
    block->others.clear();
    if (block->waits == 0) giveBack(block);
  }

  /** Blocks whose other streams are done with them become free. */
  void settle() {
    size_t kept = 0;
    for (Waiting& w : waiting_) {
      if (driver().eventQuery(w.event) == kNotReady) {
        waiting_[kept++] = w;
        continue;
      }
      driver().eventDestroy(w.event);
      if (--w.block->waits == 0) giveBack(w.block);
    }
    waiting_.resize(kept);
  }

  [[noreturn]] void outOfMemory(size_t bytes) {
    counts_.outOfMemory++;
    size_t free = 0, total = 0;
    driver().memGetInfo(&free, &total);
    const std::string limited =
        limit_ ? ", the limit for this process is " + readableBytes(limit_) : std::string();
    fail("CUDA out of memory: tried to allocate ", readableBytes(bytes), " on cuda:", index_, " (", properties(index_).name,
         ", ", readableBytes(total), " in all, ", readableBytes(free), " free", limited, "); tensors hold ",
         readableBytes(allocated()), ", ", readableBytes(reserved() - allocated()), " are cached");
  }

  struct Waiting {
    CUevent event;
    Block* block;
  };

  const int index_;
  std::mutex lock_;
  Pools shared_{0};
  std::map<int, std::unique_ptr<Pools>> own_;  // of graphs
  Pools* open_ = nullptr;                      // while a step is captured
  int lastPool_ = 0;
  std::unordered_set<Block*> segments_;        // the first blocks of all
  std::vector<Block*> postponed_, toDrop_;     // until it is over
  std::unordered_map<void*, Block*> used_;
  std::vector<Waiting> waiting_;
  MemoryCounts counts_;
  size_t collections_ = 0;
  size_t base_ = 0, threshold_ = kMinBudget, limit_ = 0;
};

Allocator& allocatorOf(int index) {
  // Never destroyed: finalizers may run late.
  static Allocator* allocators[kMaxCudaDevices];
  static std::mutex lock;
  std::lock_guard<std::mutex> guard(lock);
  if (!allocators[index]) allocators[index] = new Allocator(index);
  return *allocators[index];
}

}  // namespace

void MemoryCount::add(int64_t change) {
  current += change;
  if (change > 0) {
    allocated += change;
    peak = std::max(peak, current);
  } else {
    freed -= change;
  }
}

void* allocate(size_t bytes, int index) {
  checkIndex(index);
  return allocatorOf(index).allocate(bytes);
}
void release(void* block, int index) { allocatorOf(index).release(block); }
void recordStream(void* block, int index, CUstream stream) { allocatorOf(index).recordStream(block, stream); }
int joinPool(int index, int pool) { return allocatorOf(index).joinPool(pool); }
void leavePool(int index, int pool) { allocatorOf(index).leavePool(pool); }
void openPool(int index, int pool) { allocatorOf(index).openPool(pool); }
void closePool(int index) { allocatorOf(index).closePool(); }
std::vector<Segment> cardSegments(int index) { return allocatorOf(index).segments(); }
MemoryCounts memoryCounts(int index) { return allocatorOf(index).counts(); }
CardMemory cardMemory(int index) { return allocatorOf(index).stats(); }
void resetPeak(int index) { allocatorOf(index).resetPeak(); }
void setCardLimit(int index, size_t bytes) { allocatorOf(index).setLimit(bytes); }
void emptyCardCache() {
  refuseInCapture("giving memory back to the driver waits for the card");
  for (int i = 0; i < deviceCount(); i++) {
    if (allocatorOf(i).stats().segments > 0) allocatorOf(i).emptyCache();
  }
  emptyPinnedCache();
}
void cardMemoryInfo(int index, size_t& free, size_t& total) {
  enter(index);
  GB_CUDA(memGetInfo, &free, &total);
}

namespace {
[[maybe_unused]] const bool registered = [] {
  deviceMemory = {
      [](size_t bytes, Device device) { return allocate(bytes, cudaIndex(device)); },
      [](void* block, Device device) { release(block, cudaIndex(device)); },
  };
  return true;
}();
}  // namespace

}  // namespace gb::cuda
