// The kernel's own standard output and error as pipes that it reads itself. Two threads take from them. The order says where what
// they take belongs: it is counted under the lock under which the bytes are read, in native code, which the stop button cannot
// end in between.
#include "kernel.h"

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace kernel {
namespace {

// Descriptors of cells' own files begin below.
constexpr int kFirstDescriptor = 10;

int captured[2] = {-1, -1};  // to read what was written to 1 and 2
int logDescriptor = -1;

constexpr size_t kMostBytes = 1 << 18;
std::mutex pipes;
double order = 0;

std::mutex watching;
std::condition_variable rearmed;
bool told = false;

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

}  // namespace

napi_value Fail(napi_env env, const char* what) {
  const std::string message = std::string(what) + ": " + std::strerror(errno);
  napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

int Aside(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, kFirstDescriptor); }

bool MakePipe(int (&ends)[2]) {
  int made[2];
  if (pipe(made) != 0) return false;
  for (int i = 0; i < 2; i++) {
    ends[i] = Aside(made[i]);
    close(made[i]);
    if (ends[i] < 0) return false;
  }
  return fcntl(ends[0], F_SETFL, fcntl(ends[0], F_GETFL) | O_NONBLOCK) == 0;
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
    HandleFatalSignals(captured, logDescriptor);
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
  TellsLastWords();
  std::thread(Watch, function).detach();
  return nullptr;
}

}  // namespace kernel
