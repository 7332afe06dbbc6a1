// Front ends of pointwise ops: result type and shape, what PyTorch refuses, and short cuts that change no result.
#include "ops/pointwise.h"

#include <cmath>

#include "ops/copy.h"
#include "ops/create.h"
#include "ops/reduce.h"
#include "tensor/promote.h"
#include "tensor/strided_loop.h"

namespace gb {

Kernel<void(const PointwiseCall&)> pointwiseKernel("pointwise");

namespace {

constexpr Typing unaryTyping[] = {
#define GB_UNARY(NAME, PARAMETERS, TYPING) Typing::TYPING,
#include "ops/pointwise_families.h"
};
constexpr Typing binaryTyping[] = {
#define GB_BINARY(NAME, PARAMETERS, TYPING) Typing::TYPING,
#include "ops/pointwise_families.h"
};
constexpr Typing ternaryTyping[] = {
#define GB_TERNARY(NAME, PARAMETERS, TYPING) Typing::TYPING,
#include "ops/pointwise_families.h"
};

void checkTyping(Typing typing, DType common) {
  if (typing == Typing::FloatOnly) GB_CHECK(isFloat(common), "not implemented for '", titleOf(common), "'");
  if (typing == Typing::Bits) GB_CHECK(!isFloat(common), "not implemented for '", titleOf(common), "'");
}

/** Allocates the result or takes `out`, and runs. */
Tensor run(PointwiseOp op, const Operand* in, int inputs, DType common, bool test, Parameters p, MaybeTensor out) {
  const DType result = test ? DType::Bool : common;
  const Tensor* tensors[3] = {nullptr, nullptr, nullptr};
  const Tensor* first = nullptr;
  bool alike = true;
  PointwiseCall call{op, inputs, out, {}, common, computeType(common), test, {p.a, p.b, p.c}};
  for (int k = 0; k < inputs; k++) {
    call.in[k] = in[k];
    const Tensor* t = tensors[k] = in[k].tensor;
    if (!t) continue;
    if (!first) first = t;
    alike &= t == first || (t->device() == first->device() && t->sizes() == first->sizes());
  }
  alike &= first != nullptr;
  const Device device = alike ? first->device() : deviceOf(in, inputs);
  Dims joined;
  for (int k = 0; !alike && k < inputs; k++) {
    if (tensors[k]) joined = broadcastShapes(joined, tensors[k]->sizes());
  }
  const Dims& shape = alike ? first->sizes() : joined;
  if (out) {
    checkOut(*out, shape, result, in, inputs);
    pointwiseKernel(device, call);
    return *out;
  }
  Tensor made = emptyStrided(shape, stridesLike(shape, tensors, inputs), result, device);
  call.out = &made;
  pointwiseKernel(device, call);
  return made;
}

/** The same elements, where an op has nothing to do. */
Tensor copied(const Tensor& x, MaybeTensor out) {
  if (!out) return clone(x);
  copyInto(*out, x);
  return *out;
}

}  // namespace

Device deviceOf(const Operand* in, int inputs) {
  const Tensor* found = nullptr;
  for (int k = 0; k < inputs; k++) {
    const Tensor* t = in[k].tensor;
    if (!t) continue;
    if (!found || (found->ndim() == 0 && t->ndim() > 0 && found->device() == Device::CPU)) {
      found = t;
    } else {
      GB_CHECK(t->device() == found->device() || (t->ndim() == 0 && t->device() == Device::CPU),
               "Expected all tensors to be on the same device, but found at least two devices, ",
               nameOf(found->device()), " and ", nameOf(t->device()));
    }
  }
  return found ? found->device() : Device::CPU;
}

void checkOut(const Tensor& out, const Dims& shape, DType result, const Operand* in, int inputs) {
  checkCast(result, out.dtype());
  GB_CHECK(out.sizes() == shape, "output with shape ", out.sizes(), " doesn't match the broadcast shape ", shape);
  GB_CHECK(!overlapsItself(out),
           "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
           "Please clone() the tensor before performing the operation.");
  for (int k = 0; k < inputs; k++) {
    GB_CHECK(!in[k].tensor || in[k].tensor == &out || !partlyOverlaps(out, *in[k].tensor),
             "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
             "memory location. Please clone() the tensor before performing the operation.");
  }
}

namespace {

void refuseBool(Unary op) {
  switch (op) {
    case Unary::abs:
    case Unary::relu:
    case Unary::relu6:
    case Unary::hardtanh:
    case Unary::threshold:
      fail("not implemented for 'Bool'");
    default:
      break;
  }
}

}  // namespace

Tensor unary(Unary op, const Tensor& x, Parameters p, MaybeTensor out) {
  const Typing typing = unaryTyping[int(op)];
  DType common = x.dtype();
  bool test = typing == Typing::FloatTest || typing == Typing::Test;
  if (!isFloat(common)) {
    checkTyping(typing, common);
    if (typing == Typing::Float) common = defaultDType();
    if (typing == Typing::Rounding) {
      if (op != Unary::nanToNum && common == DType::Bool) fail("not implemented for 'Bool'");
      return copied(x, out);
    }
    if (typing == Typing::FloatTest) {
      const Tensor known = full(x.sizes(), Scalar::of(op == Unary::isfinite), DType::Bool, x.device());
      return out ? copied(known, out) : known;
    }
    if (common == DType::Bool) {
      refuseBool(op);
      if (op == Unary::square) return unary(op, toType(x, DType::Int64), p, out);
      GB_CHECK(op != Unary::neg,
               "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
               "the `~` or `logical_not()` operator instead.");
      if (op == Unary::bitwiseNot) {
        op = Unary::logicalNot;
        test = true;
      }
    }
  } else {
    checkTyping(typing, common);
  }
  if (op == Unary::clamp) {
    const bool integers = !isFloat(common);
    // A bound that is no whole number brings its kind.
    const auto fraction = [](double b) { return !std::isnan(b) && !std::isinf(b) && b != std::trunc(b); };
    if (common == DType::Bool) common = DType::Int64;
    if (integers && (fraction(p.a) || fraction(p.b))) common = defaultDType();
    if (computeType(common) == DType::Int64) {
      const double end = 9223372036854774784.0;  // the largest double below 2^63
      p.a = std::isnan(p.a) ? -end : std::fmax(-end, std::fmin(end, p.a));
      p.b = std::isnan(p.b) ? end : std::fmax(-end, std::fmin(end, p.b));
    }
  }
  const Operand in[1] = {x};
  return run(op, in, 1, common, test, p, out);
}

Tensor grad(Grad op, const Tensor& g, const Tensor& saved, Parameters p) {
  const Operand in[2] = {g, saved};
  const DType common = resultType(g, saved);
  checkTyping(Typing::FloatOnly, common);
  GB_CHECK(g.sizes() == saved.sizes(), "the gradient's shape ", g.sizes(), " is not the saved tensor's ", saved.sizes());
  return run(op, in, 2, common, false, p, nullptr);
}

namespace {

/** What PyTorch refuses of integer division. */
void checkDivisor(const Operand& b) {
  if (b.tensor) {
    GB_CHECK(countNonzero(*b.tensor) == b.tensor->numel(), "ZeroDivisionError: integer division by zero");
  } else {
    GB_CHECK(b.scalar.toInt() != 0, "ZeroDivisionError: integer division by zero");
  }
}

/** Powers that are cheaper and more exact as something else, as PyTorch's are. */
bool simplePower(const Tensor& x, double exponent, DType common, MaybeTensor out, Tensor& result) {
  if (x.dtype() != common || !isFloat(common)) return false;
  const auto is = [&](Unary op) {
    result = unary(op, x, {}, out);
    return true;
  };
  if (exponent == 2) return is(Unary::square);
  if (exponent == 3) return is(Unary::cube);
  if (exponent == -2) return is(Unary::inverseSquare);
  if (exponent == 0.5) return is(Unary::sqrt);
  if (exponent == -0.5) return is(Unary::rsqrt);
  if (exponent == -1) return is(Unary::reciprocal);
  if (exponent == 1) {
    result = copied(x, out);
    return true;
  }
  return false;
}

/**
 * On the host PyTorch rounds a number beside a tensor of a half type to that type before anything else — `x == 0.1` is true of the
 * nearest half — but for products and quotients, which it computes with the number as it is.
 */
Operand inHalf(const Operand& x, DType common) {
  if (x.tensor || x.scalar.kind == DType::Bool) return x;
  const float number = float(x.scalar.d);
  return Scalar::number(common == DType::Float16 ? toFloat(toHalf(number)) : toFloat(toBFloat16(number)));
}

}  // namespace

namespace {

/** `common`: the result type of both operands. */
Tensor binaryIn(DType common, Binary op, Operand a, Operand b, Parameters p, MaybeTensor out) {
  const Typing typing = binaryTyping[int(op)];
  checkTyping(typing, common);
  if (typing == Typing::Float && !isFloat(common)) common = defaultDType();
  if (!isFloat(common)) {
    switch (op) {
      case Binary::floorDivide:
      case Binary::truncDivide:
      case Binary::remainder:
      case Binary::fmod:
        GB_CHECK(common != DType::Bool, "not implemented for 'Bool'");
        checkDivisor(b);
        break;
      case Binary::bitwiseLeftShift:
      case Binary::bitwiseRightShift:
        GB_CHECK(common != DType::Bool, "not implemented for 'Bool'");
        break;
      case Binary::pow:
        GB_CHECK(common != DType::Bool, "not implemented for 'Bool'");
        GB_CHECK(b.tensor || b.scalar.toInt() >= 0, "Integers to negative integer powers are not allowed.");
        break;
      default:
        break;
    }
  } else if ((common == DType::Float16 || common == DType::BFloat16) && op != Binary::mul && op != Binary::div &&
             (a.tensor ? a : b).tensor->device() == Device::CPU) {
    a = inHalf(a, common);
    b = inHalf(b, common);
  }
  if (op == Binary::pow && isFloat(common) && a.tensor && !b.tensor) {
    Tensor result;
    if (simplePower(*a.tensor, b.scalar.d, common, out, result)) return result;
  }
  const Operand in[2] = {a, b};
  return run(op, in, 2, common, typing == Typing::Test, p, out);
}

}  // namespace

Tensor binary(Binary op, const Operand& a, const Operand& b, Parameters p, MaybeTensor out) {
  return binaryIn(resultType(a, b), op, a, b, p, out);
}

Tensor ternary(Ternary op, const Operand& a, const Operand& b, const Operand& c, Parameters p, MaybeTensor out) {
  ResultType type;
  type.add(a);
  type.add(b);
  type.add(c);
  const DType common = type.get();
  checkTyping(ternaryTyping[int(op)], common);
  const Operand in[3] = {a, b, c};
  return run(op, in, 3, common, false, p, out);
}

namespace {

Tensor addOrSub(const Operand& a, const Operand& b, double alpha, bool subtract, MaybeTensor out) {
  const DType common = resultType(a, b);
  GB_CHECK(isFloat(common) || alpha == std::trunc(alpha),
           "For integral input tensors, argument alpha must not be a floating point number.");
  if (subtract) {
    const auto isBool = [](const Operand& x) {
      return (x.tensor ? x.tensor->dtype() : x.scalar.kind) == DType::Bool;
    };
    GB_CHECK(!isBool(a) || !isBool(b),
             "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
             "operator instead.");
    GB_CHECK(!isBool(a) && !isBool(b),
             "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
             "use the `~` or `logical_not()` operator instead.");
  }
  if (alpha == 1) return binaryIn(common, subtract ? Binary::sub : Binary::add, a, b, {}, out);
  return binaryIn(common, Binary::addScaled, a, b, {subtract ? -alpha : alpha}, out);
}

}  // namespace

Tensor add(const Operand& a, const Operand& b, double alpha, MaybeTensor out) {
  return addOrSub(a, b, alpha, false, out);
}
Tensor sub(const Operand& a, const Operand& b, double alpha, MaybeTensor out) {
  return addOrSub(a, b, alpha, true, out);
}

}  // namespace gb
