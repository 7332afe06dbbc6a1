// What tensors hold, and when garbage collection is asked for. JavaScript's collector sees a tensor as a few bytes, so
// the memory behind it is counted here: past a budget, a minor collection is asked for, then a major one, and an
// allocation beyond the limit fails with an error that says how much was asked, held and allowed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "tensor/dtype.h"

namespace gb {

struct MemoryStats {
  size_t allocatedBytes;
  size_t peakBytes;
  size_t cachedBytes;
  size_t liveTensors;
  size_t minorCollections;
  size_t majorCollections;
};

/** Runs JavaScript's garbage collector on the current thread. */
using Collector = void (*)(bool major);
/** Tells JavaScript's heap that this many bytes more (or less) hang on its objects. */
using PressureReport = void (*)(int64_t change);

/** For the current thread. Null: there is nobody to ask. */
void setCollector(Collector collector, PressureReport report);

/** A block of at least `bytes` for a tensor. Throws where the limit or the system does not allow it. */
void* allocateTensorMemory(size_t bytes);
void freeTensorMemory(void* block, size_t bytes);

/** Memory of another kind of device than the host: its backend sets this when it is loaded. `owner` is what it knows a block by. */
struct DeviceBlock {
  void *data, *owner;
};
struct DeviceMemory {
  DeviceBlock (*allocate)(size_t bytes, Device device);
  void (*free)(void* owner, Device device);
};
extern DeviceMemory deviceMemory;

/** Memory of the host that cards read and write by themselves; set by their backend. Counted as the host's. */
struct PinnedHostMemory {
  void* (*allocate)(size_t bytes);
  void (*free)(void* block);
};
extern PinnedHostMemory pinnedHostMemory;
void* allocatePinnedTensorMemory(size_t bytes);
void freePinnedTensorMemory(void* block, size_t bytes);

/** Runs JavaScript's garbage collector, so that tensors that nobody holds give their memory back. */
void collectGarbage(bool major);

/** A tensor handle came or went: its own structures weigh something too. */
void countHandle(int change);

/** A number of bytes for a message: 1.50 GiB. */
std::string readableBytes(size_t bytes);

MemoryStats memoryStats();
/** `budget`: bytes of garbage before collection is asked for (0: automatic). `limit`: 0 for the machine's memory. */
void setMemoryLimits(size_t budget, size_t limit);

}  // namespace gb
