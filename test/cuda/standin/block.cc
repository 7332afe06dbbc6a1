#include "block.h"

#include <sys/mman.h>

#include <cstdlib>

namespace standin {
namespace {

/** The block whose thread runs: makecontext takes no pointers. */
Block* running = nullptr;

}  // namespace

Block::Block(GbRuntime& runtime) : runtime_(runtime) {
  void* range = mmap(nullptr, kStack * kMostThreads, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) std::abort();
  stacks_ = static_cast<char*>(range);
  fibers_.reserve(kMostThreads);
}

void Block::select(int thread) {
  current_ = thread;
  const unsigned t = unsigned(thread);
  runtime_.thread = {t % threads_.x, t / threads_.x % threads_.y, t / threads_.x / threads_.y};
}

/** Runs threads that have not begun until one waits (and keeps the fiber) or none is left. */
void Block::work() {
  while (begun_ < count_) {
    const int thread = backwards_ ? count_ - 1 - begun_ : begun_;
    begun_++;
    all_[size_t(thread)].fiber = currentFiber_;
    select(thread);
    enter_(arguments_);
    all_[size_t(current_)].state = kDone;
    // The thread may have waited: others have begun meanwhile, and the block is resumed by its main loop.
    if (begun_ >= count_) break;
  }
}

void Block::body() {
  Block* block = running;
  block->work();
  block->freeFibers_.push_back(block->currentFiber_);
  block->fibers_[size_t(block->currentFiber_)].started = false;
  block->toMain();
}

int Block::freshFiber() {
  int index;
  if (freeFibers_.empty()) {
    if (fibers_.size() >= kMostThreads) std::abort();
    fibers_.push_back({stacks_ + fibers_.size() * kStack, {}, {}, false});
    index = int(fibers_.size()) - 1;
  } else {
    index = freeFibers_.back();
    freeFibers_.pop_back();
  }
  Fiber& fiber = fibers_[size_t(index)];
  getcontext(&fiber.start);
  fiber.start.uc_stack.ss_sp = fiber.stack;
  fiber.start.uc_stack.ss_size = kStack;
  fiber.start.uc_link = nullptr;
  makecontext(&fiber.start, &Block::body, 0);
  fiber.started = false;
  return index;
}

void Block::resume(int index) {
  currentFiber_ = index;
  Fiber& fiber = fibers_[size_t(index)];
  if (_setjmp(main_) != 0) return;
  if (fiber.started) _longjmp(fiber.at, 1);
  fiber.started = true;
  setcontext(&fiber.start);
}

void Block::wait(State state) {
  const int thread = current_;
  all_[size_t(thread)].state = state;
  Fiber& fiber = fibers_[size_t(currentFiber_)];
  if (_setjmp(fiber.at) == 0) toMain();
  select(thread);
}

void Block::barrier() { wait(kAtBarrier); }

uint64_t Block::exchange(unsigned mask, uint64_t value, int source) {
  Thread& t = all_[size_t(current_)];
  t.mask = mask;
  t.value = value;
  t.source = source;
  t.isBallot = false;
  const int self = current_;
  wait(kAtWarp);
  return all_[size_t(self)].result;
}

unsigned Block::ballot(unsigned mask, bool predicate) {
  Thread& t = all_[size_t(current_)];
  t.mask = mask;
  t.predicate = predicate;
  t.isBallot = true;
  const int self = current_;
  wait(kAtWarp);
  return unsigned(all_[size_t(self)].result);
}

void Block::abort(const std::string& why) {
  error = why;
  toMain();
  __builtin_unreachable();
}

/** Lets warps go on whose lanes have all come to the same exchange. */
bool Block::settleWarps() {
  bool moved = false;
  for (int first = 0; first < count_; first += 32) {
    const int lanes = count_ - first < 32 ? count_ - first : 32;
    for (int lane = 0; lane < lanes; lane++) {
      const Thread& t = all_[size_t(first + lane)];
      if (t.state != kAtWarp) continue;
      const unsigned present = lanes == 32 ? 0xffffffffu : (1u << lanes) - 1;
      bool complete = true;
      unsigned votes = 0;
      for (int other = 0; other < lanes; other++) {
        if (!((t.mask >> other) & 1)) continue;
        const Thread& o = all_[size_t(first + other)];
        if (o.state == kDone) {
          error = "a warp operation names lane " + std::to_string(other) + ", which has left the kernel";
          return false;
        }
        complete &= o.state == kAtWarp && o.mask == t.mask && o.isBallot == t.isBallot;
        if (o.isBallot && o.predicate) votes |= 1u << other;
      }
      if (!((t.mask >> lane) & 1)) {
        error = "a warp operation's mask leaves out the lane that calls it";
        return false;
      }
      if (!complete) continue;
      const unsigned mask = t.mask & present;
      for (int other = 0; other < lanes; other++) {
        if (!((mask >> other) & 1)) continue;
        Thread& o = all_[size_t(first + other)];
        const bool there = o.source >= 0 && o.source < 32 && ((mask >> o.source) & 1);
        o.result = o.isBallot ? votes : there ? all_[size_t(first + o.source)].value : o.value;
      }
      for (int other = 0; other < lanes; other++) {
        if ((mask >> other) & 1) all_[size_t(first + other)].state = kReady;
      }
      moved = true;
    }
  }
  return moved;
}

bool Block::settleBlock() {
  bool any = false;
  for (const Thread& t : all_) {
    if (t.state == kAtWarp) return false;
    any |= t.state == kAtBarrier;
  }
  for (Thread& t : all_) {
    if (t.state == kAtBarrier) t.state = kReady;
  }
  return any;
}

bool Block::run(Enter enter, void** arguments, GbIndex threads, bool backwards) {
  enter_ = enter;
  arguments_ = arguments;
  threads_ = threads;
  backwards_ = backwards;
  count_ = int(threads.x * threads.y * threads.z);
  begun_ = 0;
  error.clear();
  all_.assign(size_t(count_), Thread{kNew, -1, 0, 0, 0, 0, false, false});
  running = this;
  while (error.empty()) {
    if (begun_ < count_) {
      resume(freshFiber());
      continue;
    }
    bool live = false, ready = false;
    for (int i = 0; i < count_ && error.empty(); i++) {
      const int thread = backwards ? count_ - 1 - i : i;
      if (all_[size_t(thread)].state == kReady) {
        ready = true;
        resume(all_[size_t(thread)].fiber);
      }
      live |= all_[size_t(thread)].state != kDone;
    }
    if (!error.empty() || (!live && !ready)) break;
    if (ready) continue;
    if (settleWarps() || !error.empty()) continue;
    if (!settleBlock()) error = "threads wait for each other: some are at a warp operation that others never reach";
  }
  if (!error.empty()) {
    // Fibers that were left in the middle begin anew.
    fibers_.clear();
    freeFibers_.clear();
  }
  return error.empty();
}

}  // namespace standin
