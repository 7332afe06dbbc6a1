// New tensors.
#pragma once
#include "ops/kernel.h"
#include "tensor/scalar_value.h"

namespace gb {

/** dst[i] = start + i·step; whole numbers exactly where the type is an integer one. */
extern Kernel<void(const Tensor& dst, Scalar start, Scalar step)> arangeKernel;
extern Kernel<void(const Tensor& dst, double start, double end)> linspaceKernel;

Tensor full(const Dims& shape, Scalar value, DType dtype, Device device);
Tensor arange(Scalar start, Scalar end, Scalar step, DType dtype, Device device);
Tensor linspace(double start, double end, int64_t steps, DType dtype, Device device);
Tensor eye(int64_t rows, int64_t columns, DType dtype, Device device);
/** Copies `count` elements in host memory of type `from`. */
Tensor fromHost(const void* data, int64_t count, DType from, const Dims& shape, DType dtype, Device device);

}  // namespace gb
