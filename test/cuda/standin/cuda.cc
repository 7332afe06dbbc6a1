// A stand-in for the driver (libcuda): runs what the stand-in compiler made, on the host, and refuses what a card would not
// forgive. Set up by GRADBOOK_STANDIN, words separated by commas:
//   memory=<MiB>  devices=<n>  driver=<version>  capability=<number>  init=<error>  fail=<kernel>  (a launch that fails)
//   busy=<MiB>  (of each card, held by other programs)  context=<error>  (of making one)  nvrtc=<version>
//   cublas=<refuse|broken>  cudnn=<…>  cusolver=<…>: see the files of these libraries
//   slow=<ms>  (what a launch takes)
//   failGraph=begin|end|instantiate|launch  (that part of capturing fails)
//
// - Device memory is a range of addresses that the host cannot touch while no kernel runs: a host access faults.
// - Every access of a kernel is checked: allocated, not freed, aligned, or its own stack and constants.
// - Work is queued and done as late as possible: what reads a result without waiting reads old memory.
// - While a stream captures, what is queued on it becomes a node and is done at each launch of the graph, with the parameters of
//   then; what would wait for the card, or disturb the capture, is refused and breaks the capture, as a driver does.
// - Launch limits are those of a card; after an error every call returns it, as after one on a card.
//
// Here: the driver itself, its errors, cards and contexts. memory.cc, streams.cc, graphs.cc and kernels.cc have the other calls.
#include "world.h"

using namespace standin;

API int cuInit(unsigned) { return world().settings.init; }
API int cuDriverGetVersion(int* version) {
  *version = world().settings.driver;
  return 0;
}
API int cuGetErrorName(int error, const char** name) {
  switch (error) {
    case kInvalidValue: *name = "CUDA_ERROR_INVALID_VALUE"; return 0;
    case kOutOfMemory: *name = "CUDA_ERROR_OUT_OF_MEMORY"; return 0;
    case kNoDevice: *name = "CUDA_ERROR_NO_DEVICE"; return 0;
    case kInvalidDevice: *name = "CUDA_ERROR_INVALID_DEVICE"; return 0;
    case kInvalidImage: *name = "CUDA_ERROR_INVALID_IMAGE"; return 0;
    case kInvalidContext: *name = "CUDA_ERROR_INVALID_CONTEXT"; return 0;
    case kNotFound: *name = "CUDA_ERROR_NOT_FOUND"; return 0;
    case kNotReady: *name = "CUDA_ERROR_NOT_READY"; return 0;
    case kIllegalAddress: *name = "CUDA_ERROR_ILLEGAL_ADDRESS"; return 0;
    case kLaunchFailed: *name = "CUDA_ERROR_LAUNCH_FAILED"; return 0;
    case kIllegalState: *name = "CUDA_ERROR_ILLEGAL_STATE"; return 0;
    case kCaptureUnsupported: *name = "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"; return 0;
    case kCaptureInvalidated: *name = "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"; return 0;
    case kCaptureMerge: *name = "CUDA_ERROR_STREAM_CAPTURE_MERGE"; return 0;
    case kCaptureUnmatched: *name = "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED"; return 0;
    case kCaptureUnjoined: *name = "CUDA_ERROR_STREAM_CAPTURE_UNJOINED"; return 0;
    case kCaptureIsolation: *name = "CUDA_ERROR_STREAM_CAPTURE_ISOLATION"; return 0;
    case kCaptureImplicit: *name = "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT"; return 0;
    case kCapturedEvent: *name = "CUDA_ERROR_CAPTURED_EVENT"; return 0;
  }
  *name = nullptr;
  return kInvalidValue;
}
API int cuGetErrorString(int error, const char** text) {
  *text = error == kOutOfMemory      ? "out of memory"
          : error == kIllegalAddress ? "an illegal memory access was encountered"
          : error == kNoDevice       ? "no CUDA-capable device is detected"
          : error == kLaunchFailed   ? "unspecified launch failure"
          : error == kCaptureUnsupported ? "operation not permitted when stream is capturing"
          : error == kCaptureInvalidated ? "operation failed due to a previous error during capture"
                                     : "an error of the stand-in";
  return 0;
}
API int cuDeviceGetCount(int* count) {
  *count = world().settings.devices;
  return 0;
}
API int cuDeviceGet(int* device, int index) {
  *device = index;
  return index >= 0 && index < world().settings.devices ? 0 : kInvalidDevice;
}
API int cuDeviceGetName(char* name, int size, int) {
  std::snprintf(name, size_t(size), "Stand-in");
  return 0;
}
API int cuDeviceGetAttribute(int* value, int attribute, int) {
  const int capability = world().settings.capability;
  switch (attribute) {
    case 1: *value = 1024; break;
    case 8: *value = 49152; break;
    case 10: *value = 32; break;
    case 16: *value = 4; break;
    case 39: *value = 2048; break;
    case 75: *value = capability / 10; break;
    case 76: *value = capability % 10; break;
    case 97: *value = 101376; break;
    default: return kInvalidValue;
  }
  return 0;
}
API int cuDeviceTotalMem_v2(size_t* bytes, int) {
  *bytes = world().settings.memory;
  return 0;
}
API int cuDevicePrimaryCtxRetain(void** context, int device) {
  if (world().settings.context) return world().settings.context;
  *context = reinterpret_cast<void*>(size_t(device) + 1);
  return 0;
}
API int cuCtxSetCurrent(void* context) {
  current = int(reinterpret_cast<size_t>(context)) - 1;
  return 0;
}
API int cuCtxSynchronize() {
  if (const int error = beginUnsafe("waiting for the card", true)) return error;
  drainAll();
  return begin();
}
