// Normalisations as one op each: statistics, scaling and shifting together.
#pragma once
#include <optional>
#include <tuple>

#include "ops/kernel.h"

namespace gb {

/**
 * The input seen as [outer, channels, inner], row-major; statistics over outer and inner. All tensors are of one type,
 * float32 or float64; those of one number per channel have `channels` elements.
 */
struct ChannelNorm {
  Tensor x;
  int64_t outer, channels, inner;
  MaybeTensor weight, bias;
  /** 1 / √(variance + eps) stands in `inverse`. */
  Tensor mean, inverse;
};

/** Where the statistics come from: the batch (then the running ones, where there are any, move), or the running ones. */
struct Statistics {
  bool training;
  MaybeTensor runningMean, runningVar;
  double momentum, eps;
};

/** Fills y, call.mean and call.inverse. */
extern Kernel<void(const ChannelNorm& call, const Statistics&, const Tensor& y)> batchNormKernel;
/** dx, dweight and dbias where they are wanted; with statistics of the batch, or with given ones. */
extern Kernel<void(const ChannelNorm& call, const Tensor& grad, bool training, MaybeTensor dx, MaybeTensor dweight,
                   MaybeTensor dbias)>
    batchNormBackwardKernel;

/**
 * The input seen as rows of `n` elements with statistics of their own, a mean only where `centred`. A sample has `groups`
 * rows, and `inner` neighbours share a factor: element j of row r is scaled by weight[(r mod groups)·n/inner + j/inner]. On a card x
 * may be of a half type, and so are y, grad and dx then; all else is float32.
 */
struct RowNorm {
  Tensor x;
  int64_t rows, n, groups, inner;
  bool centred;
  MaybeTensor weight, bias;
  Tensor mean, inverse;
};

extern Kernel<void(const RowNorm& call, double eps, const Tensor& y)> rowNormKernel;
extern Kernel<void(const RowNorm& call, const Tensor& grad, MaybeTensor dx, MaybeTensor dweight, MaybeTensor dbias)>
    rowNormBackwardKernel;

/** The result, and the statistics that its derivative needs. */
using Normalized = std::tuple<Tensor, Tensor, Tensor>;
/** Gradients of input, weight and bias. */
using NormGrads = std::tuple<std::optional<Tensor>, std::optional<Tensor>, std::optional<Tensor>>;

Normalized batchNorm(const Tensor& x, MaybeTensor weight, MaybeTensor bias, MaybeTensor runningMean,
                     MaybeTensor runningVar, bool training, double momentum, double eps);
NormGrads batchNormBackward(const Tensor& grad, const Tensor& x, MaybeTensor weight, MaybeTensor bias,
                            const Tensor& mean, const Tensor& inverse, bool training, bool needX, bool needWeight,
                            bool needBias);
Normalized layerNorm(const Tensor& x, const Dims& normalizedShape, MaybeTensor weight, MaybeTensor bias, double eps);
Normalized rmsNorm(const Tensor& x, const Dims& normalizedShape, MaybeTensor weight, double eps);
Normalized groupNorm(const Tensor& x, int64_t groups, MaybeTensor weight, MaybeTensor bias, double eps);
/** Of the three above: `rows` and `groups` say how the input was seen. */
NormGrads rowNormBackward(const Tensor& grad, const Tensor& x, MaybeTensor weight, MaybeTensor bias, const Tensor& mean,
                          const Tensor& inverse, int64_t groups, int64_t inner, bool centred, bool needX,
                          bool needWeight, bool needBias);

}  // namespace gb
