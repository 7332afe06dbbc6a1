#include "ops/sort.h"

#include <algorithm>
#include <cmath>

#include "ops/copy.h"
#include "ops/create.h"
#include "ops/reduce.h"
#include "ops/transfer.h"

namespace gb {

Kernel<void(const Tensor&, const Tensor&, const Tensor&, bool)> sortKernel("sort");
Kernel<void(const Tensor&, const Tensor&, const Tensor&, bool)> topkKernel("topk");
Kernel<Unique(const Tensor&, MaybeTensor, const Tensor&)> uniqueKernel("unique");
Kernel<void(const Tensor&, const Tensor&, const Tensor&, int64_t, bool)> searchsortedKernel("searchsorted");
Kernel<void(const Tensor&, const Tensor&)> bincountKernel("bincount");
Kernel<void(const Tensor&, const Tensor&, double, double)> histcKernel("histc");

namespace {

/** x with `dim` last, and the way back. */
Tensor dimLast(const Tensor& x, int dim) {
  Dims sizes = x.sizes(), strides = x.strides();
  const int64_t size = sizes[dim], stride = strides[dim];
  sizes.erase(dim);
  strides.erase(dim);
  sizes.push(size);
  strides.push(stride);
  return x.viewed(sizes, strides);
}

Tensor lastTo(const Tensor& x, int dim) {
  Dims sizes = x.sizes(), strides = x.strides();
  const int last = x.ndim() - 1;
  const int64_t size = sizes[last], stride = strides[last];
  sizes.erase(last);
  strides.erase(last);
  sizes.insert(dim, size);
  strides.insert(dim, stride);
  return x.viewed(sizes, strides);
}

/** In one of the three types that comparing runs in. */
Tensor comparable(const Tensor& x) { return asType(x, computeType(x.dtype())); }

Tensor flat(const Tensor& x) {
  const Tensor c = contiguous(x);
  return c.viewed({c.numel()}, {1});
}

/** The only element of a tensor, in double or int64. */
template <class T>
T elementOf(const Tensor& x) {
  return *onHost(x).as<T>();
}

Unique distinct(const Tensor& values, MaybeTensor order, const Tensor& like) {
  const Tensor inverse = emptyTensor(like.sizes(), DType::Int64, like.device());
  const auto [found, places, counts] = uniqueKernel(like.device(), values, order, inverse);
  return {asType(found, like.dtype()), places, counts};
}

}  // namespace

Sorted sort(const Tensor& x, int64_t dim, bool descending) {
  const int d = wrapDim(dim, x.ndim());
  if (x.ndim() == 0) return {clone(x), full({}, Scalar::of(int64_t(0)), DType::Int64, x.device())};
  const Tensor rows = contiguous(comparable(dimLast(x, d)));
  const Tensor values = emptyTensor(rows.sizes(), rows.dtype(), x.device());
  const Tensor indices = emptyTensor(rows.sizes(), DType::Int64, x.device());
  if (x.numel() > 0) sortKernel(x.device(), rows, values, indices, descending);
  return {contiguous(lastTo(asType(values, x.dtype()), d)), contiguous(lastTo(indices, d))};
}

Sorted topk(const Tensor& x, int64_t k, int64_t dim, bool largest, bool) {
  const int d = wrapDim(dim, x.ndim());
  const int64_t n = x.ndim() == 0 ? 1 : x.size(d);
  GB_CHECK(k >= 0 && k <= n, "selected index k out of range: expected 0 to ", n, ", got ", k);
  if (x.ndim() == 0) return {clone(x), full({}, Scalar::of(int64_t(0)), DType::Int64, x.device())};
  const Tensor rows = contiguous(comparable(dimLast(x, d)));
  Dims shape = rows.sizes();
  shape[shape.size() - 1] = k;
  const Tensor values = emptyTensor(shape, rows.dtype(), x.device());
  const Tensor indices = emptyTensor(shape, DType::Int64, x.device());
  if (values.numel() > 0) topkKernel(x.device(), rows, values, indices, largest);
  return {contiguous(lastTo(asType(values, x.dtype()), d)), contiguous(lastTo(indices, d))};
}

Unique unique(const Tensor& x) {
  const auto [values, order] = sort(comparable(flat(x)), 0, false);
  return distinct(values, &order, x);
}

Unique uniqueConsecutive(const Tensor& x) { return distinct(flat(comparable(x)), nullptr, x); }

Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right) {
  GB_CHECK(sorted.ndim() >= 1, "expected a sorted sequence of at least one dimension");
  if (sorted.ndim() > 1) {
    bool fits = values.ndim() == sorted.ndim();
    for (int d = 0; fits && d < sorted.ndim() - 1; d++) fits = values.size(d) == sorted.size(d);
    GB_CHECK(fits, "the leading dimensions of the sorted sequence ", sorted.sizes(), " and the values ",
             values.sizes(), " must match");
  }
  const bool whole = !isFloat(sorted.dtype()) && !isFloat(values.dtype());
  // Two types that float holds are compared in it, whatever else in double.
  const bool narrow = isFloat(sorted.dtype()) && isFloat(values.dtype()) && computeType(sorted.dtype()) == DType::Float32 &&
                      computeType(values.dtype()) == DType::Float32;
  const DType compute = whole ? DType::Int64 : narrow ? DType::Float32 : DType::Float64;
  const Tensor s = contiguous(asType(sorted, compute)), v = contiguous(asType(values, compute));
  const Tensor out = emptyTensor(values.sizes(), DType::Int64, values.device());
  const int64_t perRow = sorted.ndim() == 1 ? 0 : values.size(values.ndim() - 1);
  checkTogether(sorted, values);
  if (out.numel() > 0) searchsortedKernel(values.device(), s, v, out, perRow, right);
  return out;
}

