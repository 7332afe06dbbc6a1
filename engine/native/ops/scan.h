// Running results along a dimension, and order statistics of rows.
#pragma once
#include <utility>

#include "ops/kernel.h"
#include "ops/reduce.h"
#include "ops/rows.h"

namespace gb {

enum class Scan : uint8_t { Sum, Product, Max, Min, LogSumExp };

/** y, x: contiguous rows of n elements of type Float32, Float64 or (not for LogSumExp) Int64; indices (int64) for Max and Min only. */
extern Kernel<void(Scan, const Tensor& y, MaybeTensor indices, const Tensor& x, int64_t n)> scanKernel;

enum class RowChoice : uint8_t { Median, Mode };
/** One element of every row and its index; types as above. */
extern Kernel<void(RowChoice, const Tensor& values, const Tensor& indices, const Tensor& x, int64_t n)> rowChoiceKernel;

Tensor cumsum(const Tensor& x, int64_t dim, MaybeDType dtype);
Tensor cumprod(const Tensor& x, int64_t dim, MaybeDType dtype);
Tensor logcumsumexp(const Tensor& x, int64_t dim);
TensorPair cummax(const Tensor& x, int64_t dim);
TensorPair cummin(const Tensor& x, int64_t dim);
TensorPair medianDim(const Tensor& x, int64_t dim, bool keepdim);
TensorPair modeDim(const Tensor& x, int64_t dim, bool keepdim);

}  // namespace gb
