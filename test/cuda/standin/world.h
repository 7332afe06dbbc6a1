// The stand-in's state: cards, memory, streams, what is captured; and what every call of the driver begins with.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "block.h"
#include "door.h"
#include "graph.h"

namespace standin {

using Address = unsigned long long;
constexpr int kInvalidValue = 1, kOutOfMemory = 2, kNoDevice = 100, kInvalidDevice = 101, kInvalidImage = 200,
              kInvalidContext = 201, kNotFound = 500, kNotReady = 600, kIllegalAddress = 700, kLaunchFailed = 719, kIllegalState = 401,
              kCaptureUnsupported = 900, kCaptureInvalidated = 901, kCaptureMerge = 902, kCaptureUnmatched = 903,
              kCaptureUnjoined = 904, kCaptureIsolation = 905, kCaptureImplicit = 906, kCapturedEvent = 907;

struct Settings {
  size_t memory = size_t(1) << 30;
  size_t busy = 0;
  int devices = 2, driver = 12090, capability = 90, init = 0, context = 0, slow = 0;
  std::string fail, failGraph;

  Settings() {
    const char* text = std::getenv("GRADBOOK_STANDIN");
    std::string all = text ? text : "";
    for (size_t at = 0; at < all.size();) {
      const size_t end = std::min(all.find(',', at), all.size()), equals = all.find('=', at);
      const std::string name = all.substr(at, equals - at), value = all.substr(equals + 1, end - equals - 1);
      if (name == "memory") memory = size_t(std::atoi(value.c_str())) << 20;
      if (name == "busy") busy = size_t(std::atoi(value.c_str())) << 20;
      if (name == "context") context = std::atoi(value.c_str());
      if (name == "devices") devices = std::atoi(value.c_str());
      if (name == "driver") driver = std::atoi(value.c_str());
      if (name == "capability") capability = std::atoi(value.c_str());
      if (name == "init") init = std::atoi(value.c_str());
      if (name == "slow") slow = std::atoi(value.c_str());
      if (name == "fail") fail = value;
      if (name == "failGraph") failGraph = value;
      at = end + 1;
    }
  }
};

constexpr size_t kArena = size_t(1) << 36;
constexpr size_t kGap = 256;

struct Stream;

struct Event {
  Stream* stream = nullptr;
  long ticket = 0;  // done when so many of the stream's works are
  std::shared_ptr<double> when;
  std::shared_ptr<Capture> capture;  // where it was recorded while the stream captured
};

struct Stream {
  std::deque<std::function<void()>> queue;
  long done = 0;
  bool blocking = true;
  std::shared_ptr<Capture> capture;
  long captured = 0;  // works that became nodes
  long last() const { return done + long(queue.size()); }
  void put(std::function<void()> work) {
    if (!capture) return queue.push_back(std::move(work));
    capture->nodes.push_back(std::move(work));
    captured++;
  }
};

struct Module {
  void* handle;
  uint64_t begin, end;
};

struct Function {
  std::string name;
  Enter enter;
  unsigned (*sizes)(unsigned*);
  GbRuntime** runtime;
  const Module* module;
  unsigned mostShared = 49152;  // bytes that a launch may give
};

struct Card {
  size_t used = 0;
};

struct World {
  Settings settings;
  GbRuntime runtime{};
  unsigned char* shadow;
  char* inside;
  size_t next = kGap, window = size_t(8) << 20;
  std::map<Address, std::pair<size_t, int>> blocks;
  std::map<void*, size_t> pinned;
  std::vector<Card> cards;
  Stream defaults[16];
  Block block{runtime};
  const Function* function = nullptr;
  const char* parameters = nullptr;
  size_t parameterBytes = 0;
  int error = 0;
  long launches = 0;

