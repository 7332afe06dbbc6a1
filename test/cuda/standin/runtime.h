// What the stand-in driver lends to a loaded kernel.
#pragma once

struct GbIndex {
  unsigned x, y, z;
};

struct GbRuntime {
  GbIndex thread, block, threads, blocks;
  char* arena;
  unsigned long arenaBytes;
  const unsigned char* shadow;  // for every 16 bytes of the arena: how many of them are allocated
  /** Where a kernel's own variables are: the fibers' stacks, and the module with its shared memory and constants. */
  unsigned long stacks, stackBytes, module, moduleBytes;
  void (*barrier)();
  /** Hands 8 bytes to the lanes of `mask` and takes those of lane `source`; all of them must come here. */
  unsigned long (*exchange)(unsigned mask, unsigned long value, int source);
  /** Bit i: lane i's predicate. */
  unsigned (*ballot)(unsigned mask, bool predicate);
  /** Called for what is outside of the arena or not aligned or not allocated: ends the kernel, or returns. */
  void (*access)(unsigned long address, unsigned long size, bool store);
};
