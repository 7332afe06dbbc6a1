#include "cuda/runtime/pinned.h"

#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cuda/runtime/capture.h"
#include "cuda/runtime/device.h"
#include "tensor/error.h"
#include "tensor/memory.h"

namespace gb::cuda {
namespace {

/** CU_MEMHOSTALLOC_PORTABLE: pinned for the contexts of all cards. */
constexpr unsigned kPortable = 1;
constexpr size_t kLeast = 512;

struct Block {
  void* data;
  size_t size;
  std::vector<std::pair<int, CUstream>> uses;
  int waits = 0;  // events of those streams that have not happened
};

struct Waiting {
  CUevent event;
  Block* block;
};

class PinnedAllocator {
 public:
  void* allocate(size_t bytes) {
    refuseInCapture("it takes pinned memory, which is the host's");
    // As PyTorch does: powers of two, so that batches of nearly one size share blocks.
    size_t size = kLeast;
    while (size < bytes) size *= 2;
    std::lock_guard<std::mutex> guard(lock_);
    settle();
    Block* block = nullptr;
    std::vector<Block*>& free = free_[size];
    if (!free.empty()) {
      block = free.back();
      free.pop_back();
    } else {
      block = fresh(size, bytes);
    }
    used_[block->data] = block;
    stats_.allocated += size;
    return block->data;
  }

  void release(void* data) {
    std::lock_guard<std::mutex> guard(lock_);
    const auto found = used_.find(data);
    if (found == used_.end()) return;
    Block* block = found->second;
    used_.erase(found);
    stats_.allocated -= block->size;
    for (const auto& [index, stream] : block->uses) {
      // A capture began when the card was done with everything, and an event would become part of it.
      if (capturing && capturing->device() == index) continue;
      const Visit visit(index);
      CUevent event = nullptr;
      block->waits++;
      if (visit.inside && driver().eventCreate(&event, kEventDisableTiming) == kSuccess &&
          driver().eventRecord(event, stream) == kSuccess) {
        waiting_.push_back({event, block});
      }
      // Otherwise nothing tells when the card is done with it, and the block is never given out again.
    }
    block->uses.clear();
    if (block->waits == 0) free_[block->size].push_back(block);
  }

  void use(void* data, int index, CUstream stream) {
    std::lock_guard<std::mutex> guard(lock_);
    const auto found = used_.find(data);
    if (found == used_.end()) return;
    const std::pair<int, CUstream> use{index, stream};
    for (const auto& before : found->second->uses) {
      if (before == use) return;
    }
    found->second->uses.push_back(use);
  }

  void empty() {
    std::lock_guard<std::mutex> guard(lock_);
    settle();
    giveBack();
  }

  PinnedMemory stats() {
    std::lock_guard<std::mutex> guard(lock_);
    return stats_;
  }

 private:
  Block* fresh(size_t size, size_t bytes) {
    enter(currentDevice());
    void* data = nullptr;
    CUresult result = driver().memHostAlloc(&data, size, kPortable);
    if (result == kOutOfMemory) {
      giveBack();
      result = driver().memHostAlloc(&data, size, kPortable);
    }
    GB_CHECK(result == kSuccess, "the driver has no ", readableBytes(bytes), " of pinned memory: ", describe(result), "; tensors hold ",
             readableBytes(stats_.allocated), " of it");
    stats_.reserved += size;
    return new Block{data, size, {}, 0};
  }

  void giveBack() {
    for (auto& [size, blocks] : free_) {
      for (Block* block : blocks) {
        driver().memFreeHost(block->data);
        stats_.reserved -= size;
        delete block;
      }
      blocks.clear();
    }
  }

  void settle() {
    size_t kept = 0;
    for (const Waiting& w : waiting_) {
      if (driver().eventQuery(w.event) == kNotReady) {
        waiting_[kept++] = w;
        continue;
      }
      driver().eventDestroy(w.event);
      if (--w.block->waits == 0) free_[w.block->size].push_back(w.block);
    }
    waiting_.resize(kept);
  }

  std::mutex lock_;
  std::unordered_map<size_t, std::vector<Block*>> free_;
  std::unordered_map<void*, Block*> used_;
  std::vector<Waiting> waiting_;
  PinnedMemory stats_{0, 0};
};

PinnedAllocator& pinned() {
  // Never destroyed: finalizers may run late.
  static PinnedAllocator* const made = new PinnedAllocator;
  return *made;
}

}  // namespace

void* allocatePinned(size_t bytes) { return pinned().allocate(bytes); }
void releasePinned(void* block) { pinned().release(block); }
void usePinned(void* block, int index, CUstream stream) { pinned().use(block, index, stream); }
void emptyPinnedCache() { pinned().empty(); }
PinnedMemory pinnedMemory() { return pinned().stats(); }

namespace {
[[maybe_unused]] const bool registered = [] {
  pinnedHostMemory = {allocatePinned, releasePinned};
  return true;
}();
}  // namespace

}  // namespace gb::cuda
