// Matrix products.
#pragma once
#include <tuple>

#include "ops/kernel.h"

namespace gb {

/** One operand of a product: `batch` matrices of any strides (in elements). */
struct MatrixRef {
  void* data;
  int64_t batchStride, row, column;
};

/** C = alpha·A·B + beta·C (+ bias for every row), for each matrix of the batch. C must not share memory with A or B. */
struct GemmCall {
  DType dtype;
  int64_t batch, m, n, k;
  MatrixRef a, b, c;
  double alpha, beta;
  const void* bias;  // n contiguous elements, or null
  Device device = Device::CPU;  // where all of this lies
};

extern Kernel<void(const GemmCall&)> gemmKernel;

Tensor matmul(const Tensor& a, const Tensor& b);
Tensor mm(const Tensor& a, const Tensor& b);
Tensor bmm(const Tensor& a, const Tensor& b);
Tensor addmm(const Tensor& c, const Tensor& a, const Tensor& b, double beta, double alpha);
Tensor linear(const Tensor& x, const Tensor& weight, MaybeTensor bias);
using LinearGradients = std::tuple<std::optional<Tensor>, std::optional<Tensor>, std::optional<Tensor>>;
LinearGradients linearBackward(const Tensor& grad, const Tensor& x, const Tensor& weight, bool needX, bool needWeight,
                               bool needBias);

}  // namespace gb
