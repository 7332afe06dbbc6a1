#include "ops/quantized.h"

#include "ops/copy.h"

namespace gb {

Kernel<void(const DynamicLinear&, const Tensor&)> dynamicLinearKernel("linearDynamic");

Tensor linearDynamic(const Tensor& x, const Tensor& weight, const Tensor& rowSums, double weightScale,
                     MaybeTensor bias) {
  GB_CHECK(x.dtype() == DType::Float32, "expected a float32 input, got ", nameOf(x.dtype()));
  GB_CHECK(x.ndim() >= 1, "expected an input of at least 1 dimension");
  GB_CHECK(weight.dtype() == DType::Int8 && weight.ndim() == 2 && weight.contiguous() && weight.size(1) % kByteRow == 0,
           "expected a contiguous int8 weight whose rows are padded to a multiple of ", kByteRow, " bytes, got ",
           nameOf(weight.dtype()), " ", weight.sizes());
  const int64_t in = x.size(x.ndim() - 1), out = weight.size(0), stride = weight.size(1);
  GB_CHECK(in <= stride && stride - in < kByteRow, "an input of ", in, " features does not fit a weight with rows of ",
           stride, " bytes");
  GB_CHECK(rowSums.dtype() == DType::Int32 && rowSums.numel() == out && rowSums.contiguous(),
           "expected ", out, " sums of the weight's rows as int32, got ", nameOf(rowSums.dtype()), " ", rowSums.sizes());
  GB_CHECK(!bias || (bias->dtype() == DType::Float32 && bias->numel() == out && bias->contiguous()),
           "expected a float32 bias of ", out, " elements");
  Dims shape = x.sizes();
  shape[x.ndim() - 1] = out;
  const Tensor y = emptyTensor(shape, DType::Float32, x.device());
  if (y.numel() == 0) return y;
  const Tensor rows = contiguous(x);
  const DynamicLinear call{rows, weight, rowSums, bias, y.numel() / out, in, out, stride, weightScale};
  dynamicLinearKernel(x.device(), call, y);
  return y;
}

}  // namespace gb
