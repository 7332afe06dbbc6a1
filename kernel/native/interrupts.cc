// What the transport thread is to hear of whatever the other threads do: SIGINT above all, as records in a pipe.
#include "kernel.h"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

namespace kernel {
namespace {

int interruptPipe[2] = {-1, -1};

void OnInterrupt(int) { Wake(kStop); }

}  // namespace

// A record is written whole or not at all, and since its size divides the pipe's, read whole.
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

bool CanWake() { return interruptPipe[1] >= 0; }

napi_value WatchInterrupts(napi_env env, napi_callback_info) {
  if (interruptPipe[0] < 0 && !MakePipe(interruptPipe)) return Fail(env, "a pipe cannot be made");
  fcntl(interruptPipe[1], F_SETFL, fcntl(interruptPipe[1], F_GETFL) | O_NONBLOCK);
  if (!Handle(SIGINT, OnInterrupt, SA_RESTART)) return Fail(env, "SIGINT cannot be handled");
  napi_value result;
  napi_create_int32(env, interruptPipe[0], &result);
  return result;
}

}  // namespace kernel
