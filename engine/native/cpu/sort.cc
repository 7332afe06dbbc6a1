// Sorting on the CPU: rows are independent.
#include "ops/sort.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

/** NaN is larger than everything. */
template <class T>
bool less(T a, T b) {
  return a < b || (b != b && a == a);
}

template <class T>
struct Item {
  T value;
  int64_t index;
};

template <class T>
std::vector<Item<T>> itemsOf(const T* row, int64_t n) {
  std::vector<Item<T>> items(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; i++) items[size_t(i)] = {row[i], i};
  return items;
}

int64_t rowGrain(int64_t n) { return std::max<int64_t>(1, kGrain / 8 / std::max<int64_t>(1, n)); }

template <class T>
void sortIn(const Tensor& values, const Tensor& indices, bool descending) {
  const int64_t n = values.size(values.ndim() - 1);
  parallelFor(values.numel() / n, rowGrain(n), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      checkInterrupt();
      T* row = values.as<T>() + r * n;
      std::vector<Item<T>> items = itemsOf(row, n);
      // Stable: equals keep their order, in both directions.
      if (descending) {
        std::stable_sort(items.begin(), items.end(),
                         [](const Item<T>& a, const Item<T>& b) { return less(b.value, a.value); });
      } else {
        std::stable_sort(items.begin(), items.end(),
                         [](const Item<T>& a, const Item<T>& b) { return less(a.value, b.value); });
      }
      for (int64_t i = 0; i < n; i++) {
        row[i] = items[size_t(i)].value;
        indices.as<int64_t>()[r * n + i] = items[size_t(i)].index;
      }
    }
  });
}

template <class T>
void topkIn(const Tensor& x, const Tensor& values, const Tensor& indices, bool largest) {
  const int64_t n = x.size(x.ndim() - 1), k = values.size(values.ndim() - 1);
  parallelFor(x.numel() / n, rowGrain(n), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      checkInterrupt();
      std::vector<Item<T>> items = itemsOf(x.as<T>() + r * n, n);
      std::partial_sort(items.begin(), items.begin() + k, items.end(), [&](const Item<T>& a, const Item<T>& b) {
        if (largest ? less(b.value, a.value) : less(a.value, b.value)) return true;
        if (largest ? less(a.value, b.value) : less(b.value, a.value)) return false;
        return a.index < b.index;
      });
      for (int64_t i = 0; i < k; i++) {
        values.as<T>()[r * k + i] = items[size_t(i)].value;
        indices.as<int64_t>()[r * k + i] = items[size_t(i)].index;
      }
    }
  });
}

void sortOnCpu(const Tensor& values, const Tensor& indices, bool descending) {
  switch (values.dtype()) {
    case DType::Float64:
      return sortIn<double>(values, indices, descending);
    case DType::Float32:
      return sortIn<float>(values, indices, descending);
    default:
      return sortIn<int64_t>(values, indices, descending);
  }
}

void topkOnCpu(const Tensor& x, const Tensor& values, const Tensor& indices, bool largest) {
  switch (x.dtype()) {
    case DType::Float64:
      return topkIn<double>(x, values, indices, largest);
    case DType::Float32:
      return topkIn<float>(x, values, indices, largest);
    default:
      return topkIn<int64_t>(x, values, indices, largest);
  }
}

}  // namespace

GB_KERNEL(CPU, sortKernel, sortOnCpu)
GB_KERNEL(CPU, topkKernel, topkOnCpu)

}  // namespace gb
