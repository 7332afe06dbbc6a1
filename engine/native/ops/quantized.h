// Products of integers of one byte.
#pragma once
#include "ops/kernel.h"
#include "scalar/quantized.h"

namespace gb {

/** Row-major; a weight's row begins every `stride` bytes, which are a whole number of vectors. */
struct DynamicLinear {
  const Tensor& x;        // float32 [rows, in]
  const Tensor& weight;   // int8 [out, stride], zero behind `in`
  const Tensor& rowSums;  // int32 [out]
  MaybeTensor bias;       // float32 [out]
  int64_t rows, in, out, stride;
  double weightScale;
};
extern Kernel<void(const DynamicLinear&, const Tensor& y)> dynamicLinearKernel;

/** What a weight's rows are padded to. */
constexpr int64_t kByteRow = 64;

/**
 * x Wᵀ·weightScale + bias over the last dimension, where x is seen through bytes that span this very x. They are from 0
 * to 127: the sum of two products of a byte with a signed byte then fits 16 bits, which AVX2 adds in.
 */
Tensor linearDynamic(const Tensor& x, const Tensor& weight, const Tensor& rowSums, double weightScale, MaybeTensor bias);

}  // namespace gb
