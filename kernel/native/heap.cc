// A full heap of JavaScript's ends the cell, not the process.
#include "kernel.h"

namespace kernel {
namespace {

using NearHeapLimitCallback = size_t (*)(void* data, size_t current, size_t initial);

void* watchedIsolate = nullptr;
size_t initialLimit = 0;
void (*addNearHeapLimitCallback)(void* isolate, NearHeapLimitCallback, void* data) = nullptr;
void (*removeNearHeapLimitCallback)(void* isolate, NearHeapLimitCallback, size_t limit) = nullptr;
void (*terminateExecution)(void* isolate) = nullptr;
uint32_t* terminationFields = nullptr;
uint32_t zeroedFields[2];
uint32_t zeroedCount = 0;

// What is given to a heap that is full, so that JavaScript comes to its end: more than the longest array takes (1 GiB), which
// one call may ask for. It is used by calls alone that cannot be ended in between.
constexpr size_t kMore = size_t{1280} << 20;

// Within a collection that has freed too little: V8 ends the process if nothing more is given.
size_t OnFullHeap(void*, size_t current, size_t initial) {
  initialLimit = initial;
  for (uint32_t i = 0; i < zeroedCount; i++) terminationFields[zeroedFields[i]] = 0;
  terminateExecution(watchedIsolate);
  Wake(kHeapFull);
  return current + kMore;
}

}  // namespace

napi_value WatchHeap(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  const auto current = OfV8<void* (*)()>("_ZN2v87Isolate10GetCurrentEv");
  addNearHeapLimitCallback =
      OfV8<decltype(addNearHeapLimitCallback)>("_ZN2v87Isolate24AddNearHeapLimitCallbackEPFmPvmmES1_");
  removeNearHeapLimitCallback =
      OfV8<decltype(removeNearHeapLimitCallback)>("_ZN2v87Isolate27RemoveNearHeapLimitCallbackEPFmPvmmEm");
  const auto restore = OfV8<void (*)(void*, double)>("_ZN2v87Isolate36AutomaticallyRestoreInitialHeapLimitEd");
  terminateExecution = OfV8<decltype(terminateExecution)>("_ZN2v87Isolate18TerminateExecutionEv");
  napi_value result;
  const bool possible = current && addNearHeapLimitCallback && removeNearHeapLimitCallback && restore &&
                        terminateExecution && CanWake();
  napi_get_boolean(env, possible, &result);
  if (!possible || watchedIsolate != nullptr) return result;
  watchedIsolate = current();
  void* fields;
  if (count == 2 && napi_get_typedarray_info(env, arguments[0], nullptr, nullptr, &fields, nullptr, nullptr) == napi_ok) {
    uint32_t length = 0;
    napi_get_array_length(env, arguments[1], &length);
    for (uint32_t i = 0; i < length && i < 2; i++) {
      napi_value index;
      napi_get_element(env, arguments[1], i, &index);
      napi_get_value_uint32(env, index, &zeroedFields[zeroedCount++]);
    }
    terminationFields = static_cast<uint32_t*>(fields);
  }
  addNearHeapLimitCallback(watchedIsolate, OnFullHeap, nullptr);
  // Once three quarters are enough again the limit is what it was.
  restore(watchedIsolate, 0.75);
  return result;
}

napi_value TakeHeapBack(napi_env, napi_callback_info) {
  if (initialLimit > 0) {
    // V8 leaves a quarter more than what is alive.
    removeNearHeapLimitCallback(watchedIsolate, OnFullHeap, initialLimit);
    addNearHeapLimitCallback(watchedIsolate, OnFullHeap, nullptr);
  }
  return nullptr;
}

}  // namespace kernel
