#include "ops/where.h"

#include "ops/copy.h"
#include "ops/create.h"
#include "ops/index.h"
#include "ops/pointwise.h"
#include "ops/transfer.h"
#include "tensor/promote.h"
#include "tensor/strided_loop.h"

namespace gb {

Kernel<void(const Tensor&, const Tensor&, const Tensor&, const Tensor&)> whereKernel("where");

namespace {

/** An operand as a tensor there; a tensor without dimensions may come from the host. */
Tensor asTensor(const Operand& x, DType dtype, Device device) {
  if (!x.tensor) return full({}, x.scalar, dtype, device);
  const Tensor typed = asType(*x.tensor, dtype);
  return typed.ndim() == 0 && typed.device() == Device::CPU ? toDevice(typed, device, false) : typed;
}

}  // namespace

Tensor where(const Tensor& condition, const Operand& a, const Operand& b) {
  GB_CHECK(condition.dtype() == DType::Bool, "expected condition to be a boolean tensor, but got a tensor with dtype ",
           titleOf(condition.dtype()));
  // Two plain numbers: float, as a tensor made of them would be.
  DType type = resultType(a, b);
  if (!a.tensor && !b.tensor && type == DType::Int64) type = defaultDType();
  const Device device = condition.device();
  const Tensor x = asTensor(a, type, device), y = asTensor(b, type, device);
  const Dims shape = broadcastShapes(condition.sizes(), broadcastShapes(x.sizes(), y.sizes()));
  const Tensor* inputs[3] = {&condition, &x, &y};
  Tensor out = emptyStrided(shape, stridesLike(shape, inputs, 3), type, device);
  if (out.numel() > 0) whereKernel(out.device(), out, condition, x, y);
  return out;
}

namespace {

/** out = mask ? value : x, where out may be x. */
void fillMasked(const Tensor& out, const Tensor& x, const Tensor& mask, const Operand& value) {
  GB_CHECK(mask.dtype() == DType::Bool, "only supports boolean masks, but got mask with dtype ", titleOf(mask.dtype()));
  GB_CHECK(!value.tensor || value.tensor->ndim() == 0,
           "only supports a 0-dimensional value tensor, but got a tensor with ", value.tensor ? value.tensor->ndim() : 0,
           " dimension(s).");
  if (!value.tensor) checkFits(value.scalar, x.dtype());
  const Tensor wide = expandTo(mask, out.sizes());
  const Operand inputs[2] = {wide, value};
  checkOut(out, out.sizes(), x.dtype(), inputs, 2);
  if (out.numel() > 0) whereKernel(out.device(), out, wide, asTensor(value, x.dtype(), x.device()), x);
}

}  // namespace

Tensor maskedFill(const Tensor& x, const Tensor& mask, const Operand& value) {
  const Dims shape = broadcastShapes(x.sizes(), mask.sizes());
  const Tensor* inputs[1] = {&x};
  Tensor out = emptyStrided(shape, stridesLike(shape, inputs, 1), x.dtype(), x.device());
  fillMasked(out, x, mask, value);
  return out;
}
void maskedFill_(const Tensor& x, const Tensor& mask, const Operand& value) { fillMasked(x, x, mask, value); }

}  // namespace gb
