#include "ops/mix.h"

#include <algorithm>
#include <vector>

#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

/** A matrix with its weights in the type of computation. */
template <class T>
struct Typed {
  const SparseMatrix& m;
  std::vector<T> weights;
  explicit Typed(const SparseMatrix& m) : m(m), weights(m.weights, m.weights + m.starts[m.rows]) {}
  int64_t work() const { return int64_t(weights.size()) + m.rows; }
};

/** Of lines [size, inner]: to [rows, inner]. */
template <class T>
void mixLines(T* to, const T* from, const Typed<T>& typed, int64_t inner) {
  const SparseMatrix& m = typed.m;
  for (int64_t i = 0; i < m.rows; i++, to += inner) {
    int64_t j = m.starts[i];
    const int64_t last = m.starts[i + 1];
    if (inner == 1) {
      T sum = T(0);
      for (; j < last; j++) sum += typed.weights[size_t(j)] * from[m.columns[j]];
      *to = sum;
      continue;
    }
    if (j == last) std::fill(to, to + inner, T(0));
    for (bool fresh = true; j < last; j++, fresh = false) {
      const T w = typed.weights[size_t(j)];
      const T* line = from + m.columns[j] * inner;
      if (fresh) {
        for (int64_t p = 0; p < inner; p++) to[p] = w * line[p];
      } else {
        for (int64_t p = 0; p < inner; p++) to[p] += w * line[p];
      }
    }
  }
}

template <class T>
void run(const Tensor& out, const Tensor& x, const SparseMatrix& m, int64_t outer, int64_t size, int64_t inner) {
  const Typed<T> typed(m);
  parallelFor(outer, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, typed.work() * inner)), [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      mixLines(out.as<T>() + o * m.rows * inner, x.as<T>() + o * size * inner, typed, inner);
      if (!(o & 255)) checkInterrupt();
    }
  });
}

/** What is between the two matrices stays in the cache. */
template <class T>
void runPlanes(const Tensor& out, const Tensor& x, const SparseMatrix& down, const SparseMatrix& across, int64_t planes, int64_t height,
               int64_t width) {
  const Typed<T> first(down), second(across);
  const int64_t work = std::max<int64_t>(1, first.work() * width + second.work() * down.rows);
  parallelFor(planes, std::max<int64_t>(1, kGrain / work), [&](int64_t begin, int64_t end) {
    std::vector<T> between(size_t(down.rows * width));
    for (int64_t o = begin; o < end; o++) {
      mixLines(between.data(), x.as<T>() + o * height * width, first, width);
      T* const to = out.as<T>() + o * down.rows * across.rows;
      for (int64_t i = 0; i < down.rows; i++) mixLines(to + i * across.rows, between.data() + i * width, second, 1);
      if (!(o & 255)) checkInterrupt();
    }
  });
}

void mixOnCpu(const Tensor& out, const Tensor& x, const SparseMatrix& m, int64_t outer, int64_t size, int64_t inner) {
  x.dtype() == DType::Float64 ? run<double>(out, x, m, outer, size, inner) : run<float>(out, x, m, outer, size, inner);
}

void mixPlaneOnCpu(const Tensor& out, const Tensor& x, const SparseMatrix& down, const SparseMatrix& across, int64_t planes,
                   int64_t height, int64_t width) {
  const auto go = x.dtype() == DType::Float64 ? runPlanes<double> : runPlanes<float>;
  go(out, x, down, across, planes, height, width);
}

}  // namespace

GB_KERNEL(CPU, mixKernel, mixOnCpu)
GB_KERNEL(CPU, mixPlaneKernel, mixPlaneOnCpu)

}  // namespace gb
