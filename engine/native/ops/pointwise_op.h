// The pointwise ops of pointwise.def as an enumeration, with what the front end must know of each.
#pragma once
#include <cstdint>

namespace gb {

enum class Typing : uint8_t { Same, Float, FloatOnly, Rounding, FloatTest, Test, Bits };

enum class Unary : uint8_t {
#define GB_UNARY(NAME, PARAMETERS, TYPING) NAME,
#include "ops/pointwise_families.h"
};
enum class Grad : uint8_t {
#define GB_GRAD(NAME, PARAMETERS) NAME,
#include "ops/pointwise_families.h"
};
enum class Binary : uint8_t {
#define GB_BINARY(NAME, PARAMETERS, TYPING) NAME,
#include "ops/pointwise_families.h"
};
enum class Ternary : uint8_t {
#define GB_TERNARY(NAME, PARAMETERS, TYPING) NAME,
#include "ops/pointwise_families.h"
};

enum class Family : uint8_t { Unary, Grad, Binary, Ternary };

/** One op: its family and its place there. */
struct PointwiseOp {
  Family family;
  uint8_t index;
  PointwiseOp(Unary op) : family(Family::Unary), index(uint8_t(op)) {}
  PointwiseOp(Grad op) : family(Family::Grad), index(uint8_t(op)) {}
  PointwiseOp(Binary op) : family(Family::Binary), index(uint8_t(op)) {}
  PointwiseOp(Ternary op) : family(Family::Ternary), index(uint8_t(op)) {}
};

}  // namespace gb
