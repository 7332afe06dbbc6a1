#include "cuda/api/cublas.h"

#include <mutex>

#include "cuda/runtime/device.h"
#include "tensor/error.h"

namespace gb::cuda::lt {
namespace {

LibraryKind kind() {
  LibraryKind k{
      "cuBLASLt",
      "matrix products run by the engine's own kernel, without tensor cores",
      "GRADBOOK_CUBLASLT",
      {"libcublasLt.so.12"},
      {"nvidia/cublas/lib"},
      "pip install nvidia-cublas-cu12 brings it, and so does a CUDA toolkit",
  };
  if (hasCuda13()) {
    k.names = {"libcublasLt.so.13", "libcublasLt.so.12"};
    k.pip = {"nvidia/cu13/lib", "nvidia/cublas/lib"};
    k.advice = "pip install nvidia-cublas brings it, and so does a CUDA toolkit";
  }
  return k;
}

struct State {
  Functions functions{};
  VendorLibrary vendor = openVendor(kind(), [this](VendorLibrary& v) {
    functions.load(v.library);
    v.version = versionBy(functions.property);
  });
  std::mutex lock;
  Handle handles[kMaxCudaDevices] = {};
};

State& state() {
  static State* const made = new State;
  return *made;
}

const char* nameOf(int status) {
  switch (status) {
    case 1: return "CUBLAS_STATUS_NOT_INITIALIZED";
    case 3: return "CUBLAS_STATUS_ALLOC_FAILED";
    case 7: return "CUBLAS_STATUS_INVALID_VALUE";
    case 8: return "CUBLAS_STATUS_ARCH_MISMATCH";
    case 11: return "CUBLAS_STATUS_MAPPING_ERROR";
    case 13: return "CUBLAS_STATUS_EXECUTION_FAILED";
    case 14: return "CUBLAS_STATUS_INTERNAL_ERROR";
    case kNotSupported: return "CUBLAS_STATUS_NOT_SUPPORTED";
    case 16: return "CUBLAS_STATUS_LICENSE_ERROR";
    default: return "an unknown status";
  }
}

}  // namespace

const VendorLibrary& library() { return state().vendor; }

const Functions* functions() {
  comeAfterHandedOver();
  return state().vendor.problem.empty() ? &state().functions : nullptr;
}

Handle handleOf(int index) {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  Handle& handle = s.handles[index];
  if (!handle && s.vendor.problem.empty()) {
    enter(index);
    comeAfterHandedOver();
    if (const int status = s.functions.create(&handle)) {
      handle = nullptr;
      s.vendor.problem = "cuBLASLt (" + s.vendor.library.path + ") does not start on cuda:" + std::to_string(index) + ": " +
                         nameOf(status) + ". It may be made for a newer driver than this one";
    }
  }
  return handle;
}

void check(int status, const char* call) { GB_CHECK(status == 0, "cuBLASLt: ", call, ": ", nameOf(status)); }

}  // namespace gb::cuda::lt
