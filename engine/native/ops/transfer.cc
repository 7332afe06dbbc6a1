#include "ops/transfer.h"

#include "ops/copy.h"

namespace gb {

Kernel<void(const Transfer&)> transferKernel("transfer");

Tensor toDevice(const Tensor& x, Device device, bool nonBlocking) {
  if (x.device() == device) return x;
  const Tensor from = isDense(x) ? x : contiguous(x);
  Tensor made = emptyStrided(from.sizes(), from.strides(), from.dtype(), device);
  if (from.numel() > 0) transferKernel(device == Device::CPU ? from.device() : device, Transfer{&made, &from, nonBlocking});
  return made;
}

Tensor onHost(const Tensor& x) { return toDevice(x, Device::CPU, false); }

void needsHost(const Tensor& x, const char* kernel) {
  GB_CHECK(x.device() == Device::CPU, "no kernel '", kernel, "' for device ", nameOf(x.device()));
}

}  // namespace gb
