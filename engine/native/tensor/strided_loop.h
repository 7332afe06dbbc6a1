// Walking several tensors of one (broadcast) shape together: dimensions ordered so that memory is read in order, and
// merged wherever the strides of all allow it, so that most loops become one-dimensional.
#pragma once
#include "tensor/scalar_value.h"

namespace gb {

/** The shape that two shapes broadcast to; fails with PyTorch's sentence where they do not. */
Dims broadcastShapes(const Dims& a, const Dims& b);

/** Strides (in elements) of `x` seen with the shape `sizes`: 0 in dimensions that broadcasting adds or stretches. */
Dims broadcastStrides(const Tensor& x, const Dims& sizes);

/** `x` broadcast to `sizes`, as a view. */
Tensor expandTo(const Tensor& x, const Dims& sizes);

/** Up to four tensors walked in step. Dimension 0 is the innermost. Strides are in bytes. */
struct StridedLoop {
  static constexpr int kMost = 4;

  int operands = 0;
  int64_t numel = 1;
  Dims sizes;              // innermost first
  Dims strides[kMost];     // innermost first
  char* data[kMost] = {};

  /** `tensors` may hold null for plain values (stride 0, no data). The first one leads in the order of dimensions. */
  StridedLoop(const Dims& shape, const Tensor* const* tensors, int count);

  int64_t inner() const { return sizes.empty() ? 1 : sizes[0]; }
  int64_t innerStride(int operand) const { return sizes.empty() ? 0 : strides[operand][0]; }
};

/** A position in a StridedLoop's dimensions from `first` on, with byte offsets of all operands. */
class Odometer {
 public:
  Odometer(const StridedLoop& loop, int first, int64_t position);
  void next();
  int64_t offset(int operand) const { return offsets_[operand]; }

 private:
  const StridedLoop& loop_;
  int first_;
  Dims index_;
  int64_t offsets_[StridedLoop::kMost] = {};
};

/** The strides of a new tensor of this shape that follows the order of the inputs' dimensions, as PyTorch's do. */
Dims stridesLike(const Dims& shape, const Tensor* const* inputs, int count);

}  // namespace gb
