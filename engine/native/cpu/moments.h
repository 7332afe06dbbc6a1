// Mean and spread of one contiguous row.
#pragma once
#include "cpu/simd/rows.h"

namespace gb {

struct Moments {
  double mean;
  /** Σ of squared deviations from the mean. */
  double squares;
};

/** Two passes: the mean in double, then the squares of what is left. */
template <class T>
Moments momentsOf(const T* x, int64_t n) {
  const double mean = rowLoops<T>().sum(x, n) / double(n);
  const T shift = T(mean);
  // The squares are taken about the mean as T has it; the difference is put right afterwards.
  const double squares = rowLoops<T>().sumSquares(x, shift, n), off = mean - double(shift);
  const double total = squares - double(n) * off * off;
  return {mean, total < 0 ? 0 : total};
}

}  // namespace gb
