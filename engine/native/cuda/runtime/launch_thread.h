// A call of the driver that queues work takes some three microseconds, many times what an op costs before it. So a thread of
// its own makes these calls, in their order, and the thread of JavaScript goes on meanwhile: a step takes as long as the longer
// of both, not as their sum. Only one of the two is in the driver at a time: whoever calls the driver himself (`driver()`, the
// functions of NVIDIA's libraries) waits until all that was handed over before is done.
#pragma once
#include <cstddef>
#include <new>
#include <type_traits>

#include "cuda/api/driver.h"

namespace gb::cuda {

/** Makes one call, from its values at `values`. May throw: that comes out where the thread of JavaScript next queues or waits. */
using MakeCall = void (*)(void* values);

/** Room for the values of one call for the card `index`; throws what an earlier call threw. At most one at a time. */
void* beginCall(int index, size_t bytes, MakeCall make);
/** Hands it over, or makes it here and now. */
void endCall();

/** Hands over a call whose values are those of `call`; runs `call.make()`. */
template <class Call>
void handOver(int index, const Call& call) {
  static_assert(std::is_trivially_destructible_v<Call>, "nobody destroys what was handed over");
  new (beginCall(index, sizeof(Call), [](void* values) { static_cast<const Call*>(values)->make(); })) Call(call);
  endCall();
}

/** Throws what a call threw that was handed over. For who has waited. */
void checkHandedOver();

/** For tests: calls that the thread has made. */
unsigned long long callsByThread();

}  // namespace gb::cuda
