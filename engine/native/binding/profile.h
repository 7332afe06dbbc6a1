// What a profile records of rows: when each began and ended, what it was given, what it allocated, and how long the card was at
// it. While no profile runs, a call looks at one byte for it.
#pragma once
#include <node_api.h>

#include <atomic>

namespace gb {
class Tensor;
}

namespace gb::profile {

extern std::atomic<bool> recording;

/** How many parameters a row has, and the places among them, -1 for none, of a tensor that it may write into and of a device. */
struct Parameters {
  int count, out, device;
};

/** Calls a row and records that, where the profile is this thread's. */
napi_value around(napi_callback row, napi_env env, napi_callback_info info, const Parameters& parameters);

/** Garbage collection is about to let a tensor go, and has: that belongs to no op. */
void collecting(const Tensor& tensor);
void collected();

}  // namespace gb::profile
