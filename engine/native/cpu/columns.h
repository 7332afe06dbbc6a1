// Rows whose elements lie apart, many of them side by side: as many columns at a time as the second cache holds.
#pragma once
#include <algorithm>
#include <memory>

#include "cpu/simd/rows.h"

namespace gb {

/** Elements of columns that are held at a time: half of a second cache. */
constexpr int64_t kHeldColumns = int64_t(1) << 18;

/** How many columns of n elements are worked on together. */
inline int64_t columnsTogether(int64_t n) {
  return std::clamp(kHeldColumns / n / kColumnStep * kColumnStep, kColumnStep, kMostColumns);
}

/** softmax or its logarithm down the columns of one array x[n][inner]. */
template <class T>
class SoftmaxColumns {
 public:
  SoftmaxColumns(bool log, int64_t n, int64_t inner)
      : log_(log), n_(n), inner_(inner), width_(columnsTogether(n)), held_(new T[size_t(n * width_)]) {}

  /** Columns first … first + count, count at most columnsTogether(n). */
  void run(T* y, const T* x, int64_t first, int64_t count) const {
    rowLoops<T>().softmaxColumns(log_, y + first, x + first, inner_, n_, count, held_.get());
  }
  void all(T* y, const T* x) const {
    for (int64_t first = 0; first < inner_; first += width_) run(y, x, first, std::min(width_, inner_ - first));
  }

 private:
  bool log_;
  int64_t n_, inner_, width_;
  std::unique_ptr<T[]> held_;
};

}  // namespace gb
