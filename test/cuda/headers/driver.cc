// Our declarations of the driver against NVIDIA's: every function takes what theirs takes, and every value is theirs.
#include <cuda.h>

#include <type_traits>

#include "cuda/api/driver.h"

namespace ours = gb::cuda;

/** Handles are pointers to types of our own; enumerations are integers of their size. */
template <class A, class B>
constexpr bool alike() {
  if constexpr (std::is_pointer_v<A> && std::is_pointer_v<B>) {
    using X = std::remove_cv_t<std::remove_pointer_t<A>>;
    using Y = std::remove_cv_t<std::remove_pointer_t<B>>;
    if constexpr (std::is_class_v<X> || std::is_void_v<X>) {
      return std::is_class_v<Y> || std::is_void_v<Y>;
    } else {
      return alike<X, Y>();
    }
  } else if constexpr (std::is_pointer_v<A> || std::is_pointer_v<B>) {
    return false;
  } else {
    return sizeof(A) == sizeof(B) && std::is_floating_point_v<A> == std::is_floating_point_v<B>;
  }
}

template <class Ours, class Theirs>
struct Compare : std::false_type {};
template <class... A, class... B>
struct Compare<ours::CUresult (*)(A...), CUresult (*)(B...)> {
  static constexpr bool value = [] {
    if constexpr (sizeof...(A) == sizeof...(B)) {
      return (alike<A, B>() && ...);
    } else {
      return false;
    }
  }();
};

/** A function of the driver: the header knows a name without its suffix as a macro for the one with it. */
#define CHECK(NAME, PARAMETERS) static_assert(Compare<CUresult(*) PARAMETERS, decltype(&::NAME)>::value, #NAME);
namespace gb::cuda {
using ::Compare;
// The rows of cuda/api/driver.h, put there by the test.
#include "rows.inc"
}  // namespace gb::cuda

#define SAME(OURS, THEIRS) static_assert(int(OURS) == int(THEIRS), #THEIRS)
SAME(ours::kSuccess, CUDA_SUCCESS);
SAME(ours::kOutOfMemory, CUDA_ERROR_OUT_OF_MEMORY);
SAME(ours::kNotReady, CUDA_ERROR_NOT_READY);
SAME(ours::kMaxThreadsPerBlock, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
SAME(ours::kMaxSharedPerBlock, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
SAME(ours::kWarpSize, CU_DEVICE_ATTRIBUTE_WARP_SIZE);
SAME(ours::kMultiprocessors, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
SAME(ours::kMaxThreadsPerMultiprocessor, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR);
SAME(ours::kMajor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
SAME(ours::kMinor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
SAME(ours::kMaxSharedOptin, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
SAME(ours::kStreamNonBlocking, CU_STREAM_NON_BLOCKING);
SAME(ours::kEventDisableTiming, CU_EVENT_DISABLE_TIMING);
SAME(ours::kMaxDynamicSharedAttribute, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
SAME(ours::kCaptureThreadLocal, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
SAME(ours::kCaptureRelaxed, CU_STREAM_CAPTURE_MODE_RELAXED);

int main() { return 0; }
