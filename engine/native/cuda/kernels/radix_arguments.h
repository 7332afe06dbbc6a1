// What the host hands to the kernels of radix.cu: beside arguments.h, and under its rules.
#pragma once

namespace gb {
namespace cuda {

/** Bits of a key that one pass looks at, and what they can be. */
constexpr int kRadixBits = 8, kRadixDigits = 1 << kRadixBits;
/** Threads of a block, and bytes of the keys that each has. */
constexpr int kRadixThreads = 512, kRadixBytes = 64;
/** Elements of a row at most: what a block tells the next ones is 30 bits and how far it counts. */
constexpr long long kRadixMost = (1ll << 30) - 1;

struct RadixArguments {
  /** Rows of `n` keys. */
  const void* x;
  /** Where the keys go in order, and the places from which they come: one of the two. */
  void* values;
  long long* indices;
  unsigned int* order;
  /** Room for keys and places between passes, one after the other. */
  void* keys[2];
  unsigned int* places[2];
  /** [row][pass][digit]: keys with that digit, then keys with smaller ones. [row]: passes that are needed, a bit for each. */
  unsigned int *counts, *needed;
  /** Zero at first. [row][pass]: tiles that are taken. [row][pass][tile][digit]: keys of the tile, or of all tiles up to it. */
  unsigned int *taken, *known;
  long long n;
  unsigned int tiles;
  /** At most. */
  int passes;
  bool descending;
};

/** The first `kept` keys of each row in ascending or (`largest`) descending order. */
struct SelectArguments {
  const void* x;
  long long n;
  int kept;
  bool largest;
  /** Zero at first: [row][digit's place][digit], keys that begin like the last wanted one. */
  unsigned int* counts;
  /** [row][digit's place]: 16 bytes about the last wanted key. */
  void* known;
  /** [row][part][2]: keys before the last wanted one, and like it. */
  unsigned int* parts;
  long long perPart;
  /** [row][kept] */
  void* values;
  long long* indices;
};

}  // namespace cuda
}  // namespace gb
