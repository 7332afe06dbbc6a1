#include "ops/conv.h"

#include "ops/copy.h"
#include "ops/matrix.h"
#include "ops/shape.h"

namespace gb {

Kernel<void(const ConvShape&, const Tensor&, const Tensor&, const Tensor&, MaybeTensor)> convKernel("conv");
Kernel<void(const ConvShape&, const Tensor&, const Tensor&, const Tensor&, MaybeTensor)> convInputKernel("convInput");
Kernel<void(const ConvShape&, const Tensor&, const Tensor&, const Tensor&)> convWeightKernel("convWeight");

namespace {

/** Sizes are kept far from where their products could overflow. */
constexpr int64_t kMost = int64_t(1) << 30;

void checkSame(const Tensor& a, const char* nameA, const Tensor& b, const char* nameB) {
  GB_CHECK(a.dtype() == b.dtype(), nameA, " type (", nameOf(a.dtype()), ") and ", nameB, " type (", nameOf(b.dtype()),
           ") should be the same");
  GB_CHECK(a.device() == b.device(), "expected ", nameA, " and ", nameB, " on the same device, but got ",
           nameOf(a.device()), " and ", nameOf(b.device()));
}

void readNumbers(const Dims& given, int spatial, int64_t least, const char* complaint, int64_t (&to)[3]) {
  GB_CHECK(given.size() == spatial, "expected ", spatial, " numbers, one for each spatial dimension, got ", given);
  for (int i = 0; i < 3; i++) to[i] = least;
  for (int i = 0; i < spatial; i++) {
    GB_CHECK(given[i] >= least && given[i] < kMost, complaint, ", got ", given);
    to[3 - spatial + i] = given[i];
  }
}

struct Geometry {
  ConvShape shape;
  int spatial;

  Geometry(const Tensor& x, const Dims& stride, const Dims& padding, const Dims& dilation, int64_t groups)
      : shape{}, spatial(x.ndim() - 2) {
    GB_CHECK(spatial >= 1 && spatial <= 3, "expected 3, 4 or 5 dimensions [batch, channels, …], got shape ", x.sizes());
    GB_CHECK(isFloat(x.dtype()), "not implemented for '", titleOf(x.dtype()), "'");
    GB_CHECK(groups >= 1, "expected groups to be greater than 0, got ", groups);
    shape.batch = x.size(0);
    shape.groups = groups;
    readNumbers(stride, spatial, 1, "non-positive stride is not supported", shape.stride);
    readNumbers(padding, spatial, 0, "negative padding is not supported", shape.padding);
    readNumbers(dilation, spatial, 1, "dilation should be greater than zero", shape.dilation);
  }

  /** Spatial sizes of a tensor whose first two dimensions are others. */
  void read(const Tensor& x, int64_t (&to)[3]) const {
    for (int i = 0; i < 3; i++) to[i] = i < 3 - spatial ? 1 : x.size(2 + i - (3 - spatial));
  }

  void readWeight(const Tensor& weight) {
    GB_CHECK(weight.ndim() == spatial + 2, "expected a weight of ", spatial + 2, " dimensions, got shape ", weight.sizes());
    const int64_t features = weight.size(0);
    GB_CHECK(features >= shape.groups, "Given groups=", shape.groups, ", expected weight to be at least ", shape.groups,
             " at dimension 0, but got weight of size ", weight.sizes(), " instead");
    GB_CHECK(features % shape.groups == 0, "Given groups=", shape.groups, ", expected weight to be divisible by ",
             shape.groups, " at dimension 0, but got weight of size ", weight.sizes(), " instead");
    shape.features = features / shape.groups;
    shape.channels = weight.size(1);
    read(weight, shape.kernel);
  }

  /** The result's size that follows from the input's, or an error where the kernel does not fit. */
  void findOut() {
    Dims padded, kernel;
    bool fits = true;
    for (int i = 0; i < 3; i++) {
      GB_CHECK(shape.kernel[i] > 0 && shape.kernel[i] < kMost, "kernel sizes must be greater than 0");
      const int64_t in = shape.in[i] + 2 * shape.padding[i], reach = shape.dilation[i] * (shape.kernel[i] - 1) + 1;
      shape.out[i] = in < reach ? 0 : (in - reach) / shape.stride[i] + 1;
      // One result has no neighbour: a stride, however large, says nothing then.
      if (shape.out[i] == 1) shape.stride[i] = 1;
      if (i < 3 - spatial) continue;
      padded.push(in);
      kernel.push(reach);
      fits = fits && in >= reach;
    }
    GB_CHECK(fits, "Calculated padded input size per channel: ", padded, ". Kernel size: ", kernel,
             ". Kernel size can't be greater than actual input size");
  }

  Dims sizes(int64_t first, int64_t second, const int64_t (&rest)[3]) const {
    Dims result{first, second};
    for (int i = 3 - spatial; i < 3; i++) result.push(rest[i]);
    return result;
  }

