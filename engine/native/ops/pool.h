// Pooling by the maximum, and moving elements by their places in a plane.
#pragma once
#include <vector>

#include "ops/kernel.h"
#include "ops/rows.h"
#include "scalar/pool.h"

namespace gb {

/** The windows of one dimension: each `count` elements, `step` apart, from `first` on, all inside. */
struct PoolWindows {
  using Window = scalar::PoolWindow;
  std::vector<Window> windows;
  int64_t size, step;
  /** Window i begins at i·stride − padding before it is clipped; stride 0: the windows follow no such rule. */
  int64_t kernel, stride, padding;
};

/** Maxima of x [planes, …] over windows of three dimensions, and their places in the plane. A NaN wins. */
extern Kernel<void(const PoolWindows (&)[3], const Tensor& values, const Tensor& places, const Tensor& x)> maxPoolKernel;
/** out[plane][i] = x[plane][places[plane][i]], of planes of `size` elements. */
extern Kernel<void(const Tensor& out, const Tensor& x, const Tensor& places, int64_t count, int64_t size)> poolPickKernel;
/** out[plane][places[plane][i]] = x[plane][i] (+=, where `add`); the rest of out is 0. */
extern Kernel<void(const Tensor& out, const Tensor& x, const Tensor& places, int64_t count, int64_t size, bool add)>
    poolPutKernel;
/**
 * The gradient of the pooled tensor from that of its maxima and their places, which lie in their windows or are 0 where a window has
 * no elements.
 */
extern Kernel<void(const PoolWindows (&)[3], const Tensor& out, const Tensor& x, const Tensor& places)> maxPoolBackwardKernel;

/** Over the last dimensions of x, as many as `kernel` has numbers. Places are int32, in row-major order of the plane. */
TensorPair maxPool(const Tensor& x, const Dims& kernel, const Dims& stride, const Dims& padding, const Dims& dilation,
                   bool ceilMode);
TensorPair adaptiveMaxPool(const Tensor& x, const Dims& size);
/** The gradient of either: `size` is that of the planes that were pooled; without numbers in `kernel` the windows were adaptive. */
Tensor maxPoolBackward(const Tensor& grad, const Tensor& places, const Dims& size, const Dims& kernel, const Dims& stride,
                       const Dims& padding, const Dims& dilation);
/** The elements of x at `places`, which has x's sizes but for the last `spatial` dimensions. */
Tensor poolPick(const Tensor& x, const Tensor& places, int64_t spatial);
/** x's elements at `places` in planes of this size, zeros elsewhere. `add`: those of one place are summed, else the last counts. */
Tensor poolPut(const Tensor& x, const Tensor& places, const Dims& size, bool add);

}  // namespace gb
