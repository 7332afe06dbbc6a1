// What the host hands to the kernels of scatter.cu: beside arguments.h, and under its rules.
#pragma once
#include "cuda/kernels/arguments.h"

namespace gb {
namespace cuda {

/** Elements that a thread reads or sets. */
constexpr int kIndexEach = 4;
/** Places of a line that a block of threads has in its shared memory at most. */
constexpr int kLinePlaces = 8192;

/** Threads of a block at most, positions of a thread, and bits of a key that a pass of the sort looks at. */
constexpr int kScatterThreads = 1024, kScatterEach = 8, kScatterBits = 7;

/** How a value joins with what is in its place: as Along's codes. */
constexpr int kScatterAdd = 2, kScatterMultiply = 3, kScatterMaximum = 4;

struct ScatterArguments {
  /** Bytes from one position's values to the next. */
  long long valueStep;
  int mode;
  /** What values are multiplied by before they are added. */
  double factor;
  /** Elements of a block of values that a thread block takes. */
  unsigned int columns;
  /** The lowest bits of a place's number are the share that it belongs to; the sort looks at the others, in so many passes. */
  int groupBits, passes;
};

/** Threads of a block where positions are sorted all together (scatter_runs.cu). */
constexpr int kRunThreads = 256;

struct RunArguments {
  /** In order: where values go, in elements from the base and one more (0: nowhere), and their positions. */
  const unsigned int *keys, *order;
  long long valueStep;
  int mode;
  double factor;
  /** Positions; elements of a block of values, and how many of them a thread block takes side by side. */
  long long count;
  unsigned int elements, columns;
  /** Positions that a team of threads takes behind each other. */
  long long each;
  /** [block][column]: what belongs to a run that began before, and a run that goes on, so far. */
  void *heads, *tails;
};

}  // namespace cuda
}  // namespace gb
