// Sets, searches and counts on the CPU.
#include <algorithm>
#include <vector>

#include "ops/create.h"
#include "ops/sort.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

template <class T>
Unique uniqueIn(const Tensor& values, MaybeTensor order, const Tensor& inverse) {
  const T* v = values.as<T>();
  const int64_t n = values.numel();
  std::vector<T> found;
  std::vector<int64_t> counts;
  for (int64_t i = 0; i < n; i++) {
    // NaN differs from everything, itself included.
    if (i == 0 || !(v[i] == v[i - 1])) {
      found.push_back(v[i]);
      counts.push_back(0);
    }
    counts.back()++;
    inverse.as<int64_t>()[order ? order->as<int64_t>()[i] : i] = int64_t(found.size()) - 1;
    if (!(i & 0xfffff)) checkInterrupt();
  }
  const Dims shape{int64_t(found.size())};
  return {fromHost(found.data(), shape[0], values.dtype(), shape, values.dtype(), Device::CPU), inverse,
          fromHost(counts.data(), shape[0], DType::Int64, shape, DType::Int64, Device::CPU)};
}

Unique uniqueOnCpu(const Tensor& values, MaybeTensor order, const Tensor& inverse) {
  switch (values.dtype()) {
    case DType::Float64: return uniqueIn<double>(values, order, inverse);
    case DType::Float32: return uniqueIn<float>(values, order, inverse);
    default: return uniqueIn<int64_t>(values, order, inverse);
  }
}

template <class T>
void searchIn(const Tensor& sorted, const Tensor& values, const Tensor& out, int64_t perRow, bool right) {
  const int64_t n = sorted.size(sorted.ndim() - 1);
  for (int64_t i = 0; i < values.numel(); i++) {
    const T* row = sorted.as<T>() + (perRow > 0 ? i / perRow * n : 0);
    const T v = values.as<T>()[i];
    const T* at = v != v ? row + n : right ? std::upper_bound(row, row + n, v) : std::lower_bound(row, row + n, v);
    out.as<int64_t>()[i] = at - row;
    if (!(i & 0xffff)) checkInterrupt();
  }
}

void searchOnCpu(const Tensor& sorted, const Tensor& values, const Tensor& out, int64_t perRow, bool right) {
  switch (sorted.dtype()) {
    case DType::Float64: return searchIn<double>(sorted, values, out, perRow, right);
    case DType::Float32: return searchIn<float>(sorted, values, out, perRow, right);
    default: return searchIn<int64_t>(sorted, values, out, perRow, right);
  }
}

void bincountOnCpu(const Tensor& x, const Tensor& counts) {
  for (int64_t i = 0; i < x.numel(); i++) counts.as<int64_t>()[x.as<int64_t>()[i]]++;
}

template <class T>
void histcIn(const Tensor& x, const Tensor& counts, double min, double max) {
  const T* values = x.as<T>();
  const int64_t bins = counts.numel();
  for (int64_t i = 0; i < x.numel(); i++) {
    const double v = values[i];
    if (!(v >= min && v <= max)) continue;
    const int64_t bin = int64_t((v - min) / (max - min) * double(bins));
    counts.as<int64_t>()[std::min(bin, bins - 1)]++;
  }
}

void histcOnCpu(const Tensor& x, const Tensor& counts, double min, double max) {
  x.dtype() == DType::Float32 ? histcIn<float>(x, counts, min, max) : histcIn<double>(x, counts, min, max);
}

}  // namespace

GB_KERNEL(CPU, uniqueKernel, uniqueOnCpu)
GB_KERNEL(CPU, searchsortedKernel, searchOnCpu)
GB_KERNEL(CPU, bincountKernel, bincountOnCpu)
GB_KERNEL(CPU, histcKernel, histcOnCpu)

}  // namespace gb
