// What kernels have in common: element types, conversions, the way through strided memory. Included by every kernel;
// compiled by NVRTC, which has no headers of its own.
#pragma once
#include "cuda/kernels/arguments.h"
#include "scalar/half.h"
#include "scalar/math.h"

namespace gb {

using u8 = unsigned char;
using i8 = signed char;
using i16 = short;
using u16 = unsigned short;
using i32 = int;
using u32 = unsigned int;
using i64 = long long;
using u64 = unsigned long long;

namespace cuda {

#define GB_DEVICE __device__ __forceinline__

#if defined(__CUDA_ARCH__)
GB_DEVICE float widen(Half h) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(h.bits));
  return x;
}
GB_DEVICE Half narrowHalf(float x) {
  Half h;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h.bits) : "f"(x));
  return h;
}
#else
GB_DEVICE float widen(Half h) { return toFloat(h); }
GB_DEVICE Half narrowHalf(float x) { return toHalf(x); }
#endif
GB_DEVICE float widen(BFloat16 b) { return toFloat(b); }

/** Conversions as PyTorch's: to bool by comparison, from floating point to narrow integers by way of wider ones. */
template <class To, class From>
struct Cast {
  GB_DEVICE static To of(From x) { return static_cast<To>(x); }
};
template <class From>
struct Cast<bool, From> {
  GB_DEVICE static bool of(From x) { return x != From(0); }
};
template <class From>
struct Cast<Half, From> {
  GB_DEVICE static Half of(From x) { return narrowHalf(static_cast<float>(x)); }
};
template <class From>
struct Cast<BFloat16, From> {
  GB_DEVICE static BFloat16 of(From x) { return toBFloat16(static_cast<float>(x)); }
};
#define GB_FROM_HALF(HALF)                                                          \
  template <class To>                                                               \
  struct Cast<To, HALF> {                                                           \
    GB_DEVICE static To of(HALF x) { return Cast<To, float>::of(widen(x)); }        \
  };                                                                                \
  template <>                                                                       \
  struct Cast<bool, HALF> {                                                         \
    GB_DEVICE static bool of(HALF x) { return widen(x) != 0.0f; }                   \
  };
GB_FROM_HALF(Half)
GB_FROM_HALF(BFloat16)
#undef GB_FROM_HALF
template <>
struct Cast<Half, Half> {
  GB_DEVICE static Half of(Half x) { return x; }
};
template <>
struct Cast<BFloat16, BFloat16> {
  GB_DEVICE static BFloat16 of(BFloat16 x) { return x; }
};
template <>
struct Cast<Half, BFloat16> {
  GB_DEVICE static Half of(BFloat16 x) { return narrowHalf(widen(x)); }
};
template <>
struct Cast<BFloat16, Half> {
  GB_DEVICE static BFloat16 of(Half x) { return toBFloat16(widen(x)); }
};
#define GB_NARROW(TO, FROM)                                                     \
  template <>                                                                   \
  struct Cast<TO, FROM> {                                                       \
    GB_DEVICE static TO of(FROM x) { return static_cast<TO>(static_cast<i64>(x)); } \
  };
GB_NARROW(u8, float)
GB_NARROW(u8, double)
GB_NARROW(i8, float)
GB_NARROW(i8, double)
GB_NARROW(i16, float)
GB_NARROW(i16, double)
#undef GB_NARROW

template <class To, class From>
GB_DEVICE To cast(From x) {
  return Cast<To, From>::of(x);
}

/** X(code, type): the codes of DType. */
#define GB_TYPES(X) \
  X(0, u8) X(1, i8) X(2, i16) X(3, i32) X(4, i64) X(5, Half) X(6, float) X(7, double) X(8, bool) X(9, BFloat16)

/** Bytes of an element of a type that is known only now. */
GB_DEVICE int sizeOf(int type) {
  u64 sizes = 0;
#define GB_CASE(CODE, TYPE) sizes |= u64(sizeof(TYPE)) << (4 * CODE);
  GB_TYPES(GB_CASE)
#undef GB_CASE
  return int(sizes >> (4 * type)) & 15;
}

/** What moves elements of so many bytes, whatever they mean. */
template <int size>
struct BitsOf;
template <>
struct BitsOf<1> {
  using Type = u8;
};
template <>
struct BitsOf<2> {
  using Type = u16;
};
template <>
struct BitsOf<4> {
  using Type = u32;
};
template <>
struct BitsOf<8> {
  using Type = u64;
};

/** The element at `p`, of a type that is known only now. */
template <class T>
GB_DEVICE T loadAs(const char* p, int type) {
  switch (type) {
#define GB_CASE(CODE, TYPE) \
  case CODE:                \
    return cast<T>(*reinterpret_cast<const TYPE*>(p));
    GB_TYPES(GB_CASE)
#undef GB_CASE
  }
  return T();
}
template <class T>
GB_DEVICE void storeAs(char* p, int type, T value) {
  switch (type) {
#define GB_CASE(CODE, TYPE)                              \
  case CODE:                                             \
    *reinterpret_cast<TYPE*>(p) = cast<TYPE>(value);     \
    return;
    GB_TYPES(GB_CASE)
#undef GB_CASE
  }
}

template <class T, int N>
struct alignas(sizeof(T) * N) Vector {
  T at[N];
};

GB_DEVICE u32 divide(u32 n, const Divisor& by) { return (__umulhi(n, by.multiplier) + n) >> by.shift; }

/** Byte offsets of the element at a position of a walk, or at one among its dimensions from `first` on. */
template <int N>
GB_DEVICE void locate(const Walk<N>& walk, u32 position, i64 (&offsets)[N], int first = 0) {
  for (int k = 0; k < N; k++) offsets[k] = 0;
  if (first >= walk.dims) return;
  // What is left of a position lies within the last dimension.
  const int last = walk.dims - 1;
#pragma unroll 1
  for (int d = first; d < last; d++) {
    const u32 rest = divide(position, walk.sizes[d]);
    const u32 at = position - rest * walk.sizes[d].d;
    for (int k = 0; k < N; k++) offsets[k] += i64(at) * walk.strides[k][d];
    position = rest;
  }
  for (int k = 0; k < N; k++) offsets[k] += i64(position) * walk.strides[k][last];
}

template <class T>
GB_DEVICE T numberOf(const Number& n);
template <>
GB_DEVICE float numberOf<float>(const Number& n) {
  return n.f;
}
template <>
GB_DEVICE double numberOf<double>(const Number& n) {
  return n.d;
}
template <>
GB_DEVICE i64 numberOf<i64>(const Number& n) {
  return n.i;
}

/** Integers wrap in the common type before the formula sees them. */
GB_DEVICE float wrapped(float x, int) { return x; }
GB_DEVICE double wrapped(double x, int) { return x; }
GB_DEVICE i64 wrapped(i64 x, int common) {
  switch (common) {
    case 0: return u8(x);
    case 1: return i8(x);
    case 2: return i16(x);
    case 3: return i32(x);
  }
  return x;
}

/** This thread's place among all of a one-dimensional grid. */
GB_DEVICE i64 globalThread() { return i64(blockIdx.x) * blockDim.x + threadIdx.x; }

}  // namespace cuda
}  // namespace gb
