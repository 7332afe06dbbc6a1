#include "ops/sort.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/copy.h"
#include "ops/create.h"
#include "ops/transfer.h"
#include "tensor/interrupt.h"

namespace gb {

Kernel<void(const Tensor&, const Tensor&, bool)> sortKernel("sort");
Kernel<void(const Tensor&, const Tensor&, const Tensor&, bool)> topkKernel("topk");

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

/** Elements as doubles would lose int64's digits; so both kinds. */
template <class T>
Unique uniqueIn(const Tensor& sortedValues, const Tensor& order, const Tensor& like) {
  const T* v = sortedValues.as<T>();
  const int64_t* at = order.as<int64_t>();
  const int64_t n = sortedValues.numel();
  std::vector<T> values;
  std::vector<int64_t> counts;
  const Tensor inverse = emptyTensor(like.sizes(), DType::Int64);
  for (int64_t i = 0; i < n; i++) {
    // NaN differs from everything, itself included.
    if (i == 0 || !(v[i] == v[i - 1])) {
      values.push_back(v[i]);
      counts.push_back(0);
    }
    counts.back()++;
    inverse.as<int64_t>()[at[i]] = int64_t(values.size()) - 1;
  }
  const Dims shape{int64_t(values.size())};
  return {fromHost(values.data(), shape[0], DTypeOf<T>::value, shape, like.dtype(), Device::CPU), inverse,
          fromHost(counts.data(), shape[0], DType::Int64, shape, DType::Int64, Device::CPU)};
}

Unique uniqueOf(const Tensor& values, const Tensor& order, const Tensor& like) {
  switch (values.dtype()) {
    case DType::Float64:
      return uniqueIn<double>(values, order, like);
    case DType::Float32:
      return uniqueIn<float>(values, order, like);
    default:
      return uniqueIn<int64_t>(values, order, like);
  }
}

Tensor flat(const Tensor& x) {
  const Tensor c = contiguous(x);
  return c.viewed({c.numel()}, {1});
}

template <class T>
void search(const Tensor& sorted, const Tensor& values, const Tensor& out, bool right) {
  const int64_t n = sorted.size(sorted.ndim() - 1);
  const int64_t perRow = sorted.ndim() == 1 ? values.numel() : values.size(values.ndim() - 1);
  for (int64_t i = 0; i < values.numel(); i++) {
    const T* row = sorted.as<T>() + (sorted.ndim() == 1 ? 0 : i / perRow * n);
    const T v = values.as<T>()[i];
    const T* at = v != v ? row + n : right ? std::upper_bound(row, row + n, v) : std::lower_bound(row, row + n, v);
    out.as<int64_t>()[i] = at - row;
  }
}

}  // namespace

Sorted sort(const Tensor& x, int64_t dim, bool descending) {
  const int d = wrapDim(dim, x.ndim());
  if (x.ndim() == 0) return {clone(x), full({}, Scalar::of(int64_t(0)), DType::Int64, x.device())};
  Tensor values = comparable(dimLast(x, d));
  values = contiguous(values);
  if (values.storage()->id == x.storage()->id) values = clone(values);
  const Tensor indices = emptyTensor(values.sizes(), DType::Int64, x.device());
  if (x.numel() > 0) sortKernel(x.device(), values, indices, descending);
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
  needsHost(x, "unique");
  const auto [values, order] = sort(comparable(flat(x)), 0, false);
  return uniqueOf(values, order, x);
}

Unique uniqueConsecutive(const Tensor& x) {
  needsHost(x, "uniqueConsecutive");
  const Tensor values = flat(comparable(x));
  return uniqueOf(values, arange(Scalar::of(int64_t(0)), Scalar::of(values.numel()), Scalar::of(int64_t(1)),
                                 DType::Int64, x.device()), x);
}

Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right) {
  needsHost(sorted, "searchsorted");
  needsHost(values, "searchsorted");
  GB_CHECK(sorted.ndim() >= 1, "expected a sorted sequence of at least one dimension");
  if (sorted.ndim() > 1) {
    bool fits = values.ndim() == sorted.ndim();
    for (int d = 0; fits && d < sorted.ndim() - 1; d++) fits = values.size(d) == sorted.size(d);
    GB_CHECK(fits, "the leading dimensions of the sorted sequence ", sorted.sizes(), " and the values ",
             values.sizes(), " must match");
  }
  const bool whole = !isFloat(sorted.dtype()) && !isFloat(values.dtype());
  const DType compute = whole ? DType::Int64 : DType::Float64;
  const Tensor s = contiguous(asType(sorted, compute)), v = contiguous(asType(values, compute));
  const Tensor out = emptyTensor(values.sizes(), DType::Int64);
  whole ? search<int64_t>(s, v, out, right) : search<double>(s, v, out, right);
  return out;
}

Tensor bincount(const Tensor& x, int64_t minlength) {
  GB_CHECK(isInteger(x.dtype()) && x.ndim() == 1, "expected a 1-dimensional tensor of integers, got ",
           nameOf(x.dtype()), " of shape ", x.sizes());
  needsHost(x, "bincount");
  GB_CHECK(minlength >= 0, "minlength should be >= 0, got ", minlength);
  const Tensor values = contiguous(asType(x, DType::Int64));
  const int64_t* v = values.as<int64_t>();
  int64_t most = -1;
  for (int64_t i = 0; i < values.numel(); i++) {
    GB_CHECK(v[i] >= 0, "expected values that are not negative, got ", v[i]);
    most = std::max(most, v[i]);
  }
  const Tensor counts = full({std::max(minlength, most + 1)}, Scalar::of(int64_t(0)), DType::Int64, x.device());
  for (int64_t i = 0; i < values.numel(); i++) counts.as<int64_t>()[v[i]]++;
  return counts;
}

Tensor histc(const Tensor& x, int64_t bins, double min, double max) {
  GB_CHECK(isFloat(x.dtype()), "expected a floating-point tensor, got ", nameOf(x.dtype()));
  needsHost(x, "histc");
  GB_CHECK(bins > 0, "bins must be > 0, got ", bins);
  const Tensor values = flat(asType(x, DType::Float64));
  const double* v = values.as<double>();
  const int64_t n = values.numel();
  if (min == max && n > 0) {
    min = *std::min_element(v, v + n);
    max = *std::max_element(v, v + n);
  }
  if (min == max) {
    min -= 1;
    max += 1;
  }
  GB_CHECK(std::isfinite(min) && std::isfinite(max), "range of [", min, ", ", max, "] is not finite");
  GB_CHECK(min < max, "max must be larger than min, got ", min, " and ", max);
  const Tensor counts = full({bins}, Scalar::of(0.0), DType::Float64, x.device());
  for (int64_t i = 0; i < n; i++) {
    if (!(v[i] >= min && v[i] <= max)) continue;
    const int64_t bin = int64_t((v[i] - min) / (max - min) * double(bins));
    counts.as<double>()[std::min(bin, bins - 1)] += 1;
  }
  return asType(counts, x.dtype());
}

}  // namespace gb
