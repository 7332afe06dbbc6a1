// What the kernel needs of the operating system and Node does not offer: its own standard output and error as pipes that
// it reads itself (child processes and native code write there), and SIGINT as bytes in a pipe, whatever runs. And of V8:
// what happens when JavaScript's heap is full.
//
//   capture(): number            from now on descriptors 1 and 2 are pipes; the standard error as it was
//   take(step): {order, stdout?, stderr?} | order
//                                what was written to the pipes since the last call, on any thread; `step` is added to the order
//   watchOutput(callback)        calls back when something waits in the pipes, and again after the next take(0)
//   watchInterrupts(): number    descriptor that gives a record for each SIGINT, and others (kStop, kHeapFull, kDying)
//   lastWordsTold()              the front ends know by now why the process ends
//   watchHeap(fields?, zeroed?): boolean
//                                where the calling thread's heap is full its JavaScript is terminated; before, the elements
//                                `zeroed` of the Uint32Array `fields` become 0. False where V8 cannot
//   takeHeapBack()               what the heap was given for that it has no more
//
// Two threads take from the pipes. The order says where it belongs: it is counted under the lock under which the
// bytes are read, in native code, which the stop button cannot end in between.
#include <node_api.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

// Descriptors of cells' own files begin below.
constexpr int kFirstDescriptor = 10;

int captured[2] = {-1, -1};  // to read what was written to 1 and 2
int logDescriptor = -1;
int interruptPipe[2] = {-1, -1};

constexpr size_t kMostBytes = 1 << 18;
std::mutex pipes;
double order = 0;

std::mutex watching;
std::condition_variable rearmed;
bool told = false;

napi_value Fail(napi_env env, const char* what) {
  const std::string message = std::string(what) + ": " + std::strerror(errno);
  napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

// V8's own functions, by their names in the binary: its headers are no part of Node-API. They are the same in Node 12 to 24.
template <typename Function>
Function OfV8(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}

// Moves a descriptor away from the small numbers and from child processes.
int Aside(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, kFirstDescriptor); }

bool MakePipe(int (&ends)[2]) {
  int made[2];
  if (pipe(made) != 0) return false;
  for (int i = 0; i < 2; i++) {
    ends[i] = Aside(made[i]);
    close(made[i]);
    if (ends[i] < 0) return false;
  }
  // The reading end alone: whoever writes to a full pipe waits, as programs expect.
  return fcntl(ends[0], F_SETFL, fcntl(ends[0], F_GETFL) | O_NONBLOCK) == 0;
}

// Says something to the transport thread, and when; also in a signal handler. A record is written whole or not at all, and
// since its size divides the pipe's, read whole.
constexpr int64_t kStop = 0, kHeapFull = 1, kDying = 2;
void Wake(int64_t what) {
  const int kept = errno;
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t record[2] = {what, int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec};
  // Full: enough waits to be seen.
  if (write(interruptPipe[1], record, sizeof record) < 0) {
  }
  errno = kept;
}

// The transport thread, once it reads the pipes, and whether it has told the front ends why the process ends.
std::atomic<bool> watched{false};
pthread_t watcher;
std::atomic<bool> endTold{false};
constexpr int kLastWordsMs = 2000;

// The process ends here: an assertion of Node's or V8's, a fault of native code. The transport thread tells the front ends, if it is
// not the one that fails; then what still is in the pipes goes to the log. Only what may be called in a signal handler.
void LastWords() {
  if (watched && !pthread_equal(watcher, pthread_self())) {
    Wake(kDying);
    const struct timespec pause = {0, 5'000'000};
    for (int waited = 0; waited < kLastWordsMs && !endTold; waited += 5) nanosleep(&pause, nullptr);
  }
  char bytes[4096];
  for (int descriptor : captured) {
    for (ssize_t count; (count = read(descriptor, bytes, sizeof bytes)) > 0;) {
      if (write(logDescriptor, bytes, static_cast<size_t>(count)) < 0) break;
    }
  }
}

void OnFatal(int number) {
  LastWords();
  raise(number);
}

#ifdef __linux__
bool (*handledByWebAssembly)(int, siginfo_t*, void*) = nullptr;

// WebAssembly's own way to look at the bounds of its memory is a fault.
void OnFault(int number, siginfo_t* info, void* context) {
  if (handledByWebAssembly(number, info, context)) return;
  LastWords();
  // Back at the instruction it fails again, and ends the process; where another process has sent it there is none.
  signal(number, SIG_DFL);
  if (info->si_code <= 0) raise(number);
}
#endif

void OnInterrupt(int) { Wake(kStop); }

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

bool Handle(int number, void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  return sigaction(number, &action, nullptr) == 0;
}

