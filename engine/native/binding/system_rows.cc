// Rows about the addon itself: memory, threads, the stop button; and what needs JavaScript's environment.
#include <string>
#include <vector>

#include "binding/object.h"
#include "binding/row.h"
#include "binding/tables.h"
#include "cpu/blas.h"
#include "cpu/simd/choose.h"
#include "cpu/threads.h"
#include "cuda/runtime/device.h"
#include "ops/random.h"
#include "tensor/allocator.h"
#include "tensor/interrupt.h"
#include "tensor/memory.h"

namespace gb {

thread_local napi_env currentEnv = nullptr;

namespace {

/** The collector's function, for the environment of this thread. */
thread_local napi_ref collectorRef = nullptr;
napi_ref interruptRef = nullptr;

void callCollector(bool major) {
  napi_env env = currentEnv;
  if (!env || !collectorRef) return;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value fn, receiver, argument, result;
  if (napi_get_reference_value(env, collectorRef, &fn) == napi_ok && fn && napi_get_undefined(env, &receiver) == napi_ok &&
      napi_get_boolean(env, major, &argument) == napi_ok &&
      napi_call_function(env, receiver, fn, 1, &argument, &result) == napi_pending_exception) {
    // What went wrong there must not end the op that only wanted memory.
    napi_value error;
    napi_get_and_clear_last_exception(env, &error);
  }
  napi_close_handle_scope(env, scope);
}

void reportPressure(int64_t change) {
  int64_t now;
  if (currentEnv) napi_adjust_external_memory(currentEnv, change, &now);
}

void setCollectorRow(RawValue fn) {
  napi_valuetype type;
  if (napi_typeof(fn.env, fn.value, &type) != napi_ok || type != napi_function) {
    wrongArgument(fn.env, fn.value, 0, "a function");
  }
  if (collectorRef) napi_delete_reference(fn.env, collectorRef);
  GB_CHECK(napi_create_reference(fn.env, fn.value, 1, &collectorRef) == napi_ok, "no reference could be made");
  setCollector(callCollector, reportPressure);
}

void setInterruptFlagRow(RawValue flag) {
  Reader<const HostData&> reader(flag.env, flag.value, 0);
  const HostData& data = reader.get();
  GB_CHECK(data.type == napi_int32_array && data.length >= 1, "expected an Int32Array of at least one element");
  if (interruptRef) napi_delete_reference(flag.env, interruptRef);
  GB_CHECK(napi_create_reference(flag.env, flag.value, 1, &interruptRef) == napi_ok, "no reference could be made");
  interruptFlag = static_cast<const volatile int32_t*>(data.data);
}

RawResult memoryStatsRow() {
  const MemoryStats s = memoryStats();
  return Object(currentEnv)
      .set("allocatedBytes", double(s.allocatedBytes))
      .set("peakBytes", double(s.peakBytes))
      .set("cachedBytes", double(s.cachedBytes))
      .set("liveTensors", double(s.liveTensors))
      .set("minorCollections", double(s.minorCollections))
      .set("majorCollections", double(s.majorCollections))
      .result();
}

RawResult buildInfo() {
  const BlasInfo blas = blasInfo();
  return Object(currentEnv)
      .set("simd", simdName())
      .set("blas", blas.name)
      .set("blasPath", blas.path)
#if defined(__clang__)
      .set("compiler", "clang " __clang_version__)
#else
      .set("compiler", "gcc " __VERSION__)
#endif
      .result();
}

size_t bytesOf(double bytes) {
  GB_CHECK(bytes >= 0, "expected a number of bytes, got ", bytes);
  return bytes > 1e18 ? size_t(1) << 60 : size_t(bytes);
}
void setMemoryLimitsRow(double budget, double limit) { setMemoryLimits(bytesOf(budget), bytesOf(limit)); }
void emptyCache() { releaseCached(); }
int getNumThreads() { return numThreads(); }
void setThreads(int threads) {
  GB_CHECK(threads >= 1, "expects a positive number of threads, got ", threads);
  setNumThreads(threads);
}

RawResult stateOf(const std::vector<uint8_t>& bytes) {
  napi_value buffer, result;
  void* data = nullptr;
  GB_CHECK(napi_create_arraybuffer(currentEnv, bytes.size(), &data, &buffer) == napi_ok, "no room for the state");
  std::copy(bytes.begin(), bytes.end(), static_cast<uint8_t*>(data));
  napi_create_typedarray(currentEnv, napi_uint8_array, bytes.size(), buffer, 0, &result);
  return {result};
}
RawResult getState(Generator& g) { return stateOf(g.state()); }
void setState(Generator& g, const HostData& state) {
  GB_CHECK(state.type == napi_uint8_array, "expected a Uint8Array");
  g.setState(static_cast<const uint8_t*>(state.data), state.length);
}
RawResult cudaGetState(int index) {
  cuda::checkIndex(index);
  return stateOf(defaultGenerator(cudaDevice(index)).state());
}
void cudaSetState(int index, const HostData& state) {
  cuda::checkIndex(index);
  setState(defaultGenerator(cudaDevice(index)), state);
}

RawResult table();

/** The names of the kernels of a kind of device. */
RawResult kernels(Device device) {
  napi_value names;
  napi_create_array(currentEnv, &names);
  uint32_t count = 0;
  for (const char* kernel : kernelNames(device)) {
    napi_value name;
    napi_create_string_utf8(currentEnv, kernel, NAPI_AUTO_LENGTH, &name);
    napi_set_element(currentEnv, names, count++, name);
  }
  return {names};
}

const Row rows[] = {
    GB_ROW(table),
    GB_ROW(kernels),
    GB_ROW_AS(setNumThreads, &setThreads),
    GB_ROW(setOtherHandles),
    GB_ROW(getNumThreads),
    GB_ROW_AS(memoryStats, &memoryStatsRow),
    GB_ROW_AS(setCollector, &setCollectorRow),
    GB_ROW_AS(setMemoryLimits, &setMemoryLimitsRow),
    GB_ROW(emptyCache),
    GB_ROW(buildInfo),
    GB_ROW_AS(setInterruptFlag, &setInterruptFlagRow),
    GB_ROW(getState),
    GB_ROW(setState),
    GB_ROW(cudaGetState),
    GB_ROW(cudaSetState),
};

RawResult table() {
  napi_value names;
  napi_create_array(currentEnv, &names);
  uint32_t count = 0;
  for (const RowList& list : allRows()) {
    for (size_t i = 0; i < list.count; i++) {
      napi_value name;
      napi_create_string_utf8(currentEnv, list.rows[i].name, NAPI_AUTO_LENGTH, &name);
      napi_set_element(currentEnv, names, count++, name);
    }
  }
  return {names};
}

}  // namespace

GB_UNRECORDED_TABLE(systemRows, rows)

}  // namespace gb
