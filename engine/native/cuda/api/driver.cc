#include "cuda/api/driver.h"

#include <cstdlib>

#include "tensor/dtype.h"
#include "tensor/error.h"

namespace gb::cuda {
namespace {

/** CUDA 12.0: what the engine's calls and NVRTC's code for the card ask for. */
constexpr int kOldestDriver = 12000;

const LibraryKind kDriver{
    "NVIDIA's driver",
    "no computation on a card",
    "GRADBOOK_LIBCUDA",
    {"libcuda.so.1"},
    {},
    "It comes with the driver for the card (in WSL with the one of Windows, in a container by way of its GPU option)",
};

struct State {
  Library library;
  Driver functions{};
  std::string problem;
  int version = 0, devices = 0;

  State() {
#if defined(__APPLE__)
    problem = "CUDA does not exist for macOS";
#else
    try {
      open();
    } catch (const Error& error) {
      problem = error.what();
    }
#endif
  }

  void open() {
    library = openLibrary(kDriver);
    if (!library) {
      problem = library.problem;
      return;
    }
    const OpName none(nullptr);
    functions.load(library);
    if (const CUresult result = functions.init(0)) {
      problem = "NVIDIA's driver (" + library.path + ") does not start: " + describe(result);
      return;
    }
    functions.driverGetVersion(&version);
    if (version < kOldestDriver) {
      problem = "NVIDIA's driver (" + library.path + ") is too old: it knows CUDA " + std::to_string(version / 1000) + "." +
                std::to_string(version % 1000 / 10) + ", and the engine needs a driver for CUDA 12.0 or newer (525 or newer)";
      return;
    }
    if (const CUresult result = functions.deviceGetCount(&devices)) {
      problem = "NVIDIA's driver (" + library.path + ") does not count its cards: " + describe(result);
      devices = 0;
      return;
    }
    if (devices == 0) problem = "NVIDIA's driver (" + library.path + ") is there, but no card that it can use";
    if (devices > kMaxCudaDevices) devices = kMaxCudaDevices;
  }

  std::string describe(CUresult result) const {
    const char *name = nullptr, *text = nullptr;
    functions.getErrorName(result, &name);
    functions.getErrorString(result, &text);
    if (!name) return "error " + std::to_string(result);
    return std::string(text ? text : "no explanation") + " (" + name + ")";
  }
};

const State& state() {
  // Never destroyed: finalizers of tensors may run after the program's own end.
  static const State* const made = new State;
  return *made;
}

}  // namespace

const Driver* knownDriver = nullptr;

const Driver& openedDriver() {
  const State& s = state();
  GB_CHECK(s.problem.empty(), "no CUDA: ", s.problem);
  knownDriver = &s.functions;
  return s.functions;
}

const std::string& driverProblem() { return state().problem; }
const Library& driverLibrary() { return state().library; }
int driverVersion() { return state().version; }
int deviceCount() { return state().devices; }
std::string describe(CUresult result) { return state().describe(result); }

void check(CUresult result, const char* call) {
  GB_CHECK(result == kSuccess, "CUDA: ", call, ": ", describe(result));
}

}  // namespace gb::cuda
