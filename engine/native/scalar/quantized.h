// How floating-point numbers become bytes.
#pragma once
#include "scalar/math.h"

namespace gb {

/** What stands for x: round(x / scale) + zero, from 0 to 127. */
struct ByteScale {
  float scale;
  int zero;
};

namespace scalar {

/** PyTorch's choice for numbers of a range that holds 0, which is met exactly; scales that are too small are cut off. */
GB_FN ByteScale chooseScale(float least, float most) {
  constexpr double kMost = 127, kSmallestScale = 6.1e-5;
  double low = least, high = most;
  double scale = (high - low) / kMost;
  if (float(scale) == 0 || 1 / float(scale) == Limits<float>::infinity) scale = 0.1;
  if (scale < kSmallestScale) {
    const double grown = kSmallestScale / double(float(scale));
    scale = kSmallestScale;
    if (low == 0) {
      high = scale * kMost;
    } else if (high == 0) {
      low = -scale * kMost;
    } else {
      low = float(low * grown);
      high = float(high * grown);
    }
  }
  // From the end of the range that it follows from more exactly.
  const double byLow = -low / scale, byHigh = kMost - high / scale;
  double zero = scalar::fabs(low / scale) < kMost + scalar::fabs(high / scale) ? byLow : byHigh;
  zero = zero > 0 ? zero : 0;
  return {float(scale), int(scalar::rint(zero < kMost ? zero : kMost))};
}

/** From 0 to 255. */
GB_FN int toByte(float x, float inverse, int zero) {
  const int value = int(scalar::rint(x * inverse)) + zero;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

}  // namespace scalar
}  // namespace gb
