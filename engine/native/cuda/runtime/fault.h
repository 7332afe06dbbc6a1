// What kernels find wrong with the data that they work on (an index out of bounds). A card cannot throw: the kernel notes
// it where the host looks when it waits, and the op that waits throws in the name of the op that queued the kernel.
#pragma once
#include "cuda/kernels/arguments.h"
#include "cuda/runtime/allocator.h"
#include "tensor/dtype.h"

namespace gb::cuda {

/** The card's place for faults, in host memory that the card can write. */
Fault* faultOf(int index);
/** The code of the op that runs, for `Fault::op`. */
int faultCode();
/** Throws where something was noted, and clears it. The card must have been waited for. */
void checkFault(int index);

/** Scratch memory for the kernels of one call: back in the cache when it goes out of scope, for later work of the stream. */
class Scratch {
 public:
  Scratch(size_t bytes, Device device);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  void* data() const { return held_.data; }

 private:
  Held held_;
  Device device_;
};

}  // namespace gb::cuda
