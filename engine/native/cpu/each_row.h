// Loops over independent rows, on several threads where there is enough to do.
#pragma once
#include <algorithm>
#include <cstdint>

#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {

/** Calls row(r) for all rows of n elements; `weight` says how much dearer an element is than an addition. */
template <class Row>
void forRows(int64_t rows, int64_t n, int64_t weight, Row row) {
  parallelFor(rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, n * weight)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      row(r);
      if (!(r & 63)) checkInterrupt();
    }
  });
}

}  // namespace gb
