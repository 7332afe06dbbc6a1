#include "ops/pool.h"

#include <algorithm>

#include "ops/copy.h"

namespace gb {

Kernel<void(const PoolWindows (&)[3], const Tensor&, const Tensor&, const Tensor&)> maxPoolKernel("maxPool");
Kernel<void(const Tensor&, const Tensor&, const Tensor&, int64_t, int64_t)> poolPickKernel("poolPick");
Kernel<void(const Tensor&, const Tensor&, const Tensor&, int64_t, int64_t, bool)> poolPutKernel("poolPut");
Kernel<void(const PoolWindows (&)[3], const Tensor&, const Tensor&, const Tensor&)> maxPoolBackwardKernel("maxPoolBackward");

namespace {

constexpr int64_t kMost = int64_t(1) << 30;

PoolWindows sliding(int64_t count, int64_t size, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation) {
  PoolWindows result{{}, size, dilation, kernel, stride, padding};
  for (int64_t i = 0; i < count; i++) {
    result.windows.push_back(scalar::slidingWindow(i, size, kernel, stride, padding, dilation));
  }
  return result;
}

PoolWindows regular(int64_t size, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation, bool ceilMode) {
  GB_CHECK(kernel > 0 && kernel < kMost && dilation > 0 && dilation < kMost,
           "kernel size and dilation should be greater than zero, got ", kernel, " and ", dilation);
  GB_CHECK(stride > 0 && stride < kMost, "stride should not be zero or less, got ", stride);
  const int64_t reach = dilation * (kernel - 1) + 1;
  GB_CHECK(padding >= 0 && padding <= reach / 2,
           "pad should be non-negative and at most half of effective kernel size, but got pad=", padding,
           ", kernelSize=", kernel, " and dilation=", dilation);
  const int64_t room = size + 2 * padding - reach + (ceilMode ? stride - 1 : 0);
  int64_t count = room < 0 ? 0 : room / stride + 1;
  // The last window must begin inside the input or its left padding.
  if (ceilMode && (count - 1) * stride >= size + padding) count--;
  GB_CHECK(count > 0, "calculated output size ", count, " for an input of size ", size, ", kernelSize=", kernel, ", stride=",
           stride, ", padding=", padding, " and dilation=", dilation, ": output size is too small");
  return sliding(count, size, kernel, stride, padding, dilation);
}

PoolWindows adaptive(int64_t size, int64_t count) {
  GB_CHECK(count >= 0 && count < kMost, "output sizes must be non-negative, got ", count);
  PoolWindows result{{}, size, 1, 0, 0, 0};
  for (int64_t i = 0; i < count; i++) {
    result.windows.push_back(scalar::adaptiveWindow(i, size, count));
  }
  return result;
}

PoolWindows whole() { return {{{0, 1}}, 1, 1, 1, 1, 0}; }

int64_t planeSize(const Tensor& x, int spatial) {
  int64_t size = 1;
  for (int i = x.ndim() - spatial; i < x.ndim(); i++) size *= x.size(i);
  return size;
}

void checkPlane(int64_t size) {
  GB_CHECK(size <= INT32_MAX, "a plane of ", size, " elements is too large for places of 32 bits");
}

template <class Make>
TensorPair maxima(const Tensor& x, int spatial, Make make) {
  GB_CHECK(spatial >= 1 && spatial <= 3 && x.ndim() >= spatial, "expected numbers for one to three spatial dimensions, got ",
           spatial, " for an input of shape ", x.sizes());
  GB_CHECK(x.dtype() != DType::Bool, "not implemented for 'Bool'");
  checkPlane(planeSize(x, spatial));
  PoolWindows windows[3] = {whole(), whole(), whole()};
  Dims shape = x.sizes();
  for (int i = 0; i < spatial; i++) {
    const int dim = x.ndim() - spatial + i;
    GB_CHECK(x.size(dim) > 0, "expected an input with non-zero size for all dimensions but the batch, got shape ", x.sizes());
    windows[3 - spatial + i] = make(x.size(dim), i);
    shape[dim] = int64_t(windows[3 - spatial + i].windows.size());
  }
  const DType type = computeType(x.dtype());
  TensorPair result{emptyTensor(shape, type, x.device()), emptyTensor(shape, DType::Int32, x.device())};
  if (result.first.numel() > 0) {
    maxPoolKernel(x.device(), windows, result.first, result.second, contiguous(asType(x, type)));
  }
  result.first = asType(result.first, x.dtype());
  return result;
}

void checkNumbers(const char* name, const Dims& given, const Dims& kernel) {
  GB_CHECK(given.size() == kernel.size(), "expected ", kernel.size(), " numbers for ", name, ", got ", given);
}

/** x [batch…, in] and places [batch…, out]: their leading dimensions must agree. */
void checkLead(const Tensor& x, const Tensor& places, int spatial) {
  GB_CHECK(spatial >= 1 && spatial <= x.ndim() && places.ndim() == x.ndim(), "expected places of ", x.ndim(),
           " dimensions, got shape ", places.sizes());
  GB_CHECK(places.dtype() == DType::Int32 || places.dtype() == DType::Int64, "expected int64 indices, got ",
           titleOf(places.dtype()));
  for (int i = 0; i < x.ndim() - spatial; i++) {
    GB_CHECK(x.size(i) == places.size(i), "the shapes of the values ", x.sizes(), " and of the indices ", places.sizes(),
             " do not agree");
  }
}

/** The shape of what x's elements are put into: planes of `size`. */
Dims putShape(const Tensor& x, const Tensor& places, const Dims& size) {
  GB_CHECK(x.sizes() == places.sizes(), "the shapes of the values ", x.sizes(), " and of the indices ", places.sizes(),
           " do not agree");
  checkLead(x, places, size.size());
  Dims shape = x.sizes();
  for (int i = 0; i < size.size(); i++) shape[x.ndim() - size.size() + i] = size[i];
  return shape;
}

}  // namespace

TensorPair maxPool(const Tensor& x, const Dims& kernel, const Dims& stride, const Dims& padding, const Dims& dilation,
                   bool ceilMode) {
  checkNumbers("stride", stride, kernel);
  checkNumbers("padding", padding, kernel);
  checkNumbers("dilation", dilation, kernel);
  return maxima(x, kernel.size(), [&](int64_t size, int i) {
    return regular(size, kernel[i], stride[i], padding[i], dilation[i], ceilMode);
  });
}

TensorPair adaptiveMaxPool(const Tensor& x, const Dims& size) {
  return maxima(x, size.size(), [&](int64_t from, int i) { return adaptive(from, size[i]); });
}

Tensor poolPick(const Tensor& x, const Tensor& places, int64_t spatial) {
  GB_CHECK(spatial >= 1 && spatial <= 3, "expected one to three spatial dimensions, got ", spatial);
  checkLead(x, places, int(spatial));
  const int64_t size = planeSize(x, int(spatial));
  checkPlane(size);
  Tensor out = emptyTensor(places.sizes(), x.dtype(), x.device());
  if (out.numel() == 0) return out;
  poolPickKernel(x.device(), out, contiguous(x), contiguous(asType(places, DType::Int32)), planeSize(places, int(spatial)),
                 size);
  return out;
}

Tensor maxPoolBackward(const Tensor& grad, const Tensor& places, const Dims& size, const Dims& kernel, const Dims& stride,
                       const Dims& padding, const Dims& dilation) {
  const Dims shape = putShape(grad, places, size);
  PoolWindows windows[3] = {whole(), whole(), whole()};
  for (int i = 0; i < size.size(); i++) {
    const int64_t count = places.size(places.ndim() - size.size() + i);
    windows[3 - size.size() + i] =
        kernel.size() == 0 ? adaptive(size[i], count) : sliding(count, size[i], kernel[i], stride[i], padding[i], dilation[i]);
  }
  // Half types are summed in float.
  const DType type = computeType(grad.dtype());
  Tensor out = emptyTensor(shape, type, grad.device());
  checkPlane(planeSize(out, size.size()));
  if (out.numel() > 0) {
    maxPoolBackwardKernel(grad.device(), windows, out, contiguous(asType(grad, type)), contiguous(asType(places, DType::Int32)));
  }
  return asType(out, grad.dtype());
}

Tensor poolPut(const Tensor& x, const Tensor& places, const Dims& size, bool add) {
  const Dims shape = putShape(x, places, size);
  // Half types are summed in float.
  const DType type = add ? computeType(x.dtype()) : x.dtype();
  Tensor out = emptyTensor(shape, type, x.device());
  const int64_t count = planeSize(x, size.size()), plane = planeSize(out, size.size());
  checkPlane(plane);
  if (out.numel() > 0) {
    poolPutKernel(x.device(), out, contiguous(asType(x, type)), contiguous(asType(places, DType::Int32)), count, plane, add);
  }
  return asType(out, x.dtype());
}

}  // namespace gb
