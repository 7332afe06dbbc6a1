// From which sizes on ops on a card go the way of large ones. Tests lower them, so that small tensors do.
#pragma once
#include <cstdint>

#include "tensor/error.h"

namespace gb::cuda {

/**
 * Elements of a matrix from which on it is factored in blocks (linalg_blocks.h): with fewer, one block of threads is through with it
 * before the launches are queued.
 */
inline int64_t blockedFrom = 256 * 256;
/** Keys from which on rows are sorted by digits; positions from which on writing at indices sorts all of them before it writes any. */
inline int64_t sortedFrom = 1 << 16;
/** Elements of rows from which on several blocks take one, where rows are few (long_rows.h). */
inline int64_t longFrom = 1 << 18;

inline void setLargeFrom(int64_t matrix, int64_t positions, int64_t row) {
  for (int64_t size : {matrix, positions, row}) GB_CHECK(size >= 1, "expected sizes from 1 on, got ", size);
  blockedFrom = matrix;
  sortedFrom = positions;
  longFrom = row;
}

}  // namespace gb::cuda
