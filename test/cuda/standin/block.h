// One block of a kernel: its threads are fibers that run one at a time, from one barrier to the next.
#pragma once
#include <csetjmp>
#include <cstdint>
#include <string>
#include <ucontext.h>
#include <vector>

#include "runtime.h"

namespace standin {

using Enter = void (*)(void**);

class Block {
 public:
  /** `runtime` is what kernels see; `order` −1 runs threads from the last to the first. */
  explicit Block(GbRuntime& runtime);

  /** Runs all threads. False: the kernel ended in `error`. */
  bool run(Enter enter, void** arguments, GbIndex threads, bool backwards);
  std::string error;

  void barrier();
  uint64_t exchange(unsigned mask, uint64_t value, int source);
  unsigned ballot(unsigned mask, bool predicate);
  /** Ends the kernel from within a thread. */
  [[noreturn]] void abort(const std::string& why);
  /** The range of all stacks. */
  uint64_t stacks() const { return uint64_t(stacks_); }
  static constexpr size_t kStack = 128 * 1024, kMostThreads = 1024 + 1;

 private:
  enum State : uint8_t { kNew, kReady, kAtBarrier, kAtWarp, kDone };
  struct Fiber {
    char* stack;
    ucontext_t start;
    jmp_buf at;
    bool started;
  };
  struct Thread {
    State state;
    int fiber;
    unsigned mask;
    uint64_t value, result;
    int source;
    bool predicate, isBallot;
  };

  static void body();
  void work();
  void select(int thread);
  void wait(State state);
  void toMain() { _longjmp(main_, 1); }
  void resume(int fiber);
  int freshFiber();
  bool settleWarps();
  bool settleBlock();

  GbRuntime& runtime_;
  char* stacks_;
  Enter enter_ = nullptr;
  void** arguments_ = nullptr;
  GbIndex threads_{};
  bool backwards_ = false;
  int count_ = 0, begun_ = 0, current_ = -1, currentFiber_ = -1;
  std::vector<Thread> all_;
  std::vector<Fiber> fibers_;
  std::vector<int> freeFibers_;
  jmp_buf main_;
};

}  // namespace standin
