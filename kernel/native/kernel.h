// What the parts of the kernel's addon have in common. addon.cc says what it offers.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <dlfcn.h>

namespace kernel {

// What JavaScript calls.
napi_value Capture(napi_env, napi_callback_info);
napi_value Take(napi_env, napi_callback_info);
napi_value WatchOutput(napi_env, napi_callback_info);
napi_value WatchInterrupts(napi_env, napi_callback_info);
napi_value LastWordsTold(napi_env, napi_callback_info);
napi_value WatchHeap(napi_env, napi_callback_info);
napi_value TakeHeapBack(napi_env, napi_callback_info);

// Throws an Error: what failed, and the system's reason.
napi_value Fail(napi_env env, const char* what);

// Moves a descriptor away from the small numbers and from child processes.
int Aside(int descriptor);
// A pipe in two such descriptors. The reading end does not wait; whoever writes to a full pipe does, as programs expect.
bool MakePipe(int (&ends)[2]);

bool Handle(int number, void (*handler)(int), int flags);

// V8's own functions, by their names in the binary: its headers are no part of Node-API. They are the same in Node 12 to 24.
template <typename Function>
Function OfV8(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}

// Says something to the transport thread, and when; also in a signal handler. Nothing comes of it before watchInterrupts().
constexpr int64_t kStop = 0, kHeapFull = 1, kDying = 2;
void Wake(int64_t what);
bool CanWake();

// From now on a process that fails tells the transport thread first, unless that is the thread that fails; then it writes what
// still is in `captured` to `log`.
void HandleFatalSignals(const int (&captured)[2], int log);
// The calling thread is the transport thread, and reads what Wake says.
void TellsLastWords();

}  // namespace kernel
