// CUDA C++ for a host compiler: what NVRTC knows by itself, as far as our kernels use it. Included before a kernel's
// source by the stand-in compiler (nvrtc.cc); the stand-in driver (cuda.cc) runs what comes out.
#pragma once
#include "runtime.h"

#define __CUDACC__ 1
#define __CUDACC_RTC__ 1
#define __global__
#define __device__
#define __host__
#define __constant__ static const
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
// Blocks run one after the other, so one copy for all of them will do.
#define __shared__ static

/** What a launch gives: as much as it may be. */
alignas(16) static char gbDynamic[101376];
static inline void* gbDynamicShared() { return gbDynamic; }

#define GB_VISIBLE __attribute__((visibility("default")))
extern "C" {
GB_VISIBLE GbRuntime* gbRuntime;
}

#define threadIdx (gbRuntime->thread)
#define blockIdx (gbRuntime->block)
#define blockDim (gbRuntime->threads)
#define gridDim (gbRuntime->blocks)
#define warpSize 32

// Every access of a kernel comes by here: -fsanitize=kernel-address calls these.
#define GB_UNCHECKED __attribute__((no_sanitize("kernel-address")))
#define GB_CHECKS(SIZE)                                                                                            \
  extern "C" GB_UNCHECKED void __asan_load##SIZE##_noabort(unsigned long p) { gbCheck(p, SIZE, false); }            \
  extern "C" GB_UNCHECKED void __asan_store##SIZE##_noabort(unsigned long p) { gbCheck(p, SIZE, true); }
GB_UNCHECKED static inline void gbCheck(unsigned long p, unsigned long size, bool store) {
  const unsigned long offset = p - reinterpret_cast<unsigned long>(gbRuntime->arena);
  if (offset < gbRuntime->arenaBytes && (p & (size - 1)) == 0 && (offset & 15) + size <= gbRuntime->shadow[offset >> 4]) return;
  if ((p & (size - 1)) == 0 && (p - gbRuntime->stacks < gbRuntime->stackBytes || p - gbRuntime->module < gbRuntime->moduleBytes)) return;
  gbRuntime->access(p, size, store);
}
GB_CHECKS(1)
GB_CHECKS(2)
GB_CHECKS(4)
GB_CHECKS(8)
GB_CHECKS(16)
extern "C" GB_UNCHECKED void __asan_loadN_noabort(unsigned long p, unsigned long n) { gbRuntime->access(p, n, false); }
extern "C" GB_UNCHECKED void __asan_storeN_noabort(unsigned long p, unsigned long n) { gbRuntime->access(p, n, true); }
extern "C" GB_UNCHECKED void __asan_handle_no_return() {}

static inline void __syncthreads() { gbRuntime->barrier(); }
static inline void __syncwarp(unsigned mask = 0xffffffffu) { gbRuntime->ballot(mask, false); }
static inline unsigned __ballot_sync(unsigned mask, int predicate) { return gbRuntime->ballot(mask, predicate != 0); }
static inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
static inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) == mask; }

GB_UNCHECKED static inline int gbLane() {
  return int((threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) & 31);
}
template <class T>
static inline T gbExchange(unsigned mask, T value, int source) {
  unsigned long bits = 0;
  __builtin_memcpy(&bits, &value, sizeof(T));
  bits = gbRuntime->exchange(mask, bits, source);
  __builtin_memcpy(&value, &bits, sizeof(T));
  return value;
}
/** A lane outside of the group of `width` keeps its own value. */
static inline int gbWithin(int source, int width) {
  const int first = gbLane() / width * width;
  return source < first || source >= first + width ? gbLane() : source;
}
template <class T>
static inline T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  return gbExchange(mask, value, gbLane() / width * width + (source & (width - 1)));
}
template <class T>
static inline T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32) {
  return gbExchange(mask, value, gbWithin(gbLane() ^ lanes, width));
}
template <class T>
static inline T __shfl_down_sync(unsigned mask, T value, unsigned lanes, int width = 32) {
  return gbExchange(mask, value, gbWithin(gbLane() + int(lanes), width));
}
template <class T>
static inline T __shfl_up_sync(unsigned mask, T value, unsigned lanes, int width = 32) {
  return gbExchange(mask, value, gbWithin(gbLane() - int(lanes), width));
}

// One thread runs at a time, from one barrier to the next: plain code is atomic.
#define GB_ATOMIC(NAME, NEW)                           \
  template <class T>                                   \
  static inline T NAME(T* p, T value) {                \
    const T old = *p;                                  \
    *p = NEW;                                          \
    return old;                                        \
  }
GB_ATOMIC(atomicAdd, old + value)
GB_ATOMIC(atomicMin, old < value ? old : value)
GB_ATOMIC(atomicMax, old > value ? old : value)
GB_ATOMIC(atomicOr, old | value)
GB_ATOMIC(atomicExch, value)
#undef GB_ATOMIC
template <class T>
static inline T atomicCAS(T* p, T expected, T value) {
  const T old = *p;
  if (old == expected) *p = value;
  return old;
}
static inline void __threadfence() {}

static inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned((static_cast<unsigned long>(a) * b) >> 32); }
static inline int __dp4a(int a, int b, int c) {
  for (int i = 0; i < 32; i += 8) c += int(static_cast<signed char>(a >> i)) * static_cast<signed char>(b >> i);
  return c;
}
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __ffs(unsigned x) { return __builtin_ffs(int(x)); }
static inline int __clz(unsigned x) { return x ? __builtin_clz(x) : 32; }
static inline float __uint_as_float(unsigned u) { return __builtin_bit_cast(float, u); }
static inline unsigned __float_as_uint(float x) { return __builtin_bit_cast(unsigned, x); }

#define GB_MATH_1(NAME) extern "C" float NAME##f(float); extern "C" double NAME(double);
#define GB_MATH_2(NAME) extern "C" float NAME##f(float, float); extern "C" double NAME(double, double);
GB_MATH_1(sqrt) GB_MATH_1(fabs) GB_MATH_1(floor) GB_MATH_1(ceil) GB_MATH_1(trunc) GB_MATH_1(rint) GB_MATH_1(exp)
GB_MATH_1(exp2) GB_MATH_1(expm1) GB_MATH_1(log) GB_MATH_1(log2) GB_MATH_1(log10) GB_MATH_1(log1p) GB_MATH_1(sin)
GB_MATH_1(cos) GB_MATH_1(tan) GB_MATH_1(asin) GB_MATH_1(acos) GB_MATH_1(atan) GB_MATH_1(sinh) GB_MATH_1(cosh)
GB_MATH_1(tanh) GB_MATH_1(asinh) GB_MATH_1(acosh) GB_MATH_1(atanh) GB_MATH_1(erf) GB_MATH_1(erfc) GB_MATH_1(lgamma)
GB_MATH_2(pow) GB_MATH_2(fmod) GB_MATH_2(atan2) GB_MATH_2(hypot) GB_MATH_2(fmax) GB_MATH_2(copysign) GB_MATH_2(nextafter)
extern "C" float fmaf(float, float, float);
extern "C" double fma(double, double, double);
static inline void __sincosf(float x, float* s, float* c) {
  *s = sinf(x);
  *c = cosf(x);
}
static inline void sincospi(double x, double* s, double* c) {
  *s = sin(x * 3.14159265358979323846);
  *c = cos(x * 3.14159265358979323846);
}
/** Giles' polynomials in float (2012), then a step of Newton's method. */
static inline float erfinvf(float y) {
  if (!(y > -1 && y < 1)) return y == 1 ? __builtin_inff() : y == -1 ? -__builtin_inff() : __builtin_nanf("");
  double w = -log1p(-double(y) * y), p = 0;
  const bool near = w < 5;
  w = near ? w - 2.5 : sqrt(w) - 3;
  static const double close[] = {2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
                                 -0.00125372503, -0.00417768164, 0.246640727, 1.50140941};
  static const double tail[] = {-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
                                -0.0076224613, 0.00943887047, 1.00167406, 2.83297682};
  for (int i = 0; i < 9; i++) p = p * w + (near ? close[i] : tail[i]);
  const double x = p * y;
  return float(x - (erf(x) - y) / (1.1283791670955126 * exp(-x * x)));
}

#include "tensor_core.h"

// Parameters come as addresses; a kernel's own types say how they are read.
template <unsigned... I>
struct GbNumbers {};
template <unsigned N, unsigned... I>
struct GbCount : GbCount<N - 1, N - 1, I...> {};
template <unsigned... I>
struct GbCount<0, I...> {
  using Type = GbNumbers<I...>;
};
template <class... A, unsigned... I>
GB_UNCHECKED static void gbInvoke(void (*kernel)(A...), void** arguments, GbNumbers<I...>) {
  kernel(*static_cast<A*>(arguments[I])...);
}
template <class... A>
GB_UNCHECKED static void gbEnter(void (*kernel)(A...), void** arguments) {
  gbInvoke(kernel, arguments, typename GbCount<sizeof...(A)>::Type());
}
template <class... A>
GB_UNCHECKED static unsigned gbSizes(void (*)(A...), unsigned* sizes) {
  const unsigned all[] = {unsigned(sizeof(A))..., 0};
  for (unsigned i = 0; i < sizeof...(A); i++) sizes[i] = all[i];
  return sizeof...(A);
}
/** What the stand-in compiler adds for every kernel of a source. */
#define GB_ENTRY(NAME)                                                                                   \
  extern "C" GB_VISIBLE GB_UNCHECKED void gbEnter_##NAME(void** arguments) { gbEnter(&::gb::cuda::NAME, arguments); } \
  extern "C" GB_VISIBLE GB_UNCHECKED unsigned gbSizes_##NAME(unsigned* sizes) { return gbSizes(&::gb::cuda::NAME, sizes); }
