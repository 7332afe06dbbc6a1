// Running results and order statistics on the CPU. Rows are independent.
#include "ops/scan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "cpu/each_row.h"

namespace gb {
namespace {

/** Floats add up in double, as PyTorch's do; integers wrap. */
template <class T>
struct Accumulator {
  using Type = double;
};
template <>
struct Accumulator<int64_t> {
  using Type = uint64_t;
};

template <class T>
void accumulate(Scan scan, T* y, const T* x, int64_t n) {
  using A = typename Accumulator<T>::Type;
  A total = scan == Scan::Sum ? A(0) : A(1);
  for (int64_t i = 0; i < n; i++) y[i] = T(total = scan == Scan::Sum ? total + A(x[i]) : total * A(x[i]));
}

/** log Σ exp so far: the largest element, and the sum of the exponentials less it. */
template <class T>
void logSums(T* y, const T* x, int64_t n) {
  double top = -std::numeric_limits<double>::infinity(), sum = 0;
  for (int64_t i = 0; i < n; i++) {
    const double own = double(x[i]);
    if (own > top) {
      sum = sum * std::exp(top - own) + 1;
      top = own;
    } else {
      sum += own == top ? 1 : std::exp(own - top);
    }
    y[i] = T(top + std::log(sum));
  }
}

/** A NaN wins; of equal elements the last. */
template <class T>
void extremes(bool largest, T* y, int64_t* indices, const T* x, int64_t n) {
  T best = x[0];
  int64_t at = 0;
  for (int64_t i = 0; i < n; i++) {
    if (x[i] != x[i] || (best == best && (largest ? x[i] >= best : x[i] <= best))) {
      best = x[i];
      at = i;
    }
    y[i] = best;
    indices[i] = at;
  }
}

template <class T>
void scanIn(Scan scan, const Tensor& y, MaybeTensor indices, const Tensor& x, int64_t n) {
  forRows(x.numel() / n, n, 2, [&](int64_t r) {
    if (indices) {
      extremes(scan == Scan::Max, y.as<T>() + r * n, indices->as<int64_t>() + r * n, x.as<T>() + r * n, n);
    } else if (scan == Scan::LogSumExp) {
      logSums(y.as<T>() + r * n, x.as<T>() + r * n, n);
    } else {
      accumulate(scan, y.as<T>() + r * n, x.as<T>() + r * n, n);
    }
  });
}

/** The lower median; the first NaN, where there is one. */
template <class T>
int64_t medianAt(const T* x, int64_t n, std::vector<int64_t>& order) {
  for (int64_t i = 0; i < n; i++) {
    if (x[i] != x[i]) return i;
  }
  const auto middle = order.begin() + (n - 1) / 2;
  std::nth_element(order.begin(), middle, order.end(),
                   [x](int64_t a, int64_t b) { return x[a] < x[b] || (x[a] == x[b] && a < b); });
  return *middle;
}

/** The most frequent element, the smallest of several; its last place. */
template <class T>
int64_t modeAt(const T* x, int64_t n, std::vector<int64_t>& order) {
  std::stable_sort(order.begin(), order.end(),
                   [x](int64_t a, int64_t b) { return x[a] < x[b] || (x[b] != x[b] && x[a] == x[a]); });
  int64_t best = order[0], most = 0, count = 0;
  for (int64_t i = 0; i < n; i++) {
    count++;
    const bool ends = i + 1 == n || !(x[order[size_t(i)]] == x[order[size_t(i) + 1]]);
    if (!ends) continue;
    if (count > most) {
      most = count;
      best = order[size_t(i)];
    }
    count = 0;
  }
  return best;
}

template <class T>
void chooseIn(RowChoice choice, const Tensor& values, const Tensor& indices, const Tensor& x, int64_t n) {
  forRows(values.numel(), n, 16, [&](int64_t r) {
    const T* row = x.as<T>() + r * n;
    std::vector<int64_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    const int64_t at = choice == RowChoice::Median ? medianAt(row, n, order) : modeAt(row, n, order);
    values.as<T>()[r] = row[at];
    indices.as<int64_t>()[r] = at;
  });
}

void scanOnCpu(Scan scan, const Tensor& y, MaybeTensor indices, const Tensor& x, int64_t n) {
  switch (x.dtype()) {
    case DType::Float32: return scanIn<float>(scan, y, indices, x, n);
    case DType::Float64: return scanIn<double>(scan, y, indices, x, n);
    default: return scanIn<int64_t>(scan, y, indices, x, n);
  }
}

void chooseOnCpu(RowChoice choice, const Tensor& values, const Tensor& indices, const Tensor& x, int64_t n) {
  switch (x.dtype()) {
    case DType::Float32: return chooseIn<float>(choice, values, indices, x, n);
    case DType::Float64: return chooseIn<double>(choice, values, indices, x, n);
    default: return chooseIn<int64_t>(choice, values, indices, x, n);
  }
}

}  // namespace

GB_KERNEL(CPU, scanKernel, scanOnCpu)
GB_KERNEL(CPU, rowChoiceKernel, chooseOnCpu)

}  // namespace gb
