// p-norm distances of two points, coordinate by coordinate. T is float or double.
#pragma once
#include "scalar/math.h"

namespace gb {
namespace scalar {

/** The orders that have formulas of their own, and any other. */
enum class Order { Zero, One, Two, Infinity, Other };

GB_FN Order orderOf(double p) {
  return p == 0 ? Order::Zero : p == 1 ? Order::One : p == 2 ? Order::Two : p == Limits<double>::infinity ? Order::Infinity : Order::Other;
}

GB_LONG_FN float raisedTo(float x, float p) { return pow(x, p); }
GB_LONG_FN double raisedTo(double x, double p) { return pow(x, p); }

/** What a difference of coordinates adds to a distance: terms are summed, or the largest counts (a NaN wins). */
template <Order order, class T>
GB_FN T distanceTerm(T difference, T p) {
  if (order == Order::Zero) return T(difference != T(0));
  if (order == Order::Two) return difference * difference;
  const T size = fabs(difference);
  return order == Order::Other ? raisedTo(size, p) : size;
}
template <Order order, class T>
GB_FN T joinTerms(T a, T b) {
  return order == Order::Infinity ? choose((a > b) | (a != a), a, b) : a + b;
}
template <Order order, class T>
GB_FN T distanceOf(T joined, T p) {
  return order == Order::Two ? sqrt(joined) : order == Order::Other ? raisedTo(joined, T(1) / p) : joined;
}

/** The derivative of a distance by a coordinate of the first point, times g. Where the points are one it is 0, as PyTorch's is. */
template <Order order, class T>
GB_FN T distanceSlope(T difference, T g, T distance, T p) {
  const T sign = T(difference > T(0)) - T(difference < T(0)), size = fabs(difference);
  if (order == Order::Zero) return T(0);
  if (order == Order::One) return g * sign;
  if (order == Order::Infinity) return choose(size == distance, g * sign, T(0));
  const T slope = order == Order::Two ? g * difference / distance : sign * raisedTo(size, p - T(1)) * g / raisedTo(distance, p - T(1));
  return choose((distance == T(0)) | ((difference == T(0)) & (p < T(1))), T(0), slope);
}

}  // namespace scalar
}  // namespace gb
