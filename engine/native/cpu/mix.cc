#include "ops/mix.h"

#include <algorithm>
#include <vector>

#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

template <class T>
void run(const Tensor& out, const Tensor& x, const SparseMatrix& m, int64_t outer, int64_t size, int64_t inner) {
  const int64_t entries = m.starts[m.rows];
  std::vector<T> weights(m.weights, m.weights + entries);
  const int64_t work = std::max<int64_t>(1, (entries + m.rows) * inner);
  parallelFor(outer, std::max<int64_t>(1, kGrain / work), [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      const T* from = x.as<T>() + o * size * inner;
      T* to = out.as<T>() + o * m.rows * inner;
      for (int64_t i = 0; i < m.rows; i++, to += inner) {
        int64_t j = m.starts[i];
        const int64_t last = m.starts[i + 1];
        if (inner == 1) {
          T sum = T(0);
          for (; j < last; j++) sum += weights[size_t(j)] * from[m.columns[j]];
          *to = sum;
          continue;
        }
        if (j == last) std::fill(to, to + inner, T(0));
        for (bool fresh = true; j < last; j++, fresh = false) {
          const T w = weights[size_t(j)];
          const T* line = from + m.columns[j] * inner;
          if (fresh) {
            for (int64_t p = 0; p < inner; p++) to[p] = w * line[p];
          } else {
            for (int64_t p = 0; p < inner; p++) to[p] += w * line[p];
          }
        }
      }
      if (!(o & 255)) checkInterrupt();
    }
  });
}

void mixOnCpu(const Tensor& out, const Tensor& x, const SparseMatrix& m, int64_t outer, int64_t size, int64_t inner) {
  x.dtype() == DType::Float64 ? run<double>(out, x, m, outer, size, inner) : run<float>(out, x, m, outer, size, inner);
}

}  // namespace

GB_KERNEL(CPU, mixKernel, mixOnCpu)

}  // namespace gb
