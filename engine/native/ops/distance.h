// Distances of every point of one set from every point of another.
#pragma once
#include "ops/kernel.h"

namespace gb {

/** Contiguous tensors of one type, float32 or float64: a [batch, n, d], b [batch, m, d], out [batch, n, m]. */
extern Kernel<void(const Tensor& out, const Tensor& a, const Tensor& b, double p)> cdistKernel;
/** da [batch, n, d] from the gradients of the distances and the distances themselves. */
extern Kernel<void(const Tensor& da, const Tensor& grad, const Tensor& a, const Tensor& b, const Tensor& distances, double p)>
    cdistBackwardKernel;

/** [..., n, d] and [..., m, d] give [..., n, m]. */
Tensor cdist(const Tensor& a, const Tensor& b, double p);
/** The gradient by `a`, of the shape of the batch that both make together. */
Tensor cdistBackward(const Tensor& grad, const Tensor& a, const Tensor& b, const Tensor& distances, double p);

}  // namespace gb
