#include "ops/norm.h"

#include "ops/copy.h"

namespace gb {

Kernel<void(const ChannelNorm&, const Statistics&, const Tensor&)> batchNormKernel("batchNorm");
Kernel<void(const ChannelNorm&, const Tensor&, bool, MaybeTensor, MaybeTensor, MaybeTensor)> batchNormBackwardKernel(
    "batchNormBackward");
Kernel<void(const RowNorm&, double, const Tensor&)> rowNormKernel("rowNorm");
Kernel<void(const RowNorm&, const Tensor&, MaybeTensor, MaybeTensor, MaybeTensor)> rowNormBackwardKernel(
    "rowNormBackward");

namespace {

/** A parameter or running statistic beside x: of x's type, or float32 beside a half type. */
void checkBeside(const char* name, MaybeTensor tensor, const Tensor& x, int64_t elements) {
  if (!tensor) return;
  checkTogether(x, *tensor);
  GB_CHECK(tensor->numel() == elements, name, " should contain ", elements, " elements, not ", tensor->numel());
  GB_CHECK(tensor->dtype() == x.dtype() || tensor->dtype() == computeType(x.dtype()), "expected ", name, " to be ",
           nameOf(x.dtype()), ", as the input is, got ", nameOf(tensor->dtype()));
}

void checkFloat(const Tensor& x) {
  GB_CHECK(isFloat(x.dtype()), "expected a floating point input, got ", nameOf(x.dtype()));
}

/** A tensor as the kernels take it: row-major, of the type in which they compute. */
struct Prepared {
  Tensor held;
  MaybeTensor tensor;
  Prepared(MaybeTensor given, DType type) : tensor(nullptr) {
    if (!given) return;
    held = contiguous(asType(*given, type));
    tensor = &held;
  }
};

Tensor prepared(const Tensor& x) { return contiguous(asType(x, computeType(x.dtype()))); }
/** Of rows: a card reads half types itself. */
Tensor preparedRows(const Tensor& x) { return x.device() == Device::CPU ? prepared(x) : contiguous(x); }

/** The gradients that are wanted: made in the type of computation, handed out in the types of what they belong to. */
struct Wanted {
  std::optional<Tensor> x, weight, bias;

