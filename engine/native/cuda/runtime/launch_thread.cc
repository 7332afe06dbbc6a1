#include "cuda/runtime/launch_thread.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>

#include "cpu/threads.h"
#include "cuda/runtime/capture.h"
#include "cuda/runtime/device.h"
#include "cuda/runtime/launch.h"
#include "tensor/error.h"

namespace gb::cuda {

std::atomic<bool> handedOver{false};

namespace {

using Clock = std::chrono::steady_clock;

/**
 * When the thread is used (GRADBOOK_LAUNCH_THREAD). Automatic: where there are processors for it, while calls follow each other
 * closely. What is done now and then, as in a cell that is tried out, is done at once, and so are its errors told at once.
 */
enum class LaunchThread { Automatic, Always, Never };

/** Bytes of calls that may wait: over a thousand launches, as many as the driver itself takes before it makes its caller wait. */
constexpr uint64_t kRoom = uint64_t(1) << 18;
/** No two calls share a cache line: one thread writes the next while the other reads the last. */
constexpr uint64_t kLine = 64;

/** Bytes of the next call that are asked for while this one is made. */
constexpr uint64_t kAhead = 512;

/** So many calls, each so soon after the one before, are a run for which the thread is woken, which costs some microseconds. */
constexpr int kRun = 8;
constexpr auto kSoon = std::chrono::microseconds(50);
/** How long the thread looks for the next call before it sleeps, and how long if calls came again so soon; as cpu/threads.cc. */
constexpr auto kFirstLook = std::chrono::microseconds(20), kLongLook = std::chrono::microseconds(250);
/** How long who waits for the thread looks without giving its processor away. */
constexpr auto kLook = std::chrono::microseconds(200);

struct alignas(16) Call {
  MakeCall make;  // null: the rest of the room is not used, the next call is at its beginning
  const char* op;
  uint32_t bytes;  // with this head
  int32_t device;
};

thread_local bool isLaunchThread = false;

/** Never destroyed: its thread may outlive the end of main. */
struct Ring {
  alignas(kLine) unsigned char room[kRoom];
  alignas(kLine) std::atomic<uint64_t> written{0};  // by who hands over
  alignas(kLine) std::atomic<uint64_t> done{0};     // by the thread
  std::atomic<unsigned long long> made{0};
  alignas(kLine) std::atomic<bool> awake{false};
  std::atomic<bool> failed{false}, closing{false};

  std::mutex mutex;
  std::condition_variable wake;
  std::string failure;
  std::thread thread;

  // Of the one thread that hands over.
  std::atomic<std::thread::id> owner{};
  LaunchThread use;
  uint64_t begun = 0;
  bool here = false;
  uint64_t doneSeen = 0;
  int run = 0;
  Clock::time_point last{};

  Ring() : use(chosenByUser()) {}

  static LaunchThread chosenByUser() {
    const char* value = std::getenv("GRADBOOK_LAUNCH_THREAD");
    const std::string text = value ? value : "";
    if (launchBlocking() || text == "off") return LaunchThread::Never;
    if (text == "always") return LaunchThread::Always;
    GB_CHECK(text.empty() || text == "auto", "expected GRADBOOK_LAUNCH_THREAD to be auto, always or off, got ", text);
    return availableCores() > 1 ? LaunchThread::Automatic : LaunchThread::Never;
  }

  Call* at(uint64_t position) { return reinterpret_cast<Call*>(room + position % kRoom); }
  bool empty() const { return done.load(std::memory_order_acquire) == written.load(std::memory_order_relaxed); }

  // The thread.

