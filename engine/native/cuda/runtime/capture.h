// Captured steps: what is queued while a step is captured becomes the nodes of a graph instead of being done, and the graph is
// replayed as one launch. A graph sees addresses: its memory comes from a pool of its own, and numbers that change from replay
// to replay (seeds, learning rates, counts of steps) are read from words of the card's memory that are set before each.
#pragma once
#include <memory>
#include <unordered_map>
#include <vector>

#include "cuda/api/driver.h"
#include "cuda/kernels/arguments.h"
#include "cuda/runtime/allocator.h"
#include "ops/random.h"

namespace gb::cuda {

class Graph {
 public:
  /** `pool` 0 makes a pool of memory; others are those of earlier graphs, which then must be replayed in the order of capture. */
  Graph(int device, int pool);
  /** Waits for the card: a replay may still be running. */
  ~Graph();
  Graph(const Graph&) = delete;

  /**
   * What this thread queues on the stream, and what it allocates on the card, is the graph's until `end` or `abandon`. `join`:
   * runs of pointwise ops become one kernel.
   */
  void begin(CUstream stream, bool join);
  /** Throws where the driver found that the capture was broken; it is over in any case. */
  void end();
  void abandon();
  /** Sets the words and queues the whole on the card's current stream. */
  void replay();

  /** Words of the card's memory that are the host's to change: the number they go by, and where kernels read them. */
  struct Words {
    int id;
    unsigned long long* at;
    int count;
  };
  Words takeWords(int count);
  void setWords(int id, const double* values, int count);

  /** Where the random numbers of a launch begin. */
  PhiloxState random(Generator& generator, uint64_t count);

  /** Numbers that the next step of an optimiser reads; see `takeStepNumbers`. */
  Words stepNumbers{};

  /** Keeps what the graph may read from outside of its own memory for as long as it lives. */
  void hold(const Tensor& tensor);
  bool holds(const Storage* memory) const { return held_.count(memory->id) > 0; }

  int device() const { return device_; }
  bool joins() const { return join_; }
  int pool() const { return pool_; }
  size_t nodes() const { return nodes_; }

 private:
  struct Page {
    Held held;
    unsigned long long* memory;
    size_t room;
    std::vector<unsigned long long> values;
  };
  struct Place {
    size_t page, first, count;
  };
  void leave();

  const int device_;
  const int pool_;
  CUstream stream_ = nullptr;
  bool join_ = false;
  CUgraphExec exec_ = nullptr;
  size_t nodes_ = 0;
  std::vector<Page> pages_;
  std::vector<Place> places_;
  std::unordered_map<uint64_t, StorageRef> held_;
  uint64_t firstOwn_ = 0;  // storages with lower numbers were there before
  Words randomWords_{};
  uint64_t drawn_ = 0;
};

/** The graph that this thread captures; null mostly. */
extern thread_local Graph* capturing;

/**
 * Destroys graphs that nobody holds any more, and so gives their memory back. Who holds them sets this: garbage collection, which
 * may come in the midst of a capture, only says which they are.
 */
extern void (*dropForgottenGraphs)();

/** Ops of a captured step that wait to be joined into one kernel (cuda/ops/chain.h): to be queued, or forgotten. */
struct WaitingWork {
  void (*queue)();
  void (*drop)();
};
extern WaitingWork waitingWork;
/** Whether there are any. */
extern thread_local bool waits;
inline void queueWaiting() {
  if (__builtin_expect(waits, 0)) waitingWork.queue();
}

/** Fails while a step is captured: "[item] not possible in a captured step: …". */
void refuseInCapture(const char* why);

/** While it lives, calls that a capture would refuse (new memory, loading kernels) are allowed; for what a graph does not see. */
class Relaxed {
 public:
  Relaxed();
  ~Relaxed();
  Relaxed(const Relaxed&) = delete;

 private:
  int before_ = kCaptureRelaxed;
};

/** Counters for `count` numbers of each thread, in a captured step too. */
PhiloxState philoxFor(Generator& generator, uint64_t count);

/** The constants of an optimiser's step in the card's memory, where a step is captured; else null. Fails where none were given. */
struct StepNumbers {
  const double* at;
  int count;
};
StepNumbers takeStepNumbers();

}  // namespace gb::cuda
