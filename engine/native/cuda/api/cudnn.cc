#include "cuda/api/cudnn.h"

#include <cstdlib>
#include <mutex>

#include "cuda/api/cublas.h"
#include "cuda/runtime/device.h"
#include "cuda/runtime/switches.h"
#include "tensor/error.h"

namespace gb::cuda::dnn {
namespace {

LibraryKind kind() {
  return {"cuDNN",
          "convolutions and recurrent layers run by the engine's own kernels",
          "GRADBOOK_CUDNN",
          {"libcudnn.so.9"},
          {"nvidia/cudnn/lib"},
          hasCuda13() ? "pip install nvidia-cudnn-cu13 brings it" : "pip install nvidia-cudnn-cu12 brings it"};
}

struct State {
  Functions functions{};
  const char* (*errorText)(int) = nullptr;
  VendorLibrary vendor;
  std::mutex lock;
  Handle handles[kMaxCudaDevices] = {};

  State()
      : vendor((
            // It looks for cuBLASLt by name, and takes the one that is open.
            lt::library(), openVendor(kind(), [this](VendorLibrary& v) { load(v); }))) {}

  void load(VendorLibrary& v) {
    // Its recurrent layers' products take the workspace that is free, and with another size another kernel: by NVIDIA's documentation
    // one size makes results the same each time. Read when the library first multiplies.
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:2", 0);
    functions.load(v.library);
    errorText = reinterpret_cast<const char* (*)(int)>(v.library.symbol("cudnnGetErrorString"));
    v.version = versionBy(functions.property);
    const auto runtime = reinterpret_cast<size_t (*)()>(v.library.symbol("cudnnGetCudartVersion"));
    const int major = int(runtime() / 1000), driverMajor = driverVersion() / 1000;
    GB_CHECK(major <= driverMajor, "cuDNN ", v.version, " (", v.library.path, ") is made for CUDA ", major,
             ", and the driver knows CUDA ", driverMajor, ". ", v.kind.advice);
  }
};

State& state() {
  static State* const made = new State;
  return *made;
}

}  // namespace

const VendorLibrary& library() { return state().vendor; }

const Functions* functions() {
  comeAfterHandedOver();
  return state().vendor.problem.empty() ? &state().functions : nullptr;
}

Handle handleOnAnyStream(int index) {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  Handle& handle = s.handles[index];
  if (!handle && s.vendor.problem.empty()) {
    enter(index);
    comeAfterHandedOver();
    if (const int status = s.functions.create(&handle)) {
      handle = nullptr;
      s.vendor.problem = "cuDNN (" + s.vendor.library.path + ") does not start on cuda:" + std::to_string(index) + ": " +
                         s.errorText(status) + ". It may be made for a newer driver than this one, or miss a library beside it";
    }
  }
  return handle;
}

Handle handleOf(int index) {
  const Handle handle = handleOnAnyStream(index);
  const CUstream stream = currentStream(index);
  enter(index);
  if (handle) GB_CUDNN(setStream, handle, stream);
  return handle;
}

DataType dataTypeOf(DType type) {
  switch (type) {
    case DType::Float64: return kDouble;
    case DType::Float16: return kHalf;
    case DType::BFloat16: return kBFloat16;
    default: return kFloat;
  }
}

MathType mathFor(DType type) {
  if (type == DType::Float16) return kTensorMath;
  return type == DType::Float32 && !isOn(Switch::CudnnTf32) ? kFmaMath : kDefaultMath;
}

void check(int status, const char* call) { GB_CHECK(status == 0, "cuDNN: ", call, ": ", state().errorText(status)); }

}  // namespace gb::cuda::dnn
