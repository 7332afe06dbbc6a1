#include "cuda/api/cusolver.h"

#include <dlfcn.h>

#include <limits>
#include <mutex>

#include "cuda/api/cublas.h"
#include "cuda/runtime/device.h"
#include "tensor/error.h"

namespace gb::cuda::solver {
namespace {

/** Sweeps of singular values at most, as PyTorch allows. */
constexpr int kSweeps = 400;

LibraryKind kind() {
  LibraryKind k{
      "cuSOLVER",
      "factorisations of matrices run by the engine's own kernels",
      "GRADBOOK_CUSOLVER",
      {"libcusolver.so.11"},
      {"nvidia/cusolver/lib"},
      "pip install nvidia-cusolver-cu12 brings it, and so does a CUDA toolkit",
  };
  if (hasCuda13()) {
    k.names = {"libcusolver.so.12", "libcusolver.so.11"};
    k.pip = {"nvidia/cu13/lib", "nvidia/cusolver/lib"};
    k.advice = "pip install nvidia-cusolver brings it, and so does a CUDA toolkit";
  }
  return k;
}

/**
 * It names other libraries, and older packages of pip's do not say where these lie: what is open already is found by its name. In the
 * order in which they need each other.
 */
void openCompanions() {
  const bool thirteen = hasCuda13();
  const char* const own = thirteen ? "nvidia/cu13/lib" : "";
  const std::string major = thirteen ? "13" : "12";
  for (const auto& [name, folder] : {std::pair<std::string, const char*>{"libnvJitLink.so." + major, "nvidia/nvjitlink/lib"},
                                     {"libcublasLt.so." + major, "nvidia/cublas/lib"},
                                     {"libcublas.so." + major, "nvidia/cublas/lib"},
                                     {"libcusparse.so.12", "nvidia/cusparse/lib"}}) {
    openLibrary({name.c_str(), "", "", {name}, {thirteen ? own : folder}, ""});
  }
}

struct State {
  Functions functions{};
  VendorLibrary vendor;
  std::mutex lock;
  Session sessions[kMaxCudaDevices];

  State() : vendor((lt::library(), open())) {
    if (vendor.library || vendor.problem == driverProblem()) return;
    openCompanions();
    vendor = open();
  }
  VendorLibrary open() {
    return openVendor(kind(), [this](VendorLibrary& v) {
      functions.load(v.library);
      v.version = versionBy(functions.property);
    });
  }
};

State& state() {
  static State* const made = new State;
  return *made;
}

const char* nameOf(int status) {
  switch (status) {
    case 1: return "CUSOLVER_STATUS_NOT_INITIALIZED";
    case 2: return "CUSOLVER_STATUS_ALLOC_FAILED";
    case 3: return "CUSOLVER_STATUS_INVALID_VALUE";
    case 4: return "CUSOLVER_STATUS_ARCH_MISMATCH";
    case 5: return "CUSOLVER_STATUS_MAPPING_ERROR";
    case 6: return "CUSOLVER_STATUS_EXECUTION_FAILED";
    case 7: return "CUSOLVER_STATUS_INTERNAL_ERROR";
    case 8: return "CUSOLVER_STATUS_MATRIX_TYPE_NOT_SUPPORTED";
    case 9: return "CUSOLVER_STATUS_NOT_SUPPORTED";
    case 31: return "CUSOLVER_STATUS_INVALID_WORKSPACE";
    default: return "an unknown status";
  }
}

/** 0, or what the library said. */
int start(const Functions& f, Session& s) {
  int status = f.create(&s.handle);
  if (!status) status = f.paramsCreate(&s.params);
  if (!status) status = f.syevjCreate(&s.syevj);
  for (int wide = 0; wide < 2 && !status; wide++) {
    status = f.gesvdjCreate(&s.gesvdj[wide]);
    if (!status) {
      status = f.gesvdjTolerance(s.gesvdj[wide], wide ? std::numeric_limits<double>::epsilon() : std::numeric_limits<float>::epsilon());
    }
    if (!status) status = f.gesvdjSweeps(s.gesvdj[wide], kSweeps);
  }
  return status;
}

}  // namespace

void Functions::load(const Library& library) {
  BaseFunctions::load(library);
#define GB_FIND(FIELD, NAME, PARAMETERS) FIELD = reinterpret_cast<decltype(FIELD)>(dlsym(library.handle, NAME));
  GB_CUSOLVER_NEWER_FUNCTIONS(GB_FIND)
#undef GB_FIND
}

const VendorLibrary& library() { return state().vendor; }

const Functions* functions() {
  comeAfterHandedOver();
  return state().vendor.problem.empty() ? &state().functions : nullptr;
}

const Session* sessionOf(int index) {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  if (!s.vendor.problem.empty()) return nullptr;
  Session& session = s.sessions[index];
  const CUstream stream = currentStream(index);
  enter(index);
  comeAfterHandedOver();
  if (!session.handle) {
    if (const int status = start(s.functions, session)) {
      session = {};
      s.vendor.problem = "cuSOLVER (" + s.vendor.library.path + ") does not start on cuda:" + std::to_string(index) + ": " +
                         nameOf(status) + ". It may be made for a newer driver than this one, or miss a library beside it";
      return nullptr;
    }
  }
  check(s.functions.setStream(session.handle, stream), "setStream");
  return &session;
}

void check(int status, const char* call) { GB_CHECK(status == 0, "cuSOLVER: ", call, ": ", nameOf(status)); }

}  // namespace gb::cuda::solver
