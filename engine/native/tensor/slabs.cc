#include "tensor/slabs.h"

#include <sys/mman.h>

#include <cstdint>

namespace gb {
namespace {

/** Size and alignment of a slab: what lies beyond its last block is lost. */
constexpr size_t kSlab = size_t(8) << 20;
/** Between blocks of a page and more: neighbours of one size would meet in the same sets of a cache. */
constexpr size_t kGap = 192, kPage = 4096;

struct alignas(64) Slab {
  Slab* next;
  size_t used;  // bytes, this header among them
  size_t blocks, idle;
};

Slab* all = nullptr;
/** The slab that is being cut. */
Slab* current = nullptr;

Slab* slabOf(void* block) { return reinterpret_cast<Slab*>(uintptr_t(block) & ~uintptr_t(kSlab - 1)); }

Slab* newSlab() {
  // Twice the size holds an aligned one.
  void* range = mmap(nullptr, 2 * kSlab, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (range == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(range);
  char* const slab = reinterpret_cast<char*>((uintptr_t(begin) + kSlab - 1) & ~uintptr_t(kSlab - 1));
  if (slab > begin) munmap(begin, size_t(slab - begin));
  munmap(slab + kSlab, size_t(begin + kSlab - slab));
#ifdef MADV_HUGEPAGE
  madvise(slab, kSlab, MADV_HUGEPAGE);
#endif
  Slab* const made = reinterpret_cast<Slab*>(slab);
  *made = {all, sizeof(Slab), 0, 0};
  all = made;
  return made;
}

}  // namespace

void* cutBlock(size_t size) {
  if (!current || current->used + size > kSlab) {
    Slab* const fresh = newSlab();
    if (!fresh) return nullptr;
    current = fresh;
  }
  char* const block = reinterpret_cast<char*>(current) + current->used;
  current->used += size + (size >= kPage ? kGap : 0);
  current->blocks++;
  return block;
}

void countIdle(void* block) { slabOf(block)->idle++; }

bool isSlabIdle(void* block) {
  const Slab* const slab = slabOf(block);
  return slab->idle == slab->blocks;
}

void releaseSlabs() {
  Slab** link = &all;
  while (Slab* const slab = *link) {
    if (slab->idle == slab->blocks) {
      *link = slab->next;
      if (slab == current) current = nullptr;
      munmap(slab, kSlab);
    } else {
      slab->idle = 0;
      link = &slab->next;
    }
  }
}

}  // namespace gb
