#include "ops/copy.h"

#include <cmath>

#include "ops/transfer.h"
#include "tensor/promote.h"
#include "tensor/strided_loop.h"

namespace gb {

Kernel<void(const Tensor&, const Tensor&)> copyKernel("copy");
Kernel<void(const Tensor&, Scalar)> fillKernel("fill");

namespace {

void checkWritable(const Tensor& x) {
  GB_CHECK(!overlapsItself(x),
           "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
           "Please clone() the tensor before performing the operation.");
}

/** Whether the memory between the first and the last elements meets. */
bool spansMeet(const Tensor& a, const Tensor& b) {
  if (a.storage().get() != b.storage().get()) return false;
  const auto end = [](const Tensor& x) {
    int64_t reach = 0;
    for (int i = 0; i < x.ndim(); i++) reach += x.stride(i) * (x.size(i) - 1);
    return x.as<char>() + (reach + 1) * int64_t(x.itemSize());
  };
  return a.as<char>() < end(b) && b.as<char>() < end(a);
}

}  // namespace

void copyInto(const Tensor& dst, const Tensor& src, bool nonBlocking) {
  if (dst.numel() == 0 && src.numel() == 0) return;
  const Tensor from = src.sizes() == dst.sizes() ? src : expandTo(src, dst.sizes());
  if (dst.numel() == 0) return;
  checkWritable(dst);
  if (dst.device() != from.device()) {
    // Converted where the elements are, and moved as they are.
    const Tensor typed = asType(from, dst.dtype());
    const Tensor same = typed.strides() == dst.strides() && isDense(typed) ? typed : contiguous(typed);
    if (dst.strides() == same.strides() && isDense(dst)) {
      transferKernel(dst.device() == Device::CPU ? same.device() : dst.device(), Transfer{&dst, &same, nonBlocking});
    } else {
      copyKernel(dst.device(), dst, toDevice(same, dst.device(), nonBlocking && dst.device() != Device::CPU));
    }
    return;
  }
  if (spansMeet(dst, from)) {
    const bool same = dst.data() == from.data() && dst.strides() == from.strides() && dst.dtype() == from.dtype();
    if (!same) copyKernel(dst.device(), dst, clone(from));
    return;
  }
  copyKernel(dst.device(), dst, from);
}

void checkFits(Scalar value, DType dtype) {
  const bool fits = [&] {
    switch (dtype) {
      case DType::UInt8: return std::abs(value.d) <= 255;  // -1 stands for 255, as in PyTorch
      case DType::Int8: return value.d >= -128 && value.d <= 127;
      case DType::Int16: return value.d >= -32768 && value.d <= 32767;
      case DType::Int32: return value.d >= -0x1p31 && value.d < 0x1p31;
      case DType::Int64: return value.d >= -0x1p63 && (value.d < 0x1p63 || value.kind == DType::Int64);
      case DType::Float16: return !std::isfinite(value.d) || std::abs(value.d) <= 65504;
      default: return true;
    }
  }();
  GB_CHECK(fits, "value cannot be converted to type ", titleOf(dtype), " without overflow, got ", value.d);
}

void fillWith(const Tensor& dst, Scalar value) {
  checkWritable(dst);
  checkFits(value, dst.dtype());
  if (dst.numel() > 0) fillKernel(dst.device(), dst, value);
}

Tensor clone(const Tensor& x) {
  Tensor made = emptyLike(x, x.dtype());
  if (x.numel() > 0) copyKernel(x.device(), made, x);
  return made;
}

Tensor contiguous(const Tensor& x) {
  if (x.contiguous()) return x;
  Tensor made = emptyTensor(x.sizes(), x.dtype(), x.device());
  copyKernel(x.device(), made, x);
  return made;
}

Tensor toType(const Tensor& x, DType dtype) {
  Tensor made = emptyLike(x, dtype);
  if (x.numel() > 0) copyKernel(x.device(), made, x);
  return made;
}

Tensor asType(const Tensor& x, DType dtype) { return x.dtype() == dtype ? x : toType(x, dtype); }

}  // namespace gb
