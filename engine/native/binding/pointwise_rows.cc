// Rows of pointwise ops: derived from ops/pointwise.def, but for a few with forms of their own.
#include <cmath>

#include "binding/row.h"
#include "binding/tables.h"
#include "ops/pointwise.h"
#include "ops/where.h"
#include "tensor/promote.h"

namespace gb {
namespace {

template <Unary op>
Tensor unary0(const Tensor& x, Out out) {
  return unary(op, x, {}, out.tensor);
}
template <Unary op>
Tensor unary1(const Tensor& x, double a, Out out) {
  return unary(op, x, {a}, out.tensor);
}
template <Unary op>
Tensor unary2(const Tensor& x, double a, double b, Out out) {
  return unary(op, x, {a, b}, out.tensor);
}
template <Unary op>
Tensor unary3(const Tensor& x, double a, double b, double c, Out out) {
  return unary(op, x, {a, b, c}, out.tensor);
}
template <Grad op>
Tensor grad0(const Tensor& g, const Tensor& saved) {
  return grad(op, g, saved);
}
template <Grad op>
Tensor grad1(const Tensor& g, const Tensor& saved, double a) {
  return grad(op, g, saved, {a});
}
template <Grad op>
Tensor grad2(const Tensor& g, const Tensor& saved, double a, double b) {
  return grad(op, g, saved, {a, b});
}
template <Grad op>
Tensor grad3(const Tensor& g, const Tensor& saved, double a, double b, double c) {
  return grad(op, g, saved, {a, b, c});
}
template <Binary op>
Tensor binary0(const Operand& a, const Operand& b, Out out) {
  return binary(op, a, b, {}, out.tensor);
}
template <Binary op>
Tensor binary3(const Operand& a, const Operand& b, double p, double q, double r, Out out) {
  return binary(op, a, b, {p, q, r}, out.tensor);
}

Tensor addRow(const Operand& a, const Operand& b, double alpha, Out out) { return add(a, b, alpha, out.tensor); }
Tensor subRow(const Operand& a, const Operand& b, double alpha, Out out) { return sub(a, b, alpha, out.tensor); }
Tensor lerpRow(const Tensor& start, const Tensor& end, const Operand& weight, Out out) {
  GB_CHECK(start.dtype() == end.dtype(), "expected dtype ", titleOf(start.dtype()), " for `end` but got dtype ",
           titleOf(end.dtype()));
  return ternary(Ternary::lerp, start, end, weight, {}, out.tensor);
}
Tensor addcmulRow(const Tensor& x, const Tensor& a, const Tensor& b, double value, Out out) {
  return ternary(Ternary::addcmul, x, a, b, {value}, out.tensor);
}
Tensor addcdivRow(const Tensor& x, const Tensor& a, const Tensor& b, double value, Out out) {
  return ternary(Ternary::addcdiv, x, a, b, {value}, out.tensor);
}
Tensor scaledDifference(const Tensor& gradient, const Tensor& a, const Tensor& b, double edge, double scale) {
  return ternary(Ternary::scaledDifference, gradient, a, b, {edge, scale});
}
Tensor roundDecimals(const Tensor& x, double decimals, Out out) {
  GB_CHECK(isFloat(x.dtype()), "not implemented for '", titleOf(x.dtype()), "'");
  const double power = std::pow(10.0, std::fabs(decimals));
  return unary(Unary::roundScaled, x, decimals >= 0 ? Parameters{power, 1} : Parameters{1, power}, out.tensor);
}

const Row rows[] = {
#define GB_DERIVED_ROWS_ONLY
#define GB_UNARY(NAME, PARAMETERS, TYPING) GB_ROW_AS(NAME, &unary##PARAMETERS<Unary::NAME>),
#define GB_GRAD(NAME, PARAMETERS) GB_ROW_AS(NAME, &grad##PARAMETERS<Grad::NAME>),
#define GB_BINARY(NAME, PARAMETERS, TYPING) GB_ROW_AS(NAME, &binary##PARAMETERS<Binary::NAME>),
#include "ops/pointwise_families.h"
    GB_ROW_AS(add, &addRow),
    GB_ROW_AS(sub, &subRow),
    GB_ROW_AS(lerp, &lerpRow),
    GB_ROW_AS(addcmul, &addcmulRow),
    GB_ROW_AS(addcdiv, &addcdivRow),
    GB_ROW(scaledDifference),
    GB_ROW(roundDecimals),
    GB_ROW(where),
};

}  // namespace

GB_TABLE(pointwiseRows, rows)

}  // namespace gb