  Wanted(const Tensor& input, int64_t parameters, bool needX, bool needWeight, bool needBias) {
    const DType type = computeType(input.dtype());
    if (needX) x = emptyTensor(input.sizes(), input.dtype(), input.device());
    if (needWeight) weight = emptyTensor({parameters}, type, input.device());
    if (needBias) bias = emptyTensor({parameters}, type, input.device());
  }
  static MaybeTensor of(const std::optional<Tensor>& tensor) { return tensor ? &*tensor : nullptr; }
  static std::optional<Tensor> shaped(const std::optional<Tensor>& made, MaybeTensor like) {
    if (!made) return std::nullopt;
    GB_CHECK(like, "a gradient is asked for of a parameter that was not given");
    return asType(made->viewed(like->sizes(), contiguousStrides(like->sizes())), like->dtype());
  }
  /** For an input without elements. */
  void zero() const {
    for (const auto* made : {&weight, &bias}) {
      if (*made) fillWith(**made, Scalar::of(false));
    }
  }
  NormGrads in(const Tensor& input, MaybeTensor w, MaybeTensor b) const {
    return {shaped(x, &input), shaped(weight, w), shaped(bias, b)};
  }
};

void checkGrad(const Tensor& grad, const Tensor& x) {
  GB_CHECK(grad.sizes() == x.sizes(), "the gradient's shape ", grad.sizes(), " is not the input's ", x.sizes());
}

/** The statistics of a forward pass, one for every row or channel. */
void checkStatistics(const Tensor& x, const Tensor& mean, const Tensor& inverse, int64_t elements) {
  for (const Tensor* statistic : {&mean, &inverse}) {
    GB_CHECK(statistic->numel() == elements && statistic->dtype() == computeType(x.dtype()) && statistic->contiguous(),
             "expected ", elements, " statistics of type ", nameOf(computeType(x.dtype())), ", got ",
             nameOf(statistic->dtype()), " ", statistic->sizes());
  }
}

ChannelNorm channelsOf(const Tensor& x) {
  ChannelNorm call{prepared(x), x.size(0), x.size(1), 1, nullptr, nullptr, {}, {}};
  for (int i = 2; i < x.ndim(); i++) call.inner *= x.size(i);
  return call;
}

/** `parameters`: the elements of weight and bias. */
Normalized normalizeRows(const Tensor& x, RowNorm call, int64_t parameters, MaybeTensor weight, MaybeTensor bias,
                         double eps) {
  checkFloat(x);
  checkBeside("weight", weight, x, parameters);
  checkBeside("bias", bias, x, parameters);
  call.x = preparedRows(x);
  const DType type = computeType(x.dtype());
  const Prepared w(weight, type), b(bias, type);
  call.weight = w.tensor;
  call.bias = b.tensor;
  call.mean = emptyTensor({call.rows}, type, x.device());
  call.inverse = emptyTensor({call.rows}, type, x.device());
  const Tensor y = emptyTensor(x.sizes(), call.x.dtype(), x.device());
  if (call.rows > 0) rowNormKernel(x.device(), call, eps, y);
  return {asType(y, x.dtype()), call.mean, call.inverse};
}

/** The last dimensions of x as one row. */
RowNorm lastDims(const Tensor& x, const Dims& shape) {
  GB_CHECK(!shape.empty(), "normalizedShape must have at least one dimension");
  const int lead = x.ndim() - shape.size();
  bool fits = lead >= 0;
  for (int i = 0; fits && i < shape.size(); i++) fits = shape[i] == x.size(lead + i);
  GB_CHECK(fits, "given normalizedShape ", shape, ", expected input with shape [*, ", shape,
           "], but got input of size ", x.sizes());
  const int64_t n = product(shape);
  return {{}, n == 0 ? 0 : x.numel() / n, n, 1, 1, true, nullptr, nullptr, {}, {}};
}

}  // namespace

Normalized batchNorm(const Tensor& x, MaybeTensor weight, MaybeTensor bias, MaybeTensor runningMean,
                     MaybeTensor runningVar, bool training, double momentum, double eps) {
  checkFloat(x);
  GB_CHECK(x.ndim() >= 2, "expected at least 2 dimensions, got shape ", x.sizes());
  const int64_t channels = x.size(1);
  checkBeside("runningMean", runningMean, x, channels);
  checkBeside("runningVar", runningVar, x, channels);
  checkBeside("weight", weight, x, channels);
  checkBeside("bias", bias, x, channels);
  GB_CHECK(training || (runningMean && runningVar),
           "expected runningMean and runningVar to be given when training is false");
  ChannelNorm call = channelsOf(x);
  GB_CHECK(!training || call.outer * call.inner != 1,
           "expected more than 1 value per channel when training, got input size ", x.sizes());
  const DType type = call.x.dtype();
  const Prepared w(weight, type), b(bias, type), m(runningMean, type), v(runningVar, type);
  call.weight = w.tensor;
  call.bias = b.tensor;
  call.mean = emptyTensor({channels}, type, x.device());
  call.inverse = emptyTensor({channels}, type, x.device());
  const Tensor y = emptyTensor(x.sizes(), type, x.device());
  if (x.numel() > 0) {
    batchNormKernel(x.device(), call, Statistics{training, m.tensor, v.tensor, momentum, eps}, y);
    const auto back = [training](MaybeTensor given, const Prepared& moved) {
      if (training && given && moved.held.storage().get() != given->storage().get()) copyInto(*given, moved.held);
    };
    back(runningMean, m);
    back(runningVar, v);
  }
  return {asType(y, x.dtype()), call.mean, call.inverse};
}

NormGrads batchNormBackward(const Tensor& grad, const Tensor& x, MaybeTensor weight, MaybeTensor bias,
                            const Tensor& mean, const Tensor& inverse, bool training, bool needX, bool needWeight,
                            bool needBias) {
  checkFloat(x);
  checkGrad(grad, x);
  GB_CHECK(x.ndim() >= 2, "expected at least 2 dimensions, got shape ", x.sizes());
  checkStatistics(x, mean, inverse, x.size(1));
  checkBeside("weight", weight, x, x.size(1));
  checkBeside("bias", bias, x, x.size(1));
  ChannelNorm call = channelsOf(x);
  const Prepared w(weight, call.x.dtype());
  call.weight = w.tensor;
  call.mean = mean;
  call.inverse = inverse;
  const Wanted wanted(call.x, call.channels, needX, needWeight, needBias);
  if (x.numel() > 0) {
    batchNormBackwardKernel(x.device(), call, prepared(grad), training, Wanted::of(wanted.x), Wanted::of(wanted.weight),
                            Wanted::of(wanted.bias));
  } else {
    wanted.zero();
  }
  return wanted.in(x, weight, bias);
}

Normalized layerNorm(const Tensor& x, const Dims& normalizedShape, MaybeTensor weight, MaybeTensor bias, double eps) {
  const RowNorm call = lastDims(x, normalizedShape);
  return normalizeRows(x, call, call.n, weight, bias, eps);
}

Normalized rmsNorm(const Tensor& x, const Dims& normalizedShape, MaybeTensor weight, double eps) {
  RowNorm call = lastDims(x, normalizedShape);
  call.centred = false;
  return normalizeRows(x, call, call.n, weight, nullptr, eps);
}

Normalized groupNorm(const Tensor& x, int64_t groups, MaybeTensor weight, MaybeTensor bias, double eps) {
  GB_CHECK(x.ndim() >= 2, "expected at least 2 dimensions, got shape ", x.sizes());
  GB_CHECK(groups > 0 && x.size(1) % groups == 0,
           "expected number of channels in input to be divisible by numGroups, but got input of shape ", x.sizes(),
           " and numGroups=", groups);
  RowNorm call{{}, x.size(0) * groups, x.size(1) / groups, groups, 1, true, nullptr, nullptr, {}, {}};
  for (int i = 2; i < x.ndim(); i++) call.inner *= x.size(i);
  call.n *= call.inner;
  if (call.n == 0) call.rows = 0;
  return normalizeRows(x, call, x.size(1), weight, bias, eps);
}

NormGrads rowNormBackward(const Tensor& grad, const Tensor& x, MaybeTensor weight, MaybeTensor bias, const Tensor& mean,
                          const Tensor& inverse, int64_t groups, int64_t inner, bool centred, bool needX,
                          bool needWeight, bool needBias) {
  checkFloat(x);
  checkGrad(grad, x);
  const int64_t rows = mean.numel(), n = rows == 0 ? inner : x.numel() / rows;
  checkStatistics(x, mean, inverse, rows);
  GB_CHECK(rows == 0 || (groups > 0 && inner > 0 && n > 0 && x.numel() == rows * n && rows % groups == 0 && n % inner == 0),
           "an input of shape ", x.sizes(), " does not have ", rows, " rows in groups of ", groups,
           " whose factors span ", inner);
  RowNorm call{preparedRows(x), rows, n, groups, inner, centred, nullptr, nullptr, mean, inverse};
  const Prepared w(weight, computeType(x.dtype()));
  call.weight = w.tensor;
  const int64_t parameters = weight ? weight->numel() : bias ? bias->numel() : 0;
  if (rows > 0) {
    checkBeside("weight", weight, x, groups * (n / inner));
    checkBeside("bias", bias, x, groups * (n / inner));
  }
  const Wanted wanted(call.x, parameters, needX, needWeight, needBias);
  if (rows > 0) {
    rowNormBackwardKernel(x.device(), call, contiguous(asType(grad, call.x.dtype())), Wanted::of(wanted.x), Wanted::of(wanted.weight),
                          Wanted::of(wanted.bias));
  } else {
    wanted.zero();
  }
  return wanted.in(x, weight, bias);
}

}  // namespace gb
