// Shared memory beyond what a kernel may declare, and copies to it that go on while a thread computes: PTX's cp.async, from compute
// capability 8.0 on; before it they are copies as others.
#pragma once
#include "cuda/kernels/prelude.cuh"

namespace gb {
namespace cuda {

/** Shared memory whose size the launch says (Grid::shared): more than the 48 KiB that a kernel may declare. */
#if defined(__CUDA_ARCH__)
#define GB_DYNAMIC_SHARED(TYPE, NAME) extern __shared__ __align__(16) TYPE NAME[]
#else
#define GB_DYNAMIC_SHARED(TYPE, NAME) TYPE* const NAME = static_cast<TYPE*>(gbDynamicShared())
#endif

#if !defined(__CUDA_ARCH__)

// The tests' stand-in for a card (test/cuda/standin/tensor_core.h) makes them as late as a card may.
template <int kBytes>
GB_DEVICE void copyAsync(void* to, const void* from, bool there) {
  gbCopyLater(to, from, kBytes, there);
}
GB_DEVICE void waitForCopies() { gbCopyNow(); }

#elif __CUDA_ARCH__ >= 800

GB_DEVICE u32 sharedAddress(const void* p) { return u32(__cvta_generic_to_shared(p)); }

/** 4 or 16 bytes to shared memory, there when waitForCopies() has returned; zeros where nothing is `there`. */
template <int kBytes>
GB_DEVICE void copyAsync(void* to, const void* from, bool there) {
  const int size = there ? kBytes : 0;
  if (kBytes == 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(to)), "l"(from), "r"(size) : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(sharedAddress(to)), "l"(from), "r"(size) : "memory");
  }
}
/** Until this thread's copies are there; a barrier must follow before others read them. */
GB_DEVICE void waitForCopies() { asm volatile("cp.async.wait_all;" ::: "memory"); }

#else

template <int kBytes>
GB_DEVICE void copyAsync(void* to, const void* from, bool there) {
  using Words = Vector<u32, kBytes / 4>;
  *static_cast<Words*>(to) = there ? *static_cast<const Words*>(from) : Words{};
}
GB_DEVICE void waitForCopies() {}

#endif

}  // namespace cuda
}  // namespace gb
