// A number from JavaScript, and an operand that is a tensor or such a number.
#pragma once
#include "tensor/tensor.h"

namespace gb {

/** A plain number: `kind` is Bool, Int64 or Float64. Whole numbers count as integers, as Python's `2` does. */
struct Scalar {
  DType kind = DType::Float64;
  double d = 0;
  int64_t i = 0;

  static Scalar of(double d) { return {DType::Float64, d, 0}; }
  static Scalar of(int64_t i) { return {DType::Int64, double(i), i}; }
  static Scalar of(bool b) { return {DType::Bool, double(b), int64_t(b)}; }
  /** A JavaScript number: whole ones within int64 are integers. */
  static Scalar number(double d) {
    if (d >= -0x1p63 && d < 0x1p63 && double(int64_t(d)) == d) return {DType::Int64, d, int64_t(d)};
    return {DType::Float64, d, 0};
  }
  int64_t toInt() const { return kind == DType::Float64 ? int64_t(d) : i; }
};

struct Operand {
  const Tensor* tensor = nullptr;
  Scalar scalar;

  Operand() = default;
  Operand(const Tensor& t) : tensor(&t) {}
  Operand(Scalar s) : scalar(s) {}
};

}  // namespace gb