  void expectOut(const Tensor& y) const {
    const Dims expected = sizes(shape.batch, shape.groups * shape.features, shape.out);
    GB_CHECK(y.sizes() == expected, "expected a result of shape ", expected, ", got ", y.sizes());
  }
};

/** Whether the kernel covers the whole input, so that there is one result: a linear layer in other words. */
bool isLinear(const ConvShape& s) {
  bool covers = s.groups == 1 && s.batch > 0 && s.channels > 0;
  for (int i = 0; i < 3; i++) covers = covers && s.padding[i] == 0 && s.dilation[i] == 1 && s.kernel[i] == s.in[i];
  return covers;
}

/** As a matrix: the first dimension and all others. */
Tensor flat(const Tensor& x) { return reshape(x, {x.size(0), -1}); }

Tensor preparedBias(MaybeTensor bias, const Tensor& x, const Tensor& weight, int64_t count) {
  if (!bias) return Tensor();
  checkSame(x, "Input", *bias, "bias");
  GB_CHECK(bias->ndim() == 1 && bias->size(0) == count, "Given weight of size ", weight.sizes(),
           ", expected bias to be 1-dimensional with ", count, " elements, but got bias of size ", bias->sizes(),
           " instead");
  return contiguous(*bias);
}

}  // namespace

Tensor conv(const Tensor& x, const Tensor& weight, MaybeTensor bias, const Dims& stride, const Dims& padding,
            const Dims& dilation, int64_t groups) {
  Geometry g(x, stride, padding, dilation, groups);
  checkSame(x, "Input", weight, "weight");
  g.readWeight(weight);
  g.read(x, g.shape.in);
  GB_CHECK(x.size(1) == g.shape.channels * groups, "Given groups=", groups, ", weight of size ", weight.sizes(),
           ", expected input", x.sizes(), " to have ", g.shape.channels * groups, " channels, but got ", x.size(1),
           " channels instead");
  const Tensor offset = preparedBias(bias, x, weight, weight.size(0));
  g.findOut();
  if (isLinear(g.shape)) return reshape(linear(flat(x), flat(weight), bias), g.sizes(x.size(0), weight.size(0), g.shape.out));
  Tensor y = emptyTensor(g.sizes(x.size(0), weight.size(0), g.shape.out), x.dtype(), x.device());
  if (y.numel() > 0) convKernel(x.device(), g.shape, y, contiguous(x), contiguous(weight), bias ? &offset : nullptr);
  return y;
}

Tensor convInput(const Tensor& y, const Tensor& weight, MaybeTensor bias, const Dims& size, const Dims& stride,
                 const Dims& padding, const Dims& dilation, int64_t groups) {
  Geometry g(y, stride, padding, dilation, groups);
  checkSame(y, "Input", weight, "weight");
  g.readWeight(weight);
  readNumbers(size, g.spatial, 1, "the size of the input must be greater than 0", g.shape.in);
  GB_CHECK(y.size(1) == weight.size(0), "Given transposed=1, weight of size ", weight.sizes(), ", expected input", y.sizes(),
           " to have ", weight.size(0), " channels, but got ", y.size(1), " channels instead");
  const int64_t channels = g.shape.channels * groups;
  const Tensor offset = preparedBias(bias, y, weight, channels);
  g.findOut();
  g.expectOut(y);
  if (isLinear(g.shape) && !bias) return reshape(mm(flat(y), flat(weight)), g.sizes(y.size(0), channels, g.shape.in));
  Tensor x = emptyTensor(g.sizes(y.size(0), channels, g.shape.in), y.dtype(), y.device());
  if (x.numel() > 0) convInputKernel(y.device(), g.shape, x, contiguous(y), contiguous(weight), bias ? &offset : nullptr);
  return x;
}

Tensor convWeight(const Tensor& y, const Tensor& x, const Dims& kernel, const Dims& stride, const Dims& padding,
                  const Dims& dilation, int64_t groups) {
  Geometry g(x, stride, padding, dilation, groups);
  checkSame(y, "Gradient", x, "input");
  g.read(x, g.shape.in);
  readNumbers(kernel, g.spatial, 1, "kernel sizes must be greater than 0", g.shape.kernel);
  GB_CHECK(y.ndim() == x.ndim() && x.size(1) % groups == 0 && y.size(1) % groups == 0, "a gradient of shape ", y.sizes(),
           " and an input of shape ", x.sizes(), " do not belong together (groups=", groups, ")");
  g.shape.channels = x.size(1) / groups;
  g.shape.features = y.size(1) / groups;
  g.findOut();
  g.expectOut(y);
  if (isLinear(g.shape)) {
    return reshape(mm(transpose(flat(y), 0, 1), flat(x)), g.sizes(y.size(1), g.shape.channels, g.shape.kernel));
  }
  Tensor weight = emptyTensor(g.sizes(y.size(1), g.shape.channels, g.shape.kernel), x.dtype(), x.device());
  if (weight.numel() == 0) return weight;
  if (y.numel() == 0) {
    fillWith(weight, Scalar::of(0.0));
  } else {
    convWeightKernel(x.device(), g.shape, weight, contiguous(y), contiguous(x));
  }
  return weight;
}

}  // namespace gb
