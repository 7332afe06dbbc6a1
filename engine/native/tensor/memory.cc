#include "tensor/memory.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>

#include "tensor/allocator.h"
#include "tensor/deferred.h"
#include "tensor/error.h"

namespace gb {
namespace {

/** The smallest budget. More would only mean that tensors come to lie in memory that no cache holds. */
constexpr size_t kMinBudget = size_t(32) << 20;
/** It grows up to here where major collections follow each other after less than so many budgets of allocations. */
constexpr size_t kMaxGrown = size_t(256) << 20;
constexpr size_t kRareMajor = 8;
/** A stride is halved after so many minor collections in a row that freed most of what had come. */
constexpr int kFruitful = 2;
/** The budget is this part of what stays alive, where that is more. */
constexpr size_t kBudgetPart = 4;
/** What one handle weighs beside its elements: tensor, storage, Node's reference, JavaScript objects. */
constexpr size_t kHandleBytes = 768;
/** Growth of what stays alive that JavaScript's heap is told of at once. */
constexpr int64_t kReportStep = int64_t(32) << 20;

std::atomic<size_t> blocks{0}, peak{0}, handles{0}, minors{0}, majors{0};
/** Bytes of blocks and of what handles weigh. */
size_t live() { return blocks + handles * kHandleBytes; }
/** Live bytes at which collection is asked for next; live bytes after the last major one. */
std::atomic<size_t> threshold{kMinBudget}, base{0};
size_t fixedBudget = 0;
/** The budget that has shown itself to be large enough; bytes allocated since the last major collection. */
size_t grown = kMinBudget, flow = 0;
size_t liveAfterLast = 0;
/**
 * Growth since the last collection at which a minor one is asked for, of at most the budget. Small where they free what has
 * come, so that the next results lie in memory that the caches still hold; large where most is in use, as in the forward half of a
 * step: there they would only make it old.
 */
size_t stride = kMinBudget;
int fruitful = 0;
size_t limit = 0;
int64_t reported = 0;

thread_local Collector collector = nullptr;
thread_local PressureReport pressure = nullptr;
thread_local bool collecting = false;

size_t budget() { return fixedBudget ? fixedBudget : std::max(grown, base.load() / kBudgetPart); }

size_t readNumber(const char* path) {
  unsigned long long value = 0;
  if (FILE* file = std::fopen(path, "r")) {
    if (std::fscanf(file, "%llu", &value) != 1) value = 0;
    std::fclose(file);
  }
  return size_t(value);
}

/** Nine tenths of the machine's memory, or of what its container may use. */
size_t machineLimit() {
  size_t bytes = size_t(sysconf(_SC_PHYS_PAGES)) * size_t(sysconf(_SC_PAGESIZE));
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    if (const size_t group = readNumber(path)) bytes = std::min(bytes, group);
  }
  return bytes / 10 * 9;
}

size_t effectiveLimit() {
  static const size_t machine = machineLimit();
  return limit ? limit : machine;
}

void collect(bool major) {
  if (!collector || collecting) return;
  collecting = true;
  struct Reset {
    ~Reset() { collecting = false; }
  } reset;
  (major ? majors : minors)++;
  collector(major);
  if (major) {
    base = live();
    const int64_t change = int64_t(live()) - reported;
    if (pressure && (change >= kReportStep || change <= -kReportStep)) {
      pressure(change);
      reported += change;
    }
  }
}

/** Called when the next allocation would pass the threshold. */
__attribute__((noinline)) void makeRoom(size_t bytes) {
  if (!collector || collecting) return;
  const size_t before = live(), growth = before > liveAfterLast ? before - liveAfterLast : 0;
  flow += growth;
  collect(false);
  if (live() + growth / 2 > before) {
    stride = std::min(kMaxGrown, stride * 2);
    fruitful = 0;
  } else if (++fruitful == kFruitful) {
    stride = std::max(kMinBudget, stride / 2);
    fruitful = 0;
  }
  // A minor collection that leaves half of the budget in use has met garbage that survived into the old generation.
  if (live() > base + budget() / 2) {
    const size_t old = live();
    collect(true);
    // A training step whose tensors fill the budget would pay for that in every step; what was in use asks for no more room.
    if (flow < kRareMajor * budget() && old - std::min(old, live()) > budget() / 4) grown = std::min(kMaxGrown, grown * 2);
    flow = 0;
  }
  liveAfterLast = live();
  const size_t next = fixedBudget ? base + budget() : std::min(base + budget(), live() + stride);
  threshold = std::max(next, live() + bytes / 2);
}

[[noreturn]] void outOfMemory(size_t bytes) {
  fail("out of memory: tried to allocate ", readableBytes(bytes), "; tensors hold ", readableBytes(live()), ", ",
       readableBytes(cachedBytes()), " are cached, the limit is ", readableBytes(effectiveLimit()));
}

}  // namespace

DeviceMemory deviceMemory{nullptr, nullptr};
int (*deferredUses)(const Storage*) = [](const Storage*) { return 0; };
std::atomic<void (*)(const Tensor&)> tensorWatch{nullptr};
PinnedHostMemory pinnedHostMemory{nullptr, nullptr};

std::string readableBytes(size_t bytes) {
  char text[32];
  if (bytes >= size_t(1) << 30) {
    std::snprintf(text, sizeof text, "%.2f GiB", double(bytes) / double(size_t(1) << 30));
  } else if (bytes >= size_t(1) << 20) {
    std::snprintf(text, sizeof text, "%.2f MiB", double(bytes) / double(size_t(1) << 20));
  } else {
    std::snprintf(text, sizeof text, "%zu bytes", bytes);
  }
  return text;
}

void collectGarbage(bool major) { collect(major); }

void setCollector(Collector collect, PressureReport report) {
  collector = collect;
  pressure = report;
}

namespace {
/** Collects where the budget or the limit asks for it; what a block of so many bytes counts. */
size_t makeRoomFor(size_t bytes) {
  const size_t size = blockSize(bytes);
  if (live() + size > threshold) makeRoom(size);
  if (live() + size > effectiveLimit()) {
    collect(true);
    if (live() + size > effectiveLimit()) outOfMemory(bytes);
  }
  return size;
}

void countBlock(size_t size) {
  const size_t now = (blocks += size) + handles * kHandleBytes;
  if (now > peak) peak = now;
}
}  // namespace

void* allocateTensorMemory(size_t bytes) {
  const size_t size = makeRoomFor(bytes);
  if (live() + cachedBytes() + size > effectiveLimit()) releaseCached();
  void* block = allocateBlock(bytes);
  if (!block) {
    collect(true);
    block = allocateBlock(bytes);
    if (!block) outOfMemory(bytes);
  }
  countBlock(size);
  return block;
}

void* allocatePinnedTensorMemory(size_t bytes) {
  const size_t size = makeRoomFor(bytes);
  void* block = pinnedHostMemory.allocate(bytes);
  countBlock(size);
  return block;
}

void freePinnedTensorMemory(void* block, size_t bytes) {
  blocks -= blockSize(bytes);
  pinnedHostMemory.free(block);
}

void freeTensorMemory(void* block, size_t bytes) {
  blocks -= blockSize(bytes);
  freeBlock(block, bytes);
}

void countHandle(int change) { handles += size_t(change); }

MemoryStats memoryStats() {
  return {blocks, peak, cachedBytes(), handles, minors, majors};
}

void setMemoryLimits(size_t budgetBytes, size_t limitBytes) {
  fixedBudget = budgetBytes;
  limit = limitBytes;
  threshold = base + budget();
}

}  // namespace gb
