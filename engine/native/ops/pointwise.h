// Pointwise ops: front ends, and the call that reaches a device.
#pragma once
#include "ops/kernel.h"
#include "ops/pointwise_op.h"
#include "tensor/scalar_value.h"

namespace gb {

/** One pointwise op over broadcast inputs, ready to run: shapes fit, the result is allocated. */
struct PointwiseCall {
  PointwiseOp op;
  int inputs;
  const Tensor* out;
  Operand in[3];
  /** The type that the inputs are promoted to, and the one that the formula runs in: Float32, Float64 or Int64. */
  DType common, compute;
  /** Whether the formula gives bool. */
  bool test;
  double parameters[3];
};

extern Kernel<void(const PointwiseCall&)> pointwiseKernel;

/** Parameters that follow the inputs of an op. */
struct Parameters {
  double a = 0, b = 0, c = 0;
};

/** Fails where `out` cannot take a result of this shape and type computed from these inputs. */
void checkOut(const Tensor& out, const Dims& shape, DType result, const Operand* in, int inputs);

/** The device of the tensors among the operands; they must agree. */
Device deviceOf(const Operand* in, int inputs);

Tensor unary(Unary op, const Tensor& x, Parameters p = {}, MaybeTensor out = nullptr);
Tensor grad(Grad op, const Tensor& g, const Tensor& saved, Parameters p = {});
Tensor binary(Binary op, const Operand& a, const Operand& b, Parameters p = {}, MaybeTensor out = nullptr);
Tensor ternary(Ternary op, const Operand& a, const Operand& b, const Operand& c, Parameters p = {},
               MaybeTensor out = nullptr);

Tensor add(const Operand& a, const Operand& b, double alpha, MaybeTensor out = nullptr);
Tensor sub(const Operand& a, const Operand& b, double alpha, MaybeTensor out = nullptr);

}  // namespace gb