  void work() {
    isLaunchThread = true;
    uint64_t position = done.load();
    Clock::duration patience = kFirstLook;
    while (!closing.load(std::memory_order_relaxed)) {
      if (position == written.load(std::memory_order_acquire)) {
        const auto start = Clock::now();
        wait(position, patience);
        patience = Clock::now() - start < kLongLook ? kLongLook : kFirstLook;
        continue;
      }
      Call* call = at(position);
      if (!call->make) {
        position += kRoom - position % kRoom;
      } else {
        const uint64_t bytes = call->bytes;
        // The next one comes from the other processor's cache while the driver is busy with this one.
        if (position + bytes < written.load(std::memory_order_acquire)) {
          for (uint64_t line = 0; line < kAhead; line += kLine) __builtin_prefetch(room + (position + bytes + line) % kRoom);
        }
        perform(*call);
        position += bytes;
        made.store(made.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      }
      done.store(position, std::memory_order_release);
    }
  }

  void wait(uint64_t position, Clock::duration patience) {
    const auto start = Clock::now();
    do {
      for (int i = 0; i < 64; i++) {
        if (position != written.load(std::memory_order_acquire)) return;
        pause();
      }
    } while (Clock::now() - start < patience);
    std::unique_lock<std::mutex> guard(mutex);
    // Whoever writes after this sees it and wakes the thread; what was written before is seen here.
    awake.store(false);
    if (position == written.load() && !closing) wake.wait(guard, [&] { return awake.load() || closing.load(); });
    awake.store(true);
  }

  void perform(Call& call) {
    const OpName name(call.op);
    try {
      enter(call.device);
      call.make(&call + 1);
    } catch (const std::exception& error) {
      // What follows from an error is not told.
      std::lock_guard<std::mutex> guard(mutex);
      if (!failed) failure = error.what();
      failed.store(true, std::memory_order_release);
    }
  }

  // Who hands over.

  bool mine() {
    const std::thread::id self = std::this_thread::get_id();
    std::thread::id before = owner.load(std::memory_order_relaxed);
    if (__builtin_expect(before == self, 1)) return true;
    return before == std::thread::id() && owner.compare_exchange_strong(before, self);
  }

  /** Whether the next call is made by the caller: always a safe choice where nothing waits. */
  bool makesHere() {
    if (use == LaunchThread::Never || capturing) return true;
    if (use == LaunchThread::Always || awake.load(std::memory_order_relaxed) || !empty()) return false;
    const auto now = Clock::now();
    run = now - last < kSoon ? run + 1 : 0;
    last = now;
    return run < kRun;
  }

  /** Where there is room for so many bytes behind what was written. Waits for the thread until there is. */
  uint64_t reserve(uint64_t bytes) {
    const uint64_t position = written.load(std::memory_order_relaxed);
    const uint64_t rest = kRoom - position % kRoom;
    const uint64_t needed = bytes > rest ? rest + bytes : bytes;
    if (position + needed - doneSeen > kRoom) {
      waitFor([&] { return position + needed - (doneSeen = done.load(std::memory_order_acquire)) <= kRoom; });
    }
    if (bytes <= rest) return position;
    at(position)->make = nullptr;
    return position + rest;
  }

  void publish() {
    handedOver.store(true, std::memory_order_relaxed);
    written.store(begun + at(begun)->bytes);
    if (__builtin_expect(awake.load(), 1)) return;
    std::lock_guard<std::mutex> guard(mutex);
    if (!thread.joinable()) start();
    awake.store(true);
    wake.notify_one();
  }

  void start() {
    // Signals are for the threads of Node.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread = std::thread([this] { work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    // The driver must not be taken down while the thread is in it.
    std::atexit([] { close(); });
  }

  template <class Ready>
  static void waitFor(const Ready& ready) {
    for (int i = 0; i < 256; i++) {
      if (ready()) return;
      pause();
    }
    const auto start = Clock::now();
    while (!ready()) {
      const auto waited = Clock::now() - start;
      if (waited < kLook) {
        pause();
      } else {
        std::this_thread::sleep_for(std::min<Clock::duration>(waited / 8, std::chrono::milliseconds(1)));
      }
    }
  }

  static void close();
};

Ring& ring() {
  static Ring* const made = new Ring;
  return *made;
}

void Ring::close() {
  Ring& r = ring();
  if (isLaunchThread || !r.thread.joinable()) return;
  {
    std::lock_guard<std::mutex> guard(r.mutex);
    r.closing = true;
  }
  r.wake.notify_one();
  r.thread.join();
  r.use = LaunchThread::Never;
  r.done.store(r.written);
}

/** A call of a thread that hands nothing over. */
thread_local struct {
  alignas(16) unsigned char values[8192];
  MakeCall make;
} own;

}  // namespace

void finishHandedOver() {
  if (isLaunchThread) return;
  Ring& r = ring();
  Ring::waitFor([&] { return r.empty(); });
  if (r.mine()) handedOver.store(false, std::memory_order_relaxed);
}

void* beginCall(int index, size_t bytes, MakeCall make) {
  Ring& r = ring();
  if (__builtin_expect(r.failed.load(std::memory_order_relaxed), 0)) checkHandedOver();
  if (__builtin_expect(!r.mine(), 0)) {
    GB_CHECK(bytes <= sizeof own.values, "a call of ", bytes, " bytes");
    enter(index);
    own.make = make;
    return own.values;
  }
  const uint64_t whole = (sizeof(Call) + bytes + kLine - 1) / kLine * kLine;
  GB_CHECK(whole <= kRoom / 2, "a call of ", bytes, " bytes");
  r.here = r.makesHere();
  if (r.here) {
    if (handedOver.load(std::memory_order_relaxed)) finishHandedOver();
    enter(index);
  }
  r.begun = r.reserve(whole);
  Call* call = r.at(r.begun);
  call->make = make;
  call->op = currentOp;
  call->bytes = uint32_t(whole);
  call->device = index;
  return call + 1;
}

void endCall() {
  Ring& r = ring();
  if (__builtin_expect(!r.mine(), 0)) {
    finishHandedOver();
    return own.make(own.values);
  }
  if (!r.here) return r.publish();
  Call* call = r.at(r.begun);
  call->make(call + 1);
}

void checkHandedOver() {
  Ring& r = ring();
  if (__builtin_expect(!r.failed.load(std::memory_order_acquire), 1)) return;
  if (isLaunchThread) return;
  finishHandedOver();
  std::string text;
  {
    std::lock_guard<std::mutex> guard(r.mutex);
    text.swap(r.failure);
    r.failed = false;
  }
  throw Error(text);
}

unsigned long long callsByThread() { return ring().made.load(std::memory_order_relaxed); }

}  // namespace gb::cuda
