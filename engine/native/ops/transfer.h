// Between devices.
#pragma once
#include "ops/kernel.h"

namespace gb {

/** Both of one type and one dense layout, on two devices of which at least one is not the host. */
struct Transfer {
  const Tensor *to, *from;
  /** Whether the call may come back before the copy is done. The host's side must then be pinned memory. */
  bool nonBlocking;
};

/** Called for the device that is not the host. */
extern Kernel<void(const Transfer&)> transferKernel;

/** x on the device: x itself where it is there already, else a copy with x's layout where that is dense. */
Tensor toDevice(const Tensor& x, Device device, bool nonBlocking);
/** A copy of x in pinned memory; x itself where it is pinned. */
Tensor pinMemory(const Tensor& x);
bool isPinned(const Tensor& x);
/** x where its elements can be read by the host: waits for what computes them. */
Tensor onHost(const Tensor& x);
/** Fails where an op that is written for the host alone meets another device. */
void needsHost(const Tensor& x, const char* kernel);

}  // namespace gb
