// Device memory, pinned memory and copies.
#include "world.h"

using namespace standin;

API int cuMemGetInfo_v2(size_t* free, size_t* total) {
  if (const int error = begin()) return error;
  *total = world().settings.memory;
  *free = *total - world().cards[size_t(current)].used;
  return 0;
}
API int cuMemAlloc_v2(Address* address, size_t bytes) {
  if (const int error = beginUnsafe("cuMemAlloc")) return error;
  World& w = world();
  Card& card = w.cards[size_t(current)];
  if (bytes == 0) return kInvalidValue;
  if (card.used + bytes > w.settings.memory) return kOutOfMemory;
  const size_t at = w.place(bytes);
  *address = Address(w.runtime.arena) + at;
  w.next = (at + bytes + kGap + 255) & ~size_t(255);
  w.blocks[*address] = {bytes, current};
  w.mark(*address, bytes, true);
  card.used += bytes;
  // Fresh memory holds anything but zeros.
  std::memset(w.at(*address), 0xcd, bytes);
  return 0;
}
API int cuMemFree_v2(Address address) {
  if (!world().error) {
    if (const int error = beginUnsafe("cuMemFree")) return error;
  }
  drainAll();
  World& w = world();
  const auto found = w.blocks.find(address);
  if (found == w.blocks.end()) return kInvalidValue;
  w.mark(address, found->second.first, false);
  w.cards[size_t(found->second.second)].used -= found->second.first;
  w.blocks.erase(found);
  return w.error;
}
API int cuMemHostAlloc(void** block, size_t bytes, unsigned) {
  if (const int error = beginUnsafe("cuMemHostAlloc")) return error;
  *block = std::aligned_alloc(4096, (bytes + 4095) & ~size_t(4095));
  world().pinned[*block] = bytes;
  return *block ? 0 : kOutOfMemory;
}
API int cuMemFreeHost(void* block) {
  if (!world().error) {
    if (const int error = beginUnsafe("cuMemFreeHost")) return error;
  }
  drainAll();
  if (!world().pinned.erase(block)) return kInvalidValue;
  std::free(block);
  return 0;
}

namespace {
bool isPinned(const void* p) {
  for (const auto& block : world().pinned) {
    if (p >= block.first && p < static_cast<char*>(block.first) + block.second) return true;
  }
  return false;
}
/** What a graph copies is looked at again each time: it may have been freed meanwhile. */
std::function<void()> checked(Address address, size_t bytes, const char* call, std::function<void()> work);
int checkRange(Address address, size_t bytes, const char* call) {
  if (world().allocated(address, bytes)) return 0;
  world().fail(kInvalidValue, std::string(call) + ": " + std::to_string(bytes) + " bytes are not all allocated");
  return kInvalidValue;
}
void* inside(Address address) { return world().at(address); }
std::function<void()> checked(Address address, size_t bytes, const char* call, std::function<void()> work) {
  return [=, work = std::move(work)] {
    if (checkRange(address, bytes, call) == 0) work();
  };
}
/** Memory that is not pinned is copied by way of the driver's own, which a capture does not allow. */
int refusePageable(void* stream, const void* memory) {
  Stream& s = streamOf(stream);
  return s.capture && !isPinned(memory) ? broken(*s.capture, kCaptureUnsupported, "a copy of memory that is not pinned") : 0;
}
}  // namespace

API int cuMemcpyHtoDAsync_v2(Address to, const void* from, size_t bytes, void* stream) {
  if (const int error = beginOn(stream)) return error;
  constexpr const char* call = "a copy to the card";
  if (const int error = checkRange(to, bytes, call)) return error;
  if (const int error = refusePageable(stream, from)) return error;
  void* target = inside(to);
  if (isPinned(from)) {
    streamOf(stream).put(checked(to, bytes, call, [=] { std::memcpy(target, from, bytes); }));
  } else {
    std::string staged(static_cast<const char*>(from), bytes);
    streamOf(stream).put([=, staged = std::move(staged)] { std::memcpy(target, staged.data(), bytes); });
  }
  return 0;
}
API int cuMemcpyDtoHAsync_v2(void* to, Address from, size_t bytes, void* stream) {
  if (const int error = beginOn(stream)) return error;
  constexpr const char* call = "a copy from the card";
  if (const int error = checkRange(from, bytes, call)) return error;
  if (const int error = refusePageable(stream, to)) return error;
  Stream& s = streamOf(stream);
  s.put(checked(from, bytes, call, [=] { std::memcpy(to, inside(from), bytes); }));
  // Memory that is not pinned is filled when the call comes back.
  if (!isPinned(to)) world().drain(s, s.last());
  return world().error;
}
API int cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void* stream) {
  if (const int error = beginOn(stream)) return error;
  constexpr const char* call = "a copy";
  if (const int error = checkRange(to, bytes, call)) return error;
  if (const int error = checkRange(from, bytes, call)) return error;
  streamOf(stream).put(
      checked(to, bytes, call, checked(from, bytes, call, [=] { std::memmove(inside(to), inside(from), bytes); })));
  return 0;
}
API int cuMemcpyPeerAsync(Address to, void*, Address from, void*, size_t bytes, void* stream) {
  return cuMemcpyDtoDAsync_v2(to, from, bytes, stream);
}
API int cuMemsetD8Async(Address to, unsigned char value, size_t bytes, void* stream) {
  if (const int error = beginOn(stream)) return error;
  constexpr const char* call = "filling";
  if (const int error = checkRange(to, bytes, call)) return error;
  streamOf(stream).put(checked(to, bytes, call, [=] { std::memset(inside(to), value, bytes); }));
  return 0;
}
