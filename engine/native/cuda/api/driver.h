// The driver's interface (libcuda), as far as the engine uses it: our own declarations, so that no header of CUDA is
// needed. Names and values are those of NVIDIA's documentation of the driver API.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "cuda/api/library.h"

namespace gb::cuda {

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct CUctx_st*;
using CUmodule = struct CUmod_st*;
using CUfunction = struct CUfunc_st*;
using CUstream = struct CUstream_st*;
using CUevent = struct CUevent_st*;
using CUgraph = struct CUgraph_st*;
using CUgraphExec = struct CUgraphExec_st*;
using CUgraphNode = struct CUgraphNode_st*;

constexpr CUresult kSuccess = 0;
constexpr CUresult kOutOfMemory = 2;
constexpr CUresult kNotReady = 600;

enum Attribute : int {
  kMaxThreadsPerBlock = 1,
  kMaxSharedPerBlock = 8,
  kWarpSize = 10,
  kMultiprocessors = 16,
  kMaxThreadsPerMultiprocessor = 39,
  kMajor = 75,
  kMinor = 76,
  kMaxSharedOptin = 97,
};
constexpr unsigned kStreamNonBlocking = 1;
constexpr unsigned kEventDisableTiming = 2;
constexpr int kMaxDynamicSharedAttribute = 8;
/** While a stream captures, calls that might disturb it are refused to this thread, or allowed. */
constexpr int kCaptureThreadLocal = 1, kCaptureRelaxed = 2;

/** X(field, exported name, parameters): functions with a suffix are the current ones of that name. */
#define GB_DRIVER_FUNCTIONS(X)                                                                                   \
  X(init, "cuInit", (unsigned))                                                                                  \
  X(driverGetVersion, "cuDriverGetVersion", (int*))                                                              \
  X(getErrorName, "cuGetErrorName", (CUresult, const char**))                                                    \
  X(getErrorString, "cuGetErrorString", (CUresult, const char**))                                                \
  X(deviceGetCount, "cuDeviceGetCount", (int*))                                                                  \
  X(deviceGet, "cuDeviceGet", (CUdevice*, int))                                                                  \
  X(deviceGetName, "cuDeviceGetName", (char*, int, CUdevice))                                                    \
  X(deviceGetAttribute, "cuDeviceGetAttribute", (int*, int, CUdevice))                                           \
  X(deviceTotalMem, "cuDeviceTotalMem_v2", (size_t*, CUdevice))                                                  \
  X(primaryCtxRetain, "cuDevicePrimaryCtxRetain", (CUcontext*, CUdevice))                                        \
  X(ctxSetCurrent, "cuCtxSetCurrent", (CUcontext))                                                               \
  X(ctxSynchronize, "cuCtxSynchronize", ())                                                                      \
  X(memGetInfo, "cuMemGetInfo_v2", (size_t*, size_t*))                                                           \
  X(memAlloc, "cuMemAlloc_v2", (CUdeviceptr*, size_t))                                                           \
  X(memFree, "cuMemFree_v2", (CUdeviceptr))                                                                      \
  X(memHostAlloc, "cuMemHostAlloc", (void**, size_t, unsigned))                                                  \
  X(memFreeHost, "cuMemFreeHost", (void*))                                                                       \
  X(memcpyHtoDAsync, "cuMemcpyHtoDAsync_v2", (CUdeviceptr, const void*, size_t, CUstream))                       \
  X(memcpyDtoHAsync, "cuMemcpyDtoHAsync_v2", (void*, CUdeviceptr, size_t, CUstream))                             \
  X(memcpyDtoDAsync, "cuMemcpyDtoDAsync_v2", (CUdeviceptr, CUdeviceptr, size_t, CUstream))                       \
  X(memcpyPeerAsync, "cuMemcpyPeerAsync", (CUdeviceptr, CUcontext, CUdeviceptr, CUcontext, size_t, CUstream))    \
  X(memsetD8Async, "cuMemsetD8Async", (CUdeviceptr, unsigned char, size_t, CUstream))                            \
  X(streamCreate, "cuStreamCreateWithPriority", (CUstream*, unsigned, int))                                      \
  X(streamQuery, "cuStreamQuery", (CUstream))                                                                    \
  X(streamSynchronize, "cuStreamSynchronize", (CUstream))                                                        \
  X(streamWaitEvent, "cuStreamWaitEvent", (CUstream, CUevent, unsigned))                                         \
  X(eventCreate, "cuEventCreate", (CUevent*, unsigned))                                                          \
  X(eventDestroy, "cuEventDestroy_v2", (CUevent))                                                                \
  X(eventRecord, "cuEventRecord", (CUevent, CUstream))                                                           \
  X(eventQuery, "cuEventQuery", (CUevent))                                                                       \
  X(eventSynchronize, "cuEventSynchronize", (CUevent))                                                           \
  X(eventElapsedTime, "cuEventElapsedTime", (float*, CUevent, CUevent))                                          \
  X(moduleLoadData, "cuModuleLoadData", (CUmodule*, const void*))                                                \
  X(moduleGetFunction, "cuModuleGetFunction", (CUfunction*, CUmodule, const char*))                              \
  X(funcSetAttribute, "cuFuncSetAttribute", (CUfunction, int, int))                                              \
  X(streamBeginCapture, "cuStreamBeginCapture_v2", (CUstream, int))                                              \
  X(streamEndCapture, "cuStreamEndCapture", (CUstream, CUgraph*))                                                \
  X(exchangeCaptureMode, "cuThreadExchangeStreamCaptureMode", (int*))                                            \
  X(graphInstantiate, "cuGraphInstantiateWithFlags", (CUgraphExec*, CUgraph, unsigned long long))                \
  X(graphGetNodes, "cuGraphGetNodes", (CUgraph, CUgraphNode*, size_t*))                                          \
  X(graphLaunch, "cuGraphLaunch", (CUgraphExec, CUstream))                                                       \
  X(graphExecDestroy, "cuGraphExecDestroy", (CUgraphExec))                                                       \
  X(graphDestroy, "cuGraphDestroy", (CUgraph))                                                                   \
  X(launchKernel, "cuLaunchKernel",                                                                              \
    (CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream, void**, void**))

GB_LIBRARY_FUNCTIONS(Driver, GB_DRIVER_FUNCTIONS)

/** The driver with at least one card. Throws a sentence that says what is missing. */
const Driver& openedDriver();
/** The same, once it was opened. */
extern const Driver* knownDriver;
/** Whether calls may wait that the launch thread is to make (runtime/launch_thread.h); and waits until it has made them. */
extern std::atomic<bool> handedOver;
void finishHandedOver();
/** For who calls the driver himself: behind all that was handed over. */
inline void comeAfterHandedOver() {
  if (__builtin_expect(handedOver.load(std::memory_order_relaxed), 0)) finishHandedOver();
}
inline const Driver& driver() {
  comeAfterHandedOver();
  return __builtin_expect(knownDriver != nullptr, 1) ? *knownDriver : openedDriver();
}

/** Why `driver()` throws; empty where it does not. */
const std::string& driverProblem();
/** The library behind it, found or not. */
const Library& driverLibrary();
/** 12040 for CUDA 12.4; 0 without a driver. */
int driverVersion();
int deviceCount();

/** Throws "CUDA: cuMemAlloc: out of memory (CUDA_ERROR_OUT_OF_MEMORY)" for anything but success. */
void check(CUresult result, const char* call);
/** The name and the explanation of a result. */
std::string describe(CUresult result);

/** GB_CUDA(memFree, block): calls and checks. */
#define GB_CUDA(FIELD, ...) ::gb::cuda::check(::gb::cuda::driver().FIELD(__VA_ARGS__), #FIELD)

}  // namespace gb::cuda
