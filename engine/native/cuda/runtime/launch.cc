#include "cuda/runtime/launch.h"

#include <cstdlib>
#include <mutex>
#include <unordered_map>

#include "cuda/runtime/capture.h"
#include "cuda/runtime/fault.h"
#include "cuda/runtime/launch_thread.h"
#include "tensor/error.h"

namespace gb::cuda {
namespace {

std::mutex lock;
std::unordered_map<std::string, CUmodule> modules;
CompileStats stats{0, 0, 0};

/** Ops whose kernels were queued last, for errors that come out later. */
struct Recent {
  const char* ops[4];
  unsigned launches;
};
thread_local Recent recent{};

CUmodule moduleOf(int index, const Unit& unit) {
  const std::string key = std::to_string(index) + " " + unit.file + " " + unit.options + "\n" + unit.text;
  std::lock_guard<std::mutex> guard(lock);
  CUmodule& module = modules[key];
  if (module) return module;
  const int capability = properties(index).capability();
  const KernelCode kernel(unit, capability);
  enter(index);
  const Relaxed relaxed;
  std::string code = kernel.found();
  if (!code.empty() && driver().moduleLoadData(&module, code.data()) == kSuccess) {
    stats.found++;
    return module;
  }
  code = kernel.compiled();
  stats.compiled++;
  GB_CUDA(moduleLoadData, &module, code.data());
  return module;
}

}  // namespace

CUfunction kernelOf(int index, const Unit& unit, const char* name) {
  CUfunction function = nullptr;
  const CUmodule module = moduleOf(index, unit);
  // The driver loads code when it is asked for, not with its module.
  const Relaxed relaxed;
  const CUresult result = driver().moduleGetFunction(&function, module, name);
  GB_CHECK(result == kSuccess, "CUDA: no kernel ", name, " in ", unit.file, " (", unit.options, "): ", describe(result));
  return function;
}

CUfunction withShared(CUfunction kernel, unsigned bytes) {
  constexpr int kMaxDynamicShared = 8;
  const Relaxed relaxed;
  GB_CUDA(funcSetAttribute, kernel, kMaxDynamicShared, int(bytes));
  return kernel;
}

namespace detail {

Launch* beginLaunch(CUfunction kernel, int index, Grid grid, unsigned threads, size_t room) {
  const CUstream stream = currentStream(index);
  const MakeCall make = [](void* values) {
    Launch& l = *static_cast<Launch*>(values);
    const CUresult result = knownDriver->launchKernel(l.kernel, l.grid.x, l.grid.y, l.grid.z, l.threads, 1, 1, l.grid.shared, l.stream,
                                                      l.pointers(), nullptr);
    GB_CHECK(result == kSuccess, "CUDA: the kernel could not be started: ", describe(result));
  };
  return new (beginCall(index, sizeof(Launch) + room, make)) Launch{kernel, stream, grid, threads};
}

void endLaunch(int index, CUstream stream) {
  endCall();
  queued(index, stream);
}

}  // namespace detail

bool launchBlocking() {
  static const bool set = [] {
    const char* value = std::getenv("CUDA_LAUNCH_BLOCKING");
    return value && std::string(value) == "1";
  }();
  return set;
}

void queued(int index, CUstream stream) {
  Recent& mine = recent;
  mine.ops[mine.launches++ % 4] = currentOp;
  if (__builtin_expect(launchBlocking(), 0) && !capturing) {
    const CUresult end = driver().streamSynchronize(stream);
    GB_CHECK(end == kSuccess, "CUDA: the kernel failed: ", describe(end));
  }
}

Grid gridFor(int64_t n, int64_t perBlock) {
  const int64_t blocks = (n + perBlock - 1) / perBlock;
  GB_CHECK(blocks < (int64_t(1) << 31), "more elements than one kernel can take: ", n);
  return {unsigned(blocks)};
}

int64_t launchLimit = INT32_MAX;

void setLaunchLimit(int64_t elements) {
  GB_CHECK(elements >= 1 && elements <= INT32_MAX, "expected a number of elements from 1 to ", INT32_MAX, ", got ", elements);
  launchLimit = elements;
}

void checkWait(CUresult result, int index) {
  checkHandedOver();
  if (__builtin_expect(result == kSuccess, 1)) return checkFault(index);
  std::string ops;
  for (unsigned k = recent.launches > 4 ? recent.launches - 4 : 0; k < recent.launches; k++) {
    if (const char* op = recent.ops[k % 4]) ops += std::string(ops.empty() ? "" : ", ") + op;
  }
  fail("CUDA: an operation that was queued on cuda:", index, " earlier failed: ", describe(result),
       ops.empty() ? "" : ". Queued last: " + ops,
       ". With CUDA_LAUNCH_BLOCKING=1 in the environment the error names the operation");
}

const char* kernelType(DType dtype) {
  constexpr const char* names[kDTypes] = {"gb::u8",   "gb::i8", "gb::i16", "gb::i32", "gb::i64",
                                          "gb::Half", "float",  "double",  "bool",    "gb::BFloat16"};
  return names[int(dtype)];
}

CompileStats compileStats() {
  std::lock_guard<std::mutex> guard(lock);
  stats.launched = recent.launches;
  return stats;
}

}  // namespace gb::cuda
