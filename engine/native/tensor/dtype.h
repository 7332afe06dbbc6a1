// Element types. The codes are those of engine/core/dtype.ts.
#pragma once
#include <cstddef>
#include <cstdint>

#include "scalar/half.h"

namespace gb {

enum class DType : int8_t { UInt8, Int8, Int16, Int32, Int64, Float16, Float32, Float64, Bool, BFloat16 };
constexpr int kDTypes = 10;

/** Where a tensor's memory is: the host, or a card; `CUDA` is cuda:0, and cuda:i is `cudaDevice(i)`. */
enum class Device : int8_t { CPU, CUDA };
/** Kinds of devices: what kernels are written for. */
constexpr int kDevices = 2;
constexpr int kMaxCudaDevices = 16;

constexpr Device cudaDevice(int index) { return Device(int(Device::CUDA) + index); }
constexpr int cudaIndex(Device d) { return int(d) - int(Device::CUDA); }
constexpr Device kindOf(Device d) { return d == Device::CPU ? Device::CPU : Device::CUDA; }

constexpr size_t itemSize(DType t) {
  constexpr size_t sizes[kDTypes] = {1, 1, 2, 4, 8, 2, 4, 8, 1, 2};
  return sizes[int(t)];
}
constexpr bool isFloat(DType t) {
  return t == DType::Float32 || t == DType::Float64 || t == DType::Float16 || t == DType::BFloat16;
}
constexpr bool isHalf(DType t) { return t == DType::Float16 || t == DType::BFloat16; }
constexpr bool isInteger(DType t) { return !isFloat(t) && t != DType::Bool; }

/** The type that arithmetic runs in: half types compute in float, all integers and bool in int64. */
constexpr DType computeType(DType t) {
  return t == DType::Float64 ? DType::Float64 : isFloat(t) ? DType::Float32 : DType::Int64;
}

/** PyTorch's name of a type in its error messages: Float, Long, … */
inline const char* titleOf(DType t) {
  constexpr const char* names[kDTypes] = {"Byte", "Char",  "Short",  "Int",  "Long",
                                          "Half", "Float", "Double", "Bool", "BFloat16"};
  return names[int(t)];
}
/** The name in TypeScript: float32, int64, … */
inline const char* nameOf(DType t) {
  constexpr const char* names[kDTypes] = {"uint8",   "int8",    "int16",   "int32", "int64",
                                          "float16", "float32", "float64", "bool",  "bfloat16"};
  return names[int(t)];
}
inline const char* nameOf(Device d) {
  constexpr const char* names[1 + kMaxCudaDevices] = {
      "cpu",    "cuda:0", "cuda:1", "cuda:2",  "cuda:3",  "cuda:4",  "cuda:5",  "cuda:6",  "cuda:7",
      "cuda:8", "cuda:9", "cuda:10", "cuda:11", "cuda:12", "cuda:13", "cuda:14", "cuda:15"};
  return names[int(d)];
}

template <class T>
struct DTypeOf;
#define GB_DTYPE_OF(CPP, NAME) \
  template <>                  \
  struct DTypeOf<CPP> {        \
    static constexpr DType value = DType::NAME; \
  };
GB_DTYPE_OF(uint8_t, UInt8)
GB_DTYPE_OF(int8_t, Int8)
GB_DTYPE_OF(int16_t, Int16)
GB_DTYPE_OF(int32_t, Int32)
GB_DTYPE_OF(int64_t, Int64)
GB_DTYPE_OF(Half, Float16)
GB_DTYPE_OF(float, Float32)
GB_DTYPE_OF(double, Float64)
GB_DTYPE_OF(bool, Bool)
GB_DTYPE_OF(BFloat16, BFloat16)
#undef GB_DTYPE_OF

/** All types with their C++ types, for switches: X(C++ type, DType's name). */
#define GB_ALL_DTYPES(X) \
  X(uint8_t, UInt8)      \
  X(int8_t, Int8)        \
  X(int16_t, Int16)      \
  X(int32_t, Int32)      \
  X(int64_t, Int64)      \
  X(Half, Float16)       \
  X(float, Float32)      \
  X(double, Float64)     \
  X(bool, Bool)          \
  X(BFloat16, BFloat16)

}  // namespace gb
