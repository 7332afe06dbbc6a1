#include "ops/create.h"

#include <cmath>
#include <cstring>

#include "ops/copy.h"
#include "ops/transfer.h"

namespace gb {

Kernel<void(const Tensor&, Scalar, Scalar)> arangeKernel("arange");
Kernel<void(const Tensor&, double, double)> linspaceKernel("linspace");

Tensor full(const Dims& shape, Scalar value, DType dtype, Device device) {
  checkFits(value, dtype);
  Tensor made = emptyTensor(shape, dtype, device);
  if (made.numel() > 0) fillKernel(made.device(), made, value);
  return made;
}

Tensor arange(Scalar start, Scalar end, Scalar step, DType dtype, Device device) {
  GB_CHECK(std::isfinite(start.d) && std::isfinite(end.d) && !std::isnan(step.d), "unsupported range: ", start.d,
           " -> ", end.d);
  GB_CHECK(step.d != 0, "step must be nonzero");
  GB_CHECK(step.d > 0 ? end.d >= start.d : end.d <= start.d,
           "upper bound and lower bound inconsistent with step sign: start ", start.d, ", end ", end.d, ", step ", step.d);
  double count;
  if (start.kind == DType::Int64 && end.kind == DType::Int64 && step.kind == DType::Int64) {
    const __int128 span = __int128(end.i) - start.i;
    count = double(span / step.i + (span % step.i != 0));
  } else {
    count = std::ceil((end.d - start.d) / step.d);
  }
  GB_CHECK(count >= 0 && count < 0x1p53, "invalid size, possible overflow?");
  Tensor made = emptyTensor({int64_t(count)}, dtype, device);
  if (made.numel() > 0) arangeKernel(made.device(), made, start, step);
  return made;
}

Tensor linspace(double start, double end, int64_t steps, DType dtype, Device device) {
  GB_CHECK(steps >= 0, "number of steps must be non-negative, got ", steps);
  Tensor made = emptyTensor({steps}, dtype, device);
  if (steps > 0) linspaceKernel(made.device(), made, start, end);
  return made;
}

Tensor eye(int64_t rows, int64_t columns, DType dtype, Device device) {
  Tensor made = full({rows, columns}, Scalar::of(false), dtype, device);
  const int64_t n = std::min(rows, columns);
  if (n > 0) fillKernel(made.device(), made.viewed({n}, {columns + 1}), Scalar::of(true));
  return made;
}

Tensor fromHost(const void* data, int64_t count, DType from, const Dims& shape, DType dtype, Device device) {
  Tensor made = emptyTensor(shape, from);
  GB_CHECK(made.numel() == count, "a tensor of shape ", shape, " has ", made.numel(), " elements, but ", count,
           " were given");
  if (count > 0) std::memcpy(made.data(), data, made.bytes());
  return toDevice(asType(made, dtype), device, false);
}

}  // namespace gb
