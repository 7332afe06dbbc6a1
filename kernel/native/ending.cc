// The end of a process that cannot be kept: an assertion of Node's or V8's, a fault of native code. The cells that run are told why.
#include "kernel.h"

#include <atomic>
#include <csignal>
#include <ctime>
#include <initializer_list>
#include <pthread.h>
#include <unistd.h>

namespace kernel {
namespace {

const int* captured = nullptr;
int logDescriptor = -1;

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
  for (int i = 0; i < 2; i++) {
    for (ssize_t count; (count = read(captured[i], bytes, sizeof bytes)) > 0;) {
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

}  // namespace

void HandleFatalSignals(const int (&pipes)[2], int log) {
  captured = pipes;
  logDescriptor = log;
  for (int number : {SIGABRT, SIGILL, SIGTRAP}) Handle(number, OnFatal, SA_RESETHAND | SA_NODEFER);
#ifdef __linux__
  handledByWebAssembly = OfV8<bool (*)(int, siginfo_t*, void*)>("_ZN2v829TryHandleWebAssemblyTrapPosixEiP9siginfo_tPv");
  struct sigaction action = {};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  if (handledByWebAssembly) sigaction(SIGSEGV, &action, nullptr);
#endif
}

void TellsLastWords() {
  watcher = pthread_self();
  watched = true;
}

napi_value LastWordsTold(napi_env, napi_callback_info) {
  endTold = true;
  return nullptr;
}

}  // namespace kernel
