// Loops over bytes, one table per target.
#pragma once
#include <cstdint>

namespace gb {

constexpr int kDotRows = 4;

struct QuantizedLoops {
  /** Smallest and largest of x and 0; false where x has a NaN. */
  bool (*range)(const float* x, int64_t n, float* low, float* high);
  /** round(x·inverse) + zero, from 0 to 255. */
  void (*toBytes)(uint8_t* q, const float* x, int64_t n, float inverse, int32_t zero);
  /**
   * Inner products of `rows` ≤ kDotRows rows of x and as many of w; n is a whole number of vectors. Sums of row i of x and
   * row j of w go to sums[i * kDotRows + j].
   */
  void (*dots)(const uint8_t* x, int rows, const int8_t* w, int columns, int64_t n, int32_t* sums);
};

namespace base {
extern const QuantizedLoops quantized;
}
namespace avx2 {
extern const QuantizedLoops quantized;
}
namespace vnni {
extern const QuantizedLoops quantized;
}

const QuantizedLoops& quantizedLoops();

}  // namespace gb
