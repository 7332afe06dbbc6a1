// Cards: their properties and contexts, which one is current, and the streams that work is queued on.
#pragma once
#include <string>

#include "cuda/api/driver.h"
#include "tensor/dtype.h"

namespace gb::cuda {

struct Properties {
  std::string name;
  int major, minor;
  size_t totalMemory;
  int multiProcessorCount, maxThreadsPerMultiProcessor, maxThreadsPerBlock, warpSize;
  int sharedMemPerBlock, sharedMemPerBlockOptin;

  int capability() const { return major * 10 + minor; }
};

/** Why nothing can be computed on a card: no driver, no card, no compiler. Empty where it can. */
const std::string& problem();

/** Fails with a sentence where there is no such card. */
void checkIndex(int index);
const Properties& properties(int index);
CUcontext contextOf(int index);

/** Makes the card's context current on this thread. Cheap where it is already. */
void enter(int index);
inline void enter(Device device) { enter(cudaIndex(device)); }

/** In a card's context while it lives, for what garbage collection does in the middle of another card's work. */
class Visit {
 public:
  explicit Visit(int index);
  ~Visit();
  Visit(const Visit&) = delete;
  bool inside = false;

 private:
  int before_;
};

/** The card that "cuda" without a number means. */
int currentDevice();
void setCurrentDevice(int index);

/**
 * The stream that is used unless another is chosen: one of the engine's own. The driver's null stream looks after every other
 * stream of the process, and a launch on it costs up to a third more.
 */
CUstream defaultStream(int index);
/**
 * The stream that operations on this card are queued on. For who is about to queue: what waits to be joined with others
 * (runtime/capture.h) goes first.
 */
CUstream currentStream(int index);
/** The same for who only asks. */
CUstream chosenStream(int index);
inline CUstream currentStream(Device device) { return currentStream(cudaIndex(device)); }
void setCurrentStream(int index, CUstream stream);
/** A stream of its own from a pool that lives as long as the program; a lower number is more urgent. */
CUstream newStream(int index, int priority);

/** Waits until everything that was queued on the card is done. Errors of earlier kernels come out here. */
void synchronize(int index);
void synchronizeStream(int index, CUstream stream);

}  // namespace gb::cuda
