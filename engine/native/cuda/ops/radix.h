// Sorting long rows by digits (kernels/radix.cu): stable, and the same in every run.
#pragma once
#include <cstdint>

#include "cuda/kernels/radix_arguments.h"
#include "tensor/tensor.h"

namespace gb::cuda {

/** What the keys are: those of the types that comparing runs in, or places, which are whole numbers from 0 on. */
enum class RadixKey : uint8_t { Float, Double, Integer, Place, kCount };

struct RadixRows {
  RadixKey key;
  /** Rows of n keys behind each other. */
  const void* x;
  void* values;
  /** Where the keys stood: to one of the two. */
  long long* indices = nullptr;
  unsigned* order = nullptr;
  int64_t rows = 1, n = 0;
  /** Bits from the lowest one on in which keys differ. */
  int bits = 0;
  bool descending = false;
};

/** Keys of a row at most. */
constexpr int64_t kMostKeys = kRadixMost;
/** Whether so many keys are sorted by digits: rows of a tile's length at least, and all together enough to keep a card busy. */
bool sortsByDigits(int64_t rows, int64_t n);
void sortByDigits(const RadixRows& rows, Device device);

}  // namespace gb::cuda
