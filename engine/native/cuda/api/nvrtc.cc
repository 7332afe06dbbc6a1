#include "cuda/api/nvrtc.h"

#include <dlfcn.h>
#include <sys/stat.h>

#include <algorithm>

#include "cuda/api/driver.h"
#include "tensor/error.h"

namespace gb::cuda {
namespace {

using nvrtcProgram = struct _nvrtcProgram*;

#define GB_NVRTC_FUNCTIONS(X)                                                                                        \
  X(version, "nvrtcVersion", (int*, int*))                                                                           \
  X(getNumSupportedArchs, "nvrtcGetNumSupportedArchs", (int*))                                                       \
  X(getSupportedArchs, "nvrtcGetSupportedArchs", (int*))                                                             \
  X(createProgram, "nvrtcCreateProgram",                                                                             \
    (nvrtcProgram*, const char*, const char*, int, const char* const*, const char* const*))                          \
  X(destroyProgram, "nvrtcDestroyProgram", (nvrtcProgram*))                                                          \
  X(compileProgram, "nvrtcCompileProgram", (nvrtcProgram, int, const char* const*))                                  \
  X(getProgramLogSize, "nvrtcGetProgramLogSize", (nvrtcProgram, size_t*))                                            \
  X(getProgramLog, "nvrtcGetProgramLog", (nvrtcProgram, char*))                                                      \
  X(getCubinSize, "nvrtcGetCUBINSize", (nvrtcProgram, size_t*))                                                      \
  X(getCubin, "nvrtcGetCUBIN", (nvrtcProgram, char*))                                                                \
  X(getPtxSize, "nvrtcGetPTXSize", (nvrtcProgram, size_t*))                                                          \
  X(getPtx, "nvrtcGetPTX", (nvrtcProgram, char*))

GB_LIBRARY_FUNCTIONS(Functions, GB_NVRTC_FUNCTIONS)

/** The version that fits the driver comes first: code of a newer major version may not load in an older driver. */
LibraryKind kind() {
  const bool thirteen = driverVersion() >= 13000;
  LibraryKind k{
      "NVRTC",
      "no kernel can be compiled",
      "GRADBOOK_NVRTC",
      {"libnvrtc.so.12", "libnvrtc.so.13", "libnvrtc.so"},
      {"nvidia/cuda_nvrtc/lib", "nvidia/cu13/lib"},
      "",
  };
  k.advice = thirteen ? "pip install nvidia-cuda-nvrtc brings it, and so does a CUDA toolkit"
                      : "pip install nvidia-cuda-nvrtc-cu12 brings it, and so does a CUDA toolkit";
  if (thirteen) std::swap(k.names[0], k.names[1]);
  return k;
}

struct State {
  Library library = openLibrary(kind());
  Functions functions{};
  std::string problem, version, identity;
  std::vector<int> capabilities;

  State() {
    if (!library) {
      problem = library.problem;
      return;
    }
    try {
      const OpName none(nullptr);
      functions.load(library);
    } catch (const Error& error) {
      problem = error.what();
      return;
    }
    int major = 0, minor = 0, count = 0;
    functions.version(&major, &minor);
    version = std::to_string(major) + "." + std::to_string(minor);
    openBuiltins();
    identity = version;
    struct stat file;
    if (stat(library.path.c_str(), &file) == 0) {
      identity += " " + library.path + " " + std::to_string(file.st_size) + " " + std::to_string(file.st_mtime);
    }
    functions.getNumSupportedArchs(&count);
    capabilities.resize(size_t(count));
    functions.getSupportedArchs(capabilities.data());
  }

  /**
   * NVRTC opens a second library by its bare name when it first compiles, and that of CUDA 13.0 does not look beside itself, where
   * pip puts it: the one beside it is opened here, and the name finds it. Where there is none, the name is left to the system.
   */
  void openBuiltins() const {
    const size_t end = library.path.rfind('/');
    if (end == std::string::npos) return;
    dlopen((library.path.substr(0, end) + "/libnvrtc-builtins.so." + version).c_str(), RTLD_NOW | RTLD_LOCAL);
  }
};

const State& state() {
  static const State* const made = new State;
  return *made;
}

}  // namespace

const Library& Compiler::library() { return state().library; }
const std::string& Compiler::problem() { return state().problem; }
const std::string& Compiler::version() { return state().version; }
const std::string& Compiler::identity() { return state().identity; }

std::string Compiler::compile(const std::string& source, const std::string& name, std::vector<std::string> options,
                              int capability, std::string* log) {
  const State& s = state();
  GB_CHECK(s.problem.empty(), "no kernel can be compiled: ", s.problem);
  const auto& known = s.capabilities;
  const bool native = std::find(known.begin(), known.end(), capability) != known.end();
  if (native) {
    options.push_back("--gpu-architecture=sm_" + std::to_string(capability));
  } else {
    int best = 0;
    for (int c : known) best = c < capability ? std::max(best, c) : best;
    GB_CHECK(best > 0, "the card's compute capability ", capability / 10, ".", capability % 10, " is not one that NVRTC (",
             s.library.path, ") compiles for: the oldest is ", known.empty() ? 0 : known.front() / 10, ".",
             known.empty() ? 0 : known.front() % 10);
    options.push_back("--gpu-architecture=compute_" + std::to_string(best));
  }
  nvrtcProgram program = nullptr;
  GB_CHECK(s.functions.createProgram(&program, source.c_str(), name.c_str(), 0, nullptr, nullptr) == 0,
           "NVRTC made no program of ", name);
  struct Destroy {
    const State& s;
    nvrtcProgram* program;
    ~Destroy() { s.functions.destroyProgram(program); }
  } destroy{s, &program};
  std::vector<const char*> arguments;
  for (const std::string& option : options) arguments.push_back(option.c_str());
  const int failed = s.functions.compileProgram(program, int(arguments.size()), arguments.data());
  if (failed || log) {
    size_t length = 0;
    s.functions.getProgramLogSize(program, &length);
    std::string text(length, '\0');
    s.functions.getProgramLog(program, text.data());
    text = text.c_str();
    if (log) *log = text;
    std::string given;
    for (const std::string& option : options) given += " " + option;
    GB_CHECK(!failed, "the kernel ", name, " does not compile (", s.library.path, given, "):\n", text);
  }
  size_t size = 0;
  std::string code;
  (native ? s.functions.getCubinSize : s.functions.getPtxSize)(program, &size);
  code.resize(size);
  (native ? s.functions.getCubin : s.functions.getPtx)(program, code.data());
  GB_CHECK(size > 0, "NVRTC gave no code for ", name);
  return code;
}

}  // namespace gb::cuda
