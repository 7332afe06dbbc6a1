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

class Allocator {
 public:
  explicit Allocator(int index) : index_(index) {}

  void* allocate(size_t bytes) {
    // Without the cache every tensor has a segment of exactly its size, so that tools see each byte too far.
    const size_t size = caching() ? rounded(bytes ? bytes : 1, kUnit) : bytes ? bytes : 1;
    if (stats_.allocated + size > threshold_) makeRoom(size);
    enter(index_);
    Block* block = take(size);
    if (!block) {
      collect(true);
      block = take(size);
    }
    if (!block && !open_) {
      emptyCache();
      block = take(size);
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
    stats_.allocated -= block->size;
    stats_.activeBlocks--;
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
        const bool free = block->pool->free.erase(block) > 0;
        block->pool = block->pool->small ? &shared_.small : &shared_.large;
        block->stream = nullptr;
        if (free && caching()) block->pool->free.insert(block);
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
    CardMemory s = stats_;
    s.cachedBlocks = shared_.small.free.size() + shared_.large.free.size();
    for (const auto& [number, pools] : own_) s.cachedBlocks += pools->small.free.size() + pools->large.free.size();
    return s;
  }
  void resetPeak() {
    std::lock_guard<std::mutex> guard(lock_);
    stats_.allocatedPeak = stats_.allocated;
    stats_.reservedPeak = stats_.reserved;
  }
  void setLimit(size_t bytes) { limit_ = bytes; }

 private:
  size_t budget() const { return std::max(kMinBudget, base_ / kBudgetPart); }

  void collect(bool major) {
    stats_.collections++;
    collectGarbage(major);
    if (major) base_ = stats_.allocated;
  }

  /** JavaScript's collector sees a tensor as a few bytes: what hangs on it is counted here, as on the host. */
  void makeRoom(size_t size) {
    collect(false);
    if (stats_.allocated + size > base_ + budget() / 2) collect(true);
    threshold_ = std::max(base_ + budget(), stats_.allocated + size / 2);
  }

  /** A block for the current stream, from the cache or from the driver; null where there is none. */
  Block* take(size_t size) {
    std::lock_guard<std::mutex> guard(lock_);
    if (!open_) settle();
    Pools& pools = open_ ? *open_ : shared_;
    Pool& pool = size <= kSmall ? pools.small : pools.large;
    Block wanted{};
    wanted.size = size;
    wanted.stream = currentStream(index_);
    wanted.data = nullptr;
    Block* block = nullptr;
    if (caching()) {
      const auto found = pool.free.lower_bound(&wanted);
      if (found != pool.free.end() && (*found)->stream == wanted.stream) {
        block = *found;
        pool.free.erase(found);
      }
    }
    if (!block) block = newSegment(size, pool, wanted.stream);
    if (!block) return nullptr;
    split(block, size);
    block->used = true;
    used_[block->data] = block;
    stats_.allocated += block->size;
    stats_.activeBlocks++;
    stats_.allocatedPeak = std::max(stats_.allocatedPeak, stats_.allocated);
    return block;
  }

  Block* newSegment(size_t size, Pool& pool, CUstream stream) {
    const size_t bytes = !caching()           ? size
                         : pool.small         ? kSmallSegment
                         : size < kOwnSegment ? kLargeSegment
                                              : rounded(size, kSegmentUnit);
    if (limit_ && stats_.reserved + bytes > limit_) return nullptr;
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
    stats_.reserved += bytes;
    stats_.reservedPeak = std::max(stats_.reservedPeak, stats_.reserved);
    stats_.segments++;
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
    block->pool->free.insert(left);
  }

  bool isFree(const Block* block) const { return block && !block->used && block->waits == 0; }

  void giveBack(Block* block) {
    if (Block* next = block->after; isFree(next)) {
      block->pool->free.erase(next);
      block->size += next->size;
      block->after = next->after;
      if (block->after) block->after->before = block;
      delete next;
    }
    if (Block* previous = block->before; isFree(previous)) {
      block->pool->free.erase(previous);
      previous->size += block->size;
      previous->after = block->after;
      if (previous->after) previous->after->before = previous;
      delete block;
      block = previous;
    }
    // A graph goes on using what its tensors have given back.
    if (caching() || block->pool->number != 0) {
      block->pool->free.insert(block);
    } else if (open_) {
      toDrop_.push_back(block);
    } else {
      dropSegment(block);
    }
  }

  void dropSegment(Block* block) {
    // Frees after the queued work is done: the driver waits for it.
    driver().memFree(CUdeviceptr(reinterpret_cast<size_t>(block->data)));
    stats_.reserved -= block->size;
    stats_.segments--;
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
    size_t free = 0, total = 0;
    driver().memGetInfo(&free, &total);
    const std::string limited =
        limit_ ? ", the limit for this process is " + readableBytes(limit_) : std::string();
    fail("CUDA out of memory: tried to allocate ", readableBytes(bytes), " on cuda:", index_, " (", properties(index_).name,
         ", ", readableBytes(total), " in all, ", readableBytes(free), " free", limited, "); tensors hold ",
         readableBytes(stats_.allocated), ", ", readableBytes(stats_.reserved - stats_.allocated), " are cached");
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
  CardMemory stats_{};
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