Tensor bincount(const Tensor& x, int64_t minlength) {
  GB_CHECK(isInteger(x.dtype()) && x.ndim() == 1, "expected a 1-dimensional tensor of integers, got ",
           nameOf(x.dtype()), " of shape ", x.sizes());
  GB_CHECK(minlength >= 0, "minlength should be >= 0, got ", minlength);
  const Tensor values = contiguous(asType(x, DType::Int64));
  int64_t most = -1;
  if (x.numel() > 0) {
    const int64_t first = elementOf<int64_t>(amin(values, nullptr, false));
    GB_CHECK(first >= 0, "expected values that are not negative, got ", first);
    most = elementOf<int64_t>(amax(values, nullptr, false));
  }
  const Tensor counts = full({std::max(minlength, most + 1)}, Scalar::of(int64_t(0)), DType::Int64, x.device());
  if (x.numel() > 0) bincountKernel(x.device(), values, counts);
  return counts;
}

Tensor histc(const Tensor& x, int64_t bins, double min, double max) {
  GB_CHECK(isFloat(x.dtype()), "expected a floating-point tensor, got ", nameOf(x.dtype()));
  GB_CHECK(bins > 0, "bins must be > 0, got ", bins);
  const Tensor values = flat(comparable(x));
  if (min == max && x.numel() > 0) {
    min = elementOf<double>(asType(amin(values, nullptr, false), DType::Float64));
    max = elementOf<double>(asType(amax(values, nullptr, false), DType::Float64));
  }
  if (min == max) {
    min -= 1;
    max += 1;
  }
  GB_CHECK(std::isfinite(min) && std::isfinite(max), "range of [", min, ", ", max, "] is not finite");
  GB_CHECK(min < max, "max must be larger than min, got ", min, " and ", max);
  const Tensor counts = full({bins}, Scalar::of(int64_t(0)), DType::Int64, x.device());
  if (x.numel() > 0) histcKernel(x.device(), values, counts, min, max);
  return asType(counts, x.dtype());
}

}  // namespace gb