  World() {
    // The same memory twice: where kernels see it, forbidden to the host; and where the driver itself copies.
    const int file = memfd_create("card", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, off_t(kArena)) != 0) std::abort();
    void* arena = mmap(nullptr, kArena, PROT_NONE, MAP_SHARED | MAP_NORESERVE, file, 0);
    void* own = mmap(nullptr, kArena, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
    close(file);
    inside = static_cast<char*>(own);
    void* bytes = mmap(nullptr, kArena / 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (arena == MAP_FAILED || own == MAP_FAILED || bytes == MAP_FAILED) std::abort();
    shadow = static_cast<unsigned char*>(bytes);
    runtime.arena = static_cast<char*>(arena);
    runtime.arenaBytes = kArena;
    runtime.shadow = shadow;
    cards.assign(size_t(settings.devices), Card{settings.busy});
  }

  /** Device memory is open while kernels run, from the first of a queue to the end of waiting for it. */
  bool open = false;
  void setOpen(bool wanted) {
    if (open == wanted) return;
    open = wanted;
    mprotect(runtime.arena, window, wanted ? PROT_READ | PROT_WRITE : PROT_NONE);
  }

  /** Where the driver itself reads and writes device memory. */
  void* at(Address address) const { return inside + (address - Address(runtime.arena)); }

  /** A free place for so many bytes, as long after the last one as may be: what was freed stays forbidden for a while. */
  size_t place(size_t bytes) {
    bool wrapped = false;
    for (size_t candidate = next;;) {
      if (candidate + bytes + kGap > window) {
        if (wrapped) {
          window *= 2;
          if (window > kArena) std::abort();
          continue;
        }
        wrapped = true;
        candidate = kGap;
      }
      const Address begin = Address(runtime.arena) + candidate;
      auto block = blocks.lower_bound(begin + bytes + kGap);
      if (block == blocks.begin()) return candidate;
      --block;
      const Address end = block->first + block->second.first + kGap;
      if (end <= begin) return candidate;
      candidate = size_t((end + 255 - Address(runtime.arena)) & ~Address(255));
    }
  }

  void mark(Address address, size_t bytes, bool there) {
    const size_t first = (address - Address(runtime.arena)) >> 4;
    for (size_t i = 0; i * 16 < bytes; i++) shadow[first + i] = there ? (unsigned char)std::min<size_t>(16, bytes - i * 16) : 0;
  }

  /** Whether a range is one that a copy may touch. */
  bool allocated(Address address, size_t bytes) const {
    auto at = blocks.upper_bound(address);
    if (at == blocks.begin()) return bytes == 0;
    --at;
    return address + bytes <= at->first + at->second.first;
  }

  void fail(int code, const std::string& text) {
    std::fprintf(stderr, "stand-in for CUDA: %s\n", text.c_str());
    if (!error) error = code;
  }

  void drain(Stream& stream, long until) {
    work(stream, until);
    setOpen(false);
  }

  void work(Stream& stream, long until) {
    while (stream.done < until && !stream.queue.empty()) {
      std::function<void()> work = std::move(stream.queue.front());
      stream.queue.pop_front();
      if (!error) work();
      stream.done++;
    }
  }
};

double milliseconds();
/** Streams of all cards, the default ones among them. */
std::vector<Stream*>& allStreams();
World& world();
/** The current card of this thread; -1 before there is one. */
extern thread_local int current;
Stream& streamOf(void* stream);
void drainAll();
/** Called for accesses that are not plainly right. */
void access(unsigned long address, unsigned long size, bool store);

/** Errors that last come first, then the context. */
int begin();
extern std::vector<std::shared_ptr<Capture>> captures;
extern thread_local int captureMode;
int broken(Capture& capture, int error, const char* call);
/** For calls that wait for the card or might: not while something is captured, unless the thread says that it knows. */
int beginUnsafe(const char* call, bool always = false);
/** For what is queued: the capture must be whole, and the default stream waits for streams that block. */
int beginOn(void* stream);
/** For calls that wait for a stream, or for an event. */
int beginWait(void* stream, const char* call);
int beginWait(const Event& e);

}  // namespace standin
