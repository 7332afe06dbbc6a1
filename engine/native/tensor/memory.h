// What tensors hold, and when garbage collection is asked for. JavaScript's collector sees a tensor as a few bytes, so
// the memory behind it is counted here: past a budget, a minor collection is asked for, then a major one, and an
// allocation beyond the limit fails with an error that says how much was asked, held and allowed.
#pragma once
#include <cstddef>
#include <cstdint>

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

/** A tensor handle came or went: its own structures weigh something too. */
void countHandle(int change);

MemoryStats memoryStats();
/** `budget`: bytes of garbage before collection is asked for (0: automatic). `limit`: 0 for the machine's memory. */
void setMemoryLimits(size_t budget, size_t limit);

}  // namespace gb
