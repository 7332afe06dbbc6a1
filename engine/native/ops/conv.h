// Convolutions. Three maps, each linear in both of its tensors, and closed under derivatives: the result from input and
// weight, the input's gradient from result and weight (which is the transposed convolution), the weight's gradient from
// result and input.
#pragma once
#include "ops/copy.h"

namespace gb {

/** A convolution over three spatial dimensions; of those that an op lacks, the first ones have size 1. */
struct ConvShape {
  int64_t batch, groups;
  /** Of one group: channels of the input and of the result. */
  int64_t channels, features;
  int64_t in[3], out[3], kernel[3], stride[3], padding[3], dilation[3];
};

/** All tensors contiguous, of one type. Half types compute in float. */
extern Kernel<void(const ConvShape&, const Tensor& y, const Tensor& x, const Tensor& weight, MaybeTensor bias)> convKernel;
extern Kernel<void(const ConvShape&, const Tensor& x, const Tensor& y, const Tensor& weight, MaybeTensor bias)>
    convInputKernel;
extern Kernel<void(const ConvShape&, const Tensor& weight, const Tensor& y, const Tensor& x)> convWeightKernel;

/**
 * What a kernel of float and double alone begins with: for half types `map` runs on float copies, its result is rounded, and this is
 * true.
 */
template <class Map>
bool widened(const Map& map, const Tensor& result, const Tensor& a, const Tensor& b, MaybeTensor bias = nullptr) {
  const DType wide = computeType(result.dtype());
  if (wide == result.dtype()) return false;
  const Tensor to = emptyTensor(result.sizes(), wide, result.device()), offset = bias ? asType(*bias, wide) : Tensor();
  map(to, asType(a, wide), asType(b, wide), bias ? &offset : nullptr);
  copyInto(result, to);
  return true;
}

/** y [N, F, …] from x [N, C, …] and weight [F, C / groups, …]. Numbers: one for each spatial dimension. */
Tensor conv(const Tensor& x, const Tensor& weight, MaybeTensor bias, const Dims& stride, const Dims& padding,
            const Dims& dilation, int64_t groups);
/** x [N, C, …size] from y and weight: the gradient of conv's input, plus a bias for every channel of x. */
Tensor convInput(const Tensor& y, const Tensor& weight, MaybeTensor bias, const Dims& size, const Dims& stride,
                 const Dims& padding, const Dims& dilation, int64_t groups);
/** weight [F, C / groups, …kernel] from y and x: the gradient of conv's weight. */
Tensor convWeight(const Tensor& y, const Tensor& x, const Dims& kernel, const Dims& stride, const Dims& padding,
                  const Dims& dilation, int64_t groups);

}  // namespace gb
