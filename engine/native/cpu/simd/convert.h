// Moving runs of elements between a tensor's type and the type that arithmetic runs in (float, double, int64).
#pragma once
#include <cstdint>

#include "tensor/dtype.h"

namespace gb {

/** dst[i] = (compute type) of the element at src + i·stride bytes. */
using LoadRun = void (*)(void* dst, const char* src, int64_t stride, int64_t n);
/** The element at dst + i·stride bytes = (tensor's type) src[i]. */
using StoreRun = void (*)(char* dst, int64_t stride, const void* src, int64_t n);

namespace base {
extern const LoadRun loadRuns[kDTypes][3];
extern const StoreRun storeRuns[kDTypes][3];
}  // namespace base
namespace avx2 {
extern const LoadRun loadRuns[kDTypes][3];
extern const StoreRun storeRuns[kDTypes][3];
}  // namespace avx2

/** Column of the tables. */
constexpr int computeIndex(DType compute) {
  return compute == DType::Float32 ? 0 : compute == DType::Float64 ? 1 : 2;
}

}  // namespace gb