napi_value Capture(napi_env env, napi_callback_info) {
  if (logDescriptor < 0) {
    int made[2][2];
    logDescriptor = Aside(2);
    if (logDescriptor < 0) return Fail(env, "the standard error cannot be kept");
    for (int i = 0; i < 2; i++) {
      if (!MakePipe(made[i])) return Fail(env, "a pipe cannot be made");
    }
    for (int i = 0; i < 2; i++) {
      if (dup2(made[i][1], i + 1) < 0) return Fail(env, "a standard stream cannot be redirected");
      close(made[i][1]);
      captured[i] = made[i][0];
    }
    for (int number : {SIGABRT, SIGILL, SIGTRAP}) Handle(number, OnFatal, SA_RESETHAND | SA_NODEFER);
#ifdef __linux__
    handledByWebAssembly = OfV8<bool (*)(int, siginfo_t*, void*)>("_ZN2v829TryHandleWebAssemblyTrapPosixEiP9siginfo_tPv");
    struct sigaction action = {};
    action.sa_sigaction = OnFault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    if (handledByWebAssembly) sigaction(SIGSEGV, &action, nullptr);
#endif
  }
  napi_value result;
  napi_create_int32(env, logDescriptor, &result);
  return result;
}

napi_value Take(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  double step = 0;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  napi_get_value_double(env, argument, &step);
  std::string bytes[2];
  double now;
  {
    const std::lock_guard<std::mutex> lock(pipes);
    struct pollfd entries[2] = {{captured[0], POLLIN, 0}, {captured[1], POLLIN, 0}};
    if (poll(entries, 2, 0) > 0) {
      char buffer[16384];
      for (int i = 0; i < 2; i++) {
        // No more than a pipe holds: a program that never stops writing must not keep this thread.
        for (ssize_t length; bytes[i].size() < kMostBytes && (length = read(captured[i], buffer, sizeof buffer)) > 0;) {
          bytes[i].append(buffer, static_cast<size_t>(length));
        }
      }
    }
    order += step;
    now = order;
  }
  if (step == 0) {
    const std::lock_guard<std::mutex> lock(watching);
    told = false;
    rearmed.notify_one();
  }
  napi_value number;
  napi_create_double(env, now, &number);
  if (bytes[0].empty() && bytes[1].empty()) return number;
  napi_value result;
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "order", number);
  const char* const names[] = {"stdout", "stderr"};
  for (int i = 0; i < 2; i++) {
    if (bytes[i].empty()) continue;
    napi_value part;
    napi_create_buffer_copy(env, bytes[i].size(), bytes[i].data(), nullptr, &part);
    napi_set_named_property(env, result, names[i], part);
  }
  return result;
}

// Waits on a thread of its own for something in the pipes; says so once until it was taken.
void Watch(napi_threadsafe_function callback) {
  for (;;) {
    struct pollfd entries[2] = {{captured[0], POLLIN, 0}, {captured[1], POLLIN, 0}};
    if (poll(entries, 2, -1) <= 0) continue;
    std::unique_lock<std::mutex> lock(watching);
    told = true;
    if (napi_call_threadsafe_function(callback, nullptr, napi_tsfn_nonblocking) == napi_closing) return;
    rearmed.wait(lock, [] { return !told; });
  }
}

napi_value WatchOutput(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value callback, name;
  napi_get_cb_info(env, info, &count, &callback, nullptr, nullptr);
  napi_create_string_utf8(env, "gradbook output", NAPI_AUTO_LENGTH, &name);
  napi_threadsafe_function function;
  if (napi_create_threadsafe_function(env, callback, nullptr, name, 0, 1, nullptr, nullptr, nullptr, nullptr,
                                      &function) != napi_ok) {
    napi_throw_error(env, nullptr, "the output cannot be watched");
    return nullptr;
  }
  napi_unref_threadsafe_function(env, function);
  watcher = pthread_self();
  watched = true;
  std::thread(Watch, function).detach();
  return nullptr;
}

napi_value LastWordsTold(napi_env, napi_callback_info) {
  endTold = true;
  return nullptr;
}

napi_value WatchInterrupts(napi_env env, napi_callback_info) {
  if (interruptPipe[0] < 0 && !MakePipe(interruptPipe)) return Fail(env, "a pipe cannot be made");
  fcntl(interruptPipe[1], F_SETFL, fcntl(interruptPipe[1], F_GETFL) | O_NONBLOCK);
  if (!Handle(SIGINT, OnInterrupt, SA_RESTART)) return Fail(env, "SIGINT cannot be handled");
  napi_value result;
  napi_create_int32(env, interruptPipe[0], &result);
  return result;
}

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
                        terminateExecution && interruptPipe[1] >= 0;
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

napi_value Init(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      {"capture", nullptr, Capture, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"take", nullptr, Take, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"watchOutput", nullptr, WatchOutput, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"watchInterrupts", nullptr, WatchInterrupts, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"takeHeapBack", nullptr, TakeHeapBack, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"lastWordsTold", nullptr, LastWordsTold, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"watchHeap", nullptr, WatchHeap, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}

}  // namespace

NAPI_MODULE(gradbook_kernel, Init)
