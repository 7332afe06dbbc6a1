// Kernels of cuda/kernels: compiled for the card when first used, kept on disk, launched on the card's current stream.
#pragma once
#include <cstdint>
#include <new>
#include <string>
#include <type_traits>

#include "cuda/runtime/device.h"
#include "cuda/runtime/kernel_code.h"
#include "tensor/tensor.h"

namespace gb::cuda {

/** As a kernel takes what may not be there. */
inline void* dataOf(MaybeTensor x) { return x ? x->data() : nullptr; }

/** Compiles, or takes from the disk, and loads. Slow but for the first time; see Function. */
CUfunction kernelOf(int index, const Unit& unit, const char* name);

/** The kernel, allowed to be launched with so many bytes of shared memory. */
CUfunction withShared(CUfunction kernel, unsigned bytes);

/** A kernel on each card, looked up once. Lives in a static table, one for each unit that a caller may choose. */
struct Function {
  CUfunction on[kMaxCudaDevices];

  /** `unit` makes the Unit when it is needed. */
  template <class MakeUnit>
  CUfunction get(int index, const char* name, const MakeUnit& unit) {
    if (__builtin_expect(!on[index], 0)) on[index] = kernelOf(index, unit(), name);
    return on[index];
  }
  /** Of a kernel whose launches give it `shared` bytes, which may be more than the 48 KiB that need not be asked for. */
  template <class MakeUnit>
  CUfunction get(int index, const char* name, const MakeUnit& unit, unsigned shared) {
    if (__builtin_expect(!on[index], 0)) on[index] = withShared(kernelOf(index, unit(), name), shared);
    return on[index];
  }
};

struct Grid {
  unsigned x, y = 1, z = 1;
  /** Bytes of shared memory beside what the kernel declares. */
  unsigned shared = 0;
};

/** CUDA_LAUNCH_BLOCKING=1: every op waits for its kernels. */
bool launchBlocking();
/** Work was queued for the current op: it is named where a later wait fails, and waited for where the user asks for that. */
void queued(int index, CUstream stream);

namespace detail {

constexpr size_t kArgumentUnit = 16;
template <class T>
constexpr size_t argumentRoom() {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= kArgumentUnit);
  return (sizeof(T) + kArgumentUnit - 1) / kArgumentUnit * kArgumentUnit;
}

/** A launch as it is handed over: this, pointers to its arguments, and those. */
struct alignas(kArgumentUnit) Launch {
  CUfunction kernel;
  CUstream stream;
  Grid grid;
  unsigned threads;

  void** pointers() { return reinterpret_cast<void**>(this + 1); }
};

/** `room`: of pointers and arguments. */
Launch* beginLaunch(CUfunction kernel, int index, Grid grid, unsigned threads, size_t room);
void endLaunch(int index, CUstream stream);

}  // namespace detail

/** Queues a kernel. The arguments' types must be those of the kernel's parameters. */
template <class... A>
void launch(CUfunction kernel, Device device, Grid grid, unsigned threads, const A&... arguments) {
  constexpr size_t pointers = detail::argumentRoom<void* [sizeof...(A) + 1]>(), values = (detail::argumentRoom<A>() + ... + 0);
  const int index = cudaIndex(device);
  detail::Launch* made = detail::beginLaunch(kernel, index, grid, threads, pointers + values);
  const CUstream stream = made->stream;
  void** pointer = made->pointers();
  unsigned char* at = reinterpret_cast<unsigned char*>(pointer) + pointers;
  ((*pointer++ = new (at) A(arguments), at += detail::argumentRoom<A>()), ...);
  detail::endLaunch(index, stream);
}

/** Blocks of `threads` for `n` elements, at most as many as a grid has in x. */
Grid gridFor(int64_t n, int64_t perBlock);

/** Elements of a launch at most; see mostElements() in cuda/ops/walk.h. Tests lower it: what is divided then is small. */
extern int64_t launchLimit;
void setLaunchLimit(int64_t elements);

/** The result of waiting: an error is one of some kernel before, whose op may be another than the present one. */
void checkWait(CUresult result, int index);

/** A type's name in kernels: float, double, gb::Half, … */
const char* kernelType(DType dtype);

/** For tests: kernels compiled, found in the cache on disk, and launched by this thread. */
struct CompileStats {
  int compiled, found;
  unsigned launched;
};
CompileStats compileStats();

}  // namespace gb::cuda
