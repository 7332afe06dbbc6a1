#include "cuda/runtime/allocator.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "cuda/runtime/blocks.h"
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

/**
 * Growth of what tensors hold after which garbage collection is asked for: so much at least, this part of the card where that is
 * more (large results in a loop would ask for a collection each, which takes longer than making them), and this part of what is held.
 */
constexpr size_t kMinBudget = size_t(256) << 20;
constexpr size_t kCardPart = 16, kBudgetPart = 4;

size_t rounded(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

bool caching() {
  static const bool off = std::getenv("GRADBOOK_NO_CUDA_MEMORY_CACHING") != nullptr;
  return !off;
}

using M = MemoryMetric;

class Allocator {
 public:
  explicit Allocator(int index) : index_(index) {}

  /** `lasting`: not from the pool of what is being captured. */
  Block* allocate(size_t bytes, bool lasting) {
    // Without the cache every tensor has a segment of exactly its size, so that tools see each byte too far.
    const size_t size = caching() ? rounded(bytes ? bytes : 1, kUnit) : bytes ? bytes : 1;
    if (allocated() + size > threshold_) makeRoom(size);
    enter(index_);
    Block* block = take(size, bytes, lasting);
    if (!block) {
      collect(true);
      if (!open_) dropForgottenGraphs();
      block = take(size, bytes, lasting);
    }
    if (!block && !open_) {
      blocks_.counts.retries++;
      emptyCache();
      block = take(size, bytes, lasting);
    }
    if (!block) outOfMemory(bytes);
    return block;
  }

  void release(Block* block) {
    std::lock_guard<std::mutex> guard(lock_);
    blocks_.letGo(block);
    if (block->others.empty()) return giveBack(block);
    if (open_) {
      // An event would become part of what is captured.
      block->waits = 1;
      postponed_.push_back(block);
      return;
    }
    waitForOthers(block);
  }

  void recordStream(Block* block, CUstream stream) {
    std::lock_guard<std::mutex> guard(lock_);
    if (block->stream == stream) return;
    std::vector<CUstream>& others = block->others;
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
    for (Block* first : blocks_.firstsOf(number)) {
      for (Block *block = first, *next; block; block = next) {
        next = block->after;
        const bool free = block->listed;
        if (free) blocks_.eraseFree(block);
        block->pool = block->pool->small ? &shared_.small : &shared_.large;
        block->stream = defaultStream(index_);
        if (free && caching()) blocks_.insertFree(block);
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
    return blocks_.list();
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
    CardMemory s{};
    s.allocated = allocated();
    s.allocatedPeak = size_t(blocks_.counts.of[int(M::Allocated)][0].peak);
    s.reserved = reserved();
    s.reservedPeak = size_t(blocks_.counts.of[int(M::Reserved)][0].peak);
    s.segments = blocks_.current(M::Segments);
    s.activeBlocks = blocks_.current(M::Allocations);
    s.collections = collections_;
    s.cachedBlocks = shared_.small.free.size() + shared_.large.free.size();
    for (const auto& [number, pools] : own_) s.cachedBlocks += pools->small.free.size() + pools->large.free.size();
    return s;
  }
  void resetPeak() {
    std::lock_guard<std::mutex> guard(lock_);
    for (auto& pools : blocks_.counts.of) {
      for (MemoryCount& c : pools) c.peak = c.current;
    }
  }
  MemoryCounts counts() {
    std::lock_guard<std::mutex> guard(lock_);
    return blocks_.counts;
  }
  void setLimit(size_t bytes) {
    limit_ = bytes;
    threshold_ = 0;
  }

 private:
  size_t budget() const {
    const size_t card = properties(index_).totalMemory, usable = limit_ ? std::min(limit_, card) : card;
    return std::max({kMinBudget, usable / kCardPart, base_ / kBudgetPart});
  }

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
  Block* take(size_t size, size_t requested, bool lasting) {
    std::lock_guard<std::mutex> guard(lock_);
    if (!open_) settle();
    Pools& pools = open_ && !lasting ? *open_ : shared_;
    Pool& pool = size <= kSmall ? pools.small : pools.large;
    const CUstream stream = chosenStream(index_);
    Block* block = caching() ? blocks_.find(pool, size, stream) : nullptr;
    if (!block) block = newSegment(size, pool, stream);
    if (!block) return nullptr;
    // What is not needed stays free, unless it is too little to serve anything.
    const size_t rest = block->size - size;
    const bool cut = caching() && (pool.small ? rest >= kUnit : rest > kSmall);
    block = blocks_.take(block, cut ? size : block->size);
    blocks_.hold(block, requested);
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
    return blocks_.add(reinterpret_cast<char*>(address), bytes, pool, stream);
  }

  size_t allocated() const { return blocks_.current(M::Allocated); }
  size_t reserved() const { return blocks_.current(M::Reserved); }

  void giveBack(Block* block) {
    blocks_.settled(block);
    // A graph goes on using what its tensors have given back.
    if (caching() || block->pool->number != 0) {
      blocks_.join(block);
    } else if (open_) {
      toDrop_.push_back(block);
    } else {
      dropSegment(block);
    }
  }

  void dropSegment(Block* block) {
    // Frees after the queued work is done: the driver waits for it.
    driver().memFree(CUdeviceptr(reinterpret_cast<size_t>(block->data)));
    blocks_.remove(block);
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
    blocks_.counts.outOfMemory++;
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
  std::vector<Block*> postponed_, toDrop_;     // until it is over
  std::vector<Waiting> waiting_;
  Blocks blocks_;
  size_t collections_ = 0;
  size_t base_ = 0, threshold_ = 0, limit_ = 0;  // the first allocation sets the threshold
};

/** Never destroyed: finalizers may run late. */
std::atomic<Allocator*> allocators[kMaxCudaDevices];

__attribute__((noinline)) Allocator& makeAllocator(int index) {
  static std::mutex lock;
  std::lock_guard<std::mutex> guard(lock);
  Allocator* made = allocators[index].load();
  if (!made) allocators[index] = made = new Allocator(index);
  return *made;
}

Allocator& allocatorOf(int index) {
  Allocator* made = allocators[index].load(std::memory_order_acquire);
  return __builtin_expect(made != nullptr, 1) ? *made : makeAllocator(index);
}

}  // namespace

Held allocate(size_t bytes, int index, bool lasting) {
  Block* block = allocatorOf(index).allocate(bytes, lasting);
  return {block->data, block};
}
void release(Block* block, int index) { allocatorOf(index).release(block); }
void recordStream(Block* block, int index, CUstream stream) { allocatorOf(index).recordStream(block, stream); }
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
  dropForgottenGraphs();
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
      [](size_t bytes, Device device) {
        const Held held = allocate(bytes, cudaIndex(device));
        return DeviceBlock{held.data, held.block};
      },
      [](void* owner, Device device) { release(static_cast<Block*>(owner), cudaIndex(device)); },
  };
  return true;
}();
}  // namespace

}  // namespace gb::cuda
