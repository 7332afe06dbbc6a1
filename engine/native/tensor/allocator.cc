#include "tensor/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "tensor/slabs.h"

namespace gb {
namespace {

/** Blocks of this size and more come straight from the system, page by page, and go back to it whole. */
constexpr size_t kMapped = kLargestCut;
/** From here on, pages of 2 MB save most of the cost of the first touch. */
constexpr size_t kHugePages = size_t(4) << 20;
constexpr size_t kHugePage = size_t(2) << 20;
constexpr size_t kAlignment = 64;
constexpr int kClasses = 192;

struct Free {
  Free* next;
};

std::atomic_flag lock = ATOMIC_FLAG_INIT;
Free* freeLists[kClasses];
std::atomic<size_t> cached{0};  // written under the lock only
size_t cacheCap = size_t(256) << 20;
/** Cached bytes at which slabs are looked through for some that nobody uses. */
size_t trimAt = 2 * cacheCap;

/** A class of mapped blocks out of which nothing came while this many bytes were asked for makes room for others. */
constexpr size_t kStale = size_t(1) << 30;
/** Bytes that were asked for so far: as each class was last asked, and as stale ones were last looked for. */
size_t asked = 0, askedOf[kClasses], askedAtSearch = 0;

/** Held for a few instructions only, and hardly ever contended. */
struct Locked {
  Locked() {
    while (lock.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~Locked() { lock.clear(std::memory_order_release); }
};

/** The class whose blocks hold `bytes`: 64-byte steps up to 256, then four per power of two. */
int classOf(size_t bytes) {
  if (bytes <= 256) return bytes == 0 ? 0 : int((bytes - 1) >> 6);
  const int top = 63 - __builtin_clzll(bytes - 1);  // 2^top < bytes <= 2^(top+1)
  return 4 + (top - 8) * 4 + int(((bytes - 1) >> (top - 2)) & 3);
}

size_t sizeOfClass(int index) {
  if (index < 4) return size_t(index + 1) << 6;
  const int top = 8 + (index - 4) / 4;
  return (size_t(1) << top) + (size_t((index - 4) % 4) + 1) * (size_t(1) << (top - 2));
}

void* fromSystem(size_t bytes) {
  if (bytes < kMapped) {
    Locked guard;
    return cutBlock(bytes);
  }
  void* block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) return nullptr;
#ifdef MADV_HUGEPAGE
  if (bytes >= kHugePages) {
    const size_t first = (size_t(block) + kHugePage - 1) & ~(kHugePage - 1);
    const size_t last = (size_t(block) + bytes) & ~(kHugePage - 1);
    if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
  }
#endif
  return block;
}

void addCached(size_t bytes) { cached.store(cached.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed); }

/** A block that has left the lists, with its class. */
struct Leaving {
  Free* block;
  int index;
};

/** Takes a block of a stale class out of the lists; of none where there is no such. Under the lock. */
Leaving takeStale() {
  if (asked - askedAtSearch < kStale / 16) return {nullptr, 0};
  for (int i = kClasses - 1; i >= 0 && sizeOfClass(i) >= kMapped; i--) {
    if (!freeLists[i] || asked - askedOf[i] < kStale) continue;
    Free* block = freeLists[i];
    freeLists[i] = block->next;
    addCached(-sizeOfClass(i));
    return {block, i};
  }
  askedAtSearch = asked;
  return {nullptr, 0};
}

}  // namespace

size_t blockSize(size_t bytes) { return sizeOfClass(classOf(bytes)); }

#if defined(__SANITIZE_ADDRESS__)

// Under AddressSanitizer every block is of exactly the size asked for and used once: it sees each byte too far.
void* allocateBlock(size_t bytes) {
  void* block = nullptr;
  if (bytes > (size_t(1) << 40)) return nullptr;
  return posix_memalign(&block, kAlignment, bytes ? bytes : 1) == 0 ? block : nullptr;
}
void freeBlock(void* block, size_t) { std::free(block); }

#else

void* allocateBlock(size_t bytes) {
  if (bytes > (size_t(1) << 50)) return nullptr;
  const int index = classOf(bytes);
  const size_t size = sizeOfClass(index);
  {
    Locked guard;
    asked += size;
    askedOf[index] = asked;
    if (Free* block = freeLists[index]) {
      freeLists[index] = block->next;
      addCached(-size);
      return block;
    }
  }
  void* block = fromSystem(size);
  if (!block) {
    releaseCached();
    block = fromSystem(size);
  }
  return block;
}

void freeBlock(void* block, size_t bytes) {
  const int index = classOf(bytes);
  const size_t size = sizeOfClass(index);
  bool full = false;
  while (block) {
    Leaving stale{nullptr, 0};
    {
      Locked guard;
      // A part of a slab cannot go back by itself.
      if (size < kMapped || cachedBytes() + size <= cacheCap) {
        Free* node = static_cast<Free*>(block);
        node->next = freeLists[index];
        freeLists[index] = node;
        addCached(size);
        full = cachedBytes() > trimAt;
        break;
      }
      if (size <= cacheCap) stale = takeStale();
    }
    if (stale.block) {
      munmap(stale.block, sizeOfClass(stale.index));
    } else {
      munmap(block, size);
      block = nullptr;
    }
  }
  if (full) releaseCached();
}

#endif

size_t cachedBytes() { return cached.load(std::memory_order_relaxed); }

void setCacheCap(size_t bytes) {
  Locked guard;
  cacheCap = bytes;
  trimAt = 2 * bytes;
}

void releaseCached() {
  Locked guard;
  const auto forSmall = [](const auto& body) {
    for (int i = 0; sizeOfClass(i) < kMapped; i++) body(freeLists[i], sizeOfClass(i));
  };
  forSmall([](Free* list, size_t) {
    for (; list; list = list->next) countIdle(list);
  });
  forSmall([](Free*& list, size_t size) {
    for (Free** link = &list; *link;) {
      if (isSlabIdle(*link)) {
        *link = (*link)->next;
        addCached(-size);
      } else {
        link = &(*link)->next;
      }
    }
  });
  releaseSlabs();
  for (int i = 0; i < kClasses; i++) {
    const size_t size = sizeOfClass(i);
    while (size >= kMapped && freeLists[i]) {
      Free* const block = freeLists[i];
      freeLists[i] = block->next;
      addCached(-size);
      munmap(block, size);
    }
  }
  trimAt = std::max(2 * cacheCap, 2 * cachedBytes());
}

}  // namespace gb
