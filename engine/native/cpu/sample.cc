// Orders and places drawn at random on the CPU, in PyTorch's order.
#include <algorithm>
#include <utility>
#include <vector>

#include "ops/random.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

void randpermOnCpu(const Tensor& order, Generator& generator) {
  int64_t* r = order.as<int64_t>();
  const int64_t n = order.numel();
  for (int64_t i = 0; i < n; i++) r[i] = i;
  for (int64_t i = 0; i < n - 1; i++) {
    const int64_t z = int64_t(generator.random() % uint64_t(n - i));
    std::swap(r[i], r[i + z]);
  }
}

/** One row: searches the cumulative distribution, which runs in T as PyTorch's does. */
template <class T>
void sampleWithReplacement(const T* w, int64_t n, int64_t samples, int64_t* out, Generator& generator) {
  std::vector<T> cumulative(static_cast<size_t>(n));
  T sum = 0;
  for (int64_t i = 0; i < n; i++) cumulative[size_t(i)] = sum += w[i];
  for (T& c : cumulative) c /= sum;
  for (int64_t s = 0; s < samples; s++) {
    const double u = generator.uniform();
    int64_t left = 0, right = n;
    while (right > left) {
      const int64_t middle = left + (right - left) / 2;
      if (double(cumulative[size_t(middle)]) < u) {
        left = middle + 1;
      } else {
        right = middle;
      }
    }
    out[s] = std::min(left, n - 1);
  }
}

/** One row: the largest w / q with exponential q. Stable, so that equal quotients keep their order. */
template <class T>
void sampleWithout(const T* w, int64_t n, const T* q, int64_t samples, int64_t* out) {
  std::vector<std::pair<T, int64_t>> keyed(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; i++) keyed[size_t(i)] = {w[i] / q[i], i};
  std::partial_sort(keyed.begin(), keyed.begin() + samples, keyed.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  for (int64_t s = 0; s < samples; s++) out[s] = keyed[size_t(s)].second;
}

template <class T>
void multinomialIn(const Tensor& w, const Tensor& out, bool replacement, Generator& generator) {
  const int64_t rows = w.size(0), n = w.size(1), samples = out.size(1);
  if (replacement && samples > 1) {
    for (int64_t r = 0; r < rows; r++) {
      sampleWithReplacement(w.as<T>() + r * n, n, samples, out.as<int64_t>() + r * samples, generator);
      checkInterrupt();
    }
    return;
  }
  const Tensor q = emptyTensor(w.sizes(), w.dtype());
  exponential_(q, generator, 1, 0);
  for (int64_t r = 0; r < rows; r++) {
    sampleWithout(w.as<T>() + r * n, n, q.as<T>() + r * n, samples, out.as<int64_t>() + r * samples);
    checkInterrupt();
  }
}

void multinomialOnCpu(const Tensor& w, const Tensor& out, bool replacement, Generator& generator) {
  w.dtype() == DType::Float64 ? multinomialIn<double>(w, out, replacement, generator)
                              : multinomialIn<float>(w, out, replacement, generator);
}

}  // namespace

GB_KERNEL(CPU, randpermKernel, randpermOnCpu)
GB_KERNEL(CPU, multinomialKernel, multinomialOnCpu)

}  // namespace gb
