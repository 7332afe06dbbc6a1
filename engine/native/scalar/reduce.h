// One formula per reduction: what it starts from, what it makes of an element, and how two results join. T is float,
// double or i64. `p` is a number that belongs to the reduction (a norm's power).
#pragma once
#include "scalar/math.h"

namespace gb {
namespace scalar {

template <class T>
struct Lowest {
  static constexpr T value = -Limits<T>::infinity;
};
template <>
struct Lowest<i64> {
  static constexpr i64 value = i64(u64(1) << 63);
};
template <class T>
struct Highest {
  static constexpr T value = Limits<T>::infinity;
};
template <>
struct Highest<i64> {
  static constexpr i64 value = i64(~(u64(1) << 63));
};

GB_FN i64 fabs(i64 x) { return x < 0 ? -x : x; }
GB_FN i64 pow(i64, i64 p) = delete;
GB_FN bool isnan(i64) { return false; }

#define GB_REDUCTION(NAME, START, MAP, JOIN)                    \
  struct NAME {                                                 \
    template <class T>                                          \
    GB_FN T start() { return START; }                           \
    template <class T>                                          \
    GB_FN T map(T x, T p) { return MAP; }                       \
    template <class T>                                          \
    GB_FN T join(T a, T b) { return JOIN; }                     \
  };

// clang-format off
GB_REDUCTION(Sum,          T(0),             x,                           a + b)
GB_REDUCTION(NanSum,       T(0),             isnan(x) ? T(0) : x,         a + b)
GB_REDUCTION(SumAbs,       T(0),             T(fabs(x)),                  a + b)
GB_REDUCTION(SumSquares,   T(0),             x * x,                       a + b)
GB_REDUCTION(SumPowers,    T(0),             T(pow(T(fabs(x)), p)),       a + b)
GB_REDUCTION(CountNonzero, T(0),             T(x != T(0)),                a + b)
GB_REDUCTION(Product,      T(1),             x,                           a * b)
// A NaN wins: it is not equal to itself.
GB_REDUCTION(Max,          Lowest<T>::value,  x,                          (a > b || a != a) ? a : b)
GB_REDUCTION(Min,          Highest<T>::value, x,                          (a < b || a != a) ? a : b)
GB_REDUCTION(MaxAbs,       T(0),              T(fabs(x)),                 (a > b || a != a) ? a : b)
GB_REDUCTION(MinAbs,       Highest<T>::value, T(fabs(x)),                 (a < b || a != a) ? a : b)
GB_REDUCTION(All,          T(1),             T(x != T(0)),                a < b ? a : b)
GB_REDUCTION(Any,          T(0),             T(x != T(0)),                a > b ? a : b)
// clang-format on

#undef GB_REDUCTION

}  // namespace scalar
}  // namespace gb
