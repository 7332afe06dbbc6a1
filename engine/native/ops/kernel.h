// Dispatch by device. A front end in ops/ checks, makes the result and calls a Kernel; cpu/ and cuda/ fill its places
// when the addon is loaded. A place left empty is an error that names op and device: nothing falls back silently.
#pragma once
#include "tensor/tensor.h"

namespace gb {

template <class Signature>
class Kernel;

/** For front ends whose kernels see tensors within structures. */
inline void checkTogether(const Tensor& a, const Tensor& b) {
  GB_CHECK(a.device() == b.device(), "Expected all tensors to be on the same device, but found at least two devices, ",
           nameOf(a.device()), " and ", nameOf(b.device()), "!");
}

/** Names of all kernels that a kind of device has. */
inline std::vector<const char*>& kernelNames(Device device) {
  static std::vector<const char*> names[kDevices];
  return names[int(kindOf(device))];
}

namespace detail {

/** A kernel reads pointers: every tensor that it gets must be where it runs. */
inline void checkDevice(Device device, const Tensor& x) {
  GB_CHECK(x.device() == device, "Expected all tensors to be on the same device, but found at least two devices, ",
           nameOf(device), " and ", nameOf(x.device()), "!");
}
inline void checkDevice(Device device, const Tensor* x) {
  if (x) checkDevice(device, *x);
}
template <class T>
void checkDevice(Device, const T&) {}

}  // namespace detail

template <class R, class... A>
class Kernel<R(A...)> {
 public:
  using Fn = R (*)(A...);
  constexpr explicit Kernel(const char* name) : name_(name), fns_{} {}

  template <class... B>
  R operator()(Device device, B&&... arguments) const {
    const Fn fn = fns_[int(kindOf(device))];
    GB_CHECK(fn, "no kernel '", name_, "' for device ", nameOf(device));
    (detail::checkDevice(device, arguments), ...);
    return fn(std::forward<B>(arguments)...);
  }

  /** At namespace scope in a device's file: `static const auto r = sumKernel.on(Device::CPU, sumOnCpu);` */
  bool on(Device device, Fn fn) {
    fns_[int(device)] = fn;
    kernelNames(device).push_back(name_);
    return true;
  }

 private:
  const char* name_;
  Fn fns_[kDevices];
};

#define GB_JOIN_(a, b) a##b
#define GB_JOIN(a, b) GB_JOIN_(a, b)
/** GB_KERNEL(CPU, sumKernel, function): this file's kernel for the device. */
#define GB_KERNEL(DEVICE, KERNEL, FUNCTION) \
  [[maybe_unused]] static const bool GB_JOIN(registered_, __LINE__) = KERNEL.on(Device::DEVICE, FUNCTION);

}  // namespace gb
