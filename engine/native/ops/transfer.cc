#include "ops/transfer.h"

#include "ops/copy.h"

namespace gb {

Kernel<void(const Transfer&)> transferKernel("transfer");

namespace {
/** New pinned memory for the elements of a dense tensor, laid out like it. */
Tensor pinnedLike(const Tensor& x) {
  return Tensor(StorageRef(newPinnedStorage(x.bytes())), x.dtype(), x.sizes(), x.strides(), 0);
}
}  // namespace

Tensor toDevice(const Tensor& x, Device device, bool nonBlocking) {
  if (x.device() == device) return x;
  const Tensor from = isDense(x) ? x : contiguous(x);
  // Who does not wait for the copy gets memory that the card can write by itself.
  Tensor made = nonBlocking && device == Device::CPU ? pinnedLike(from)
                                                     : emptyStrided(from.sizes(), from.strides(), from.dtype(), device);
  if (from.numel() > 0) transferKernel(device == Device::CPU ? from.device() : device, Transfer{&made, &from, nonBlocking});
  return made;
}

Tensor pinMemory(const Tensor& x) {
  GB_CHECK(x.device() == Device::CPU, "only tensors on the CPU can be pinned, this one is on ", nameOf(x.device()));
  if (isPinned(x)) return x;
  const Tensor from = isDense(x) ? x : contiguous(x);
  Tensor made = pinnedLike(from);
  if (from.numel() > 0) copyKernel(Device::CPU, made, from);
  return made;
}

bool isPinned(const Tensor& x) { return x.storage()->pinned; }

Tensor onHost(const Tensor& x) { return toDevice(x, Device::CPU, false); }

void needsHost(const Tensor& x, const char* kernel) {
  GB_CHECK(x.device() == Device::CPU, "no kernel '", kernel, "' for device ", nameOf(x.device()));
}

}  // namespace gb
