// PyTorch's type promotion: tensors with dimensions outrank tensors without, which outrank plain numbers; a lower
// rank only matters where it brings a higher kind (bool < integer < floating point).
#pragma once
#include "tensor/scalar_value.h"

namespace gb {

DType defaultDType();
void setDefaultDType(DType dtype);

/** The type of both: uint8 with int8 gives int16, float16 with bfloat16 gives float32. */
DType promoteTypes(DType a, DType b);

/** Gathers operands one by one; `get` is their result type. */
class ResultType {
 public:
  void add(const Tensor& x);
  void add(const Scalar& x);
  void add(const Operand& x) { x.tensor ? add(*x.tensor) : add(x.scalar); }
  DType get() const;

 private:
  static constexpr int kNone = -1;
  int dims_ = kNone, zero_ = kNone, number_ = kNone;
};

DType resultType(const Operand& a, const Operand& b);

/** Whether a result of type `from` may be written into a tensor of type `to`: no lower kind. */
bool canCast(DType from, DType to);
/** Throws PyTorch's "result type Float can't be cast to the desired output type Long". */
void checkCast(DType from, DType to);

}  // namespace gb
