#include "tensor/promote.h"

namespace gb {
namespace {

thread_local DType defaultFloat = DType::Float32;

int promoteOrEither(int a, int b) {
  if (a < 0) return b;
  if (b < 0) return a;
  return int(promoteTypes(DType(a), DType(b)));
}

int combine(int higher, int lower) {
  if (higher >= 0 && isFloat(DType(higher))) return higher;
  if (higher == int(DType::Bool) || (lower >= 0 && isFloat(DType(lower)))) return promoteOrEither(higher, lower);
  return higher >= 0 ? higher : lower;
}

}  // namespace

DType defaultDType() { return defaultFloat; }
void setDefaultDType(DType dtype) {
  GB_CHECK(isFloat(dtype), "only floating-point types are supported as the default type, got ", nameOf(dtype));
  defaultFloat = dtype;
}

DType promoteTypes(DType a, DType b) {
  if (a == b) return a;
  if (a == DType::Bool) return b;
  if (b == DType::Bool) return a;
  if (isFloat(a) != isFloat(b)) return isFloat(a) ? a : b;
  if (isFloat(a)) {
    if (itemSize(a) == itemSize(b)) return DType::Float32;  // the two half types
    return itemSize(a) > itemSize(b) ? a : b;
  }
  if (a == DType::UInt8 || b == DType::UInt8) {
    const DType other = a == DType::UInt8 ? b : a;
    return other == DType::Int8 ? DType::Int16 : other;
  }
  return itemSize(a) > itemSize(b) ? a : b;
}

void ResultType::add(const Tensor& x) {
  int& rank = x.ndim() > 0 ? dims_ : zero_;
  rank = promoteOrEither(rank, int(x.dtype()));
}

void ResultType::add(const Scalar& x) {
  number_ = promoteOrEither(number_, int(x.kind == DType::Float64 ? defaultFloat : x.kind));
}

DType ResultType::get() const { return DType(combine(dims_, combine(zero_, number_))); }

DType resultType(const Operand& a, const Operand& b) {
  if (a.tensor && (b.tensor ? a.tensor->dtype() == b.tensor->dtype() : isFloat(a.tensor->dtype()))) return a.tensor->dtype();
  ResultType type;
  type.add(a);
  type.add(b);
  return type.get();
}

bool canCast(DType from, DType to) {
  if (isFloat(from) && !isFloat(to)) return false;
  return from == DType::Bool || to != DType::Bool;
}

void checkCast(DType from, DType to) {
  GB_CHECK(canCast(from, to), "result type ", titleOf(from), " can't be cast to the desired output type ", titleOf(to));
}

}  // namespace gb
