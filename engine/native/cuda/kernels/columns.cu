// Ops on rows that stand side by side. Macro: GB_T (float or double).
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

using T = GB_T;

/** A row whose elements lie `inner` apart: a thread takes one, so that neighbours read neighbours. */
struct Column {
  i64 at, n, inner;
  GB_DEVICE Column(i64 column, i64 n, i64 inner) : at(column / inner * n * inner + column % inner), n(n), inner(inner) {}
  /** Σ f(place): some elements in T, these in double. */
  template <class F>
  GB_DEVICE double sum(const F& f) const {
    double total = 0;
    for (i64 i = 0; i < n; i += 16) {
      T part = 0;
      for (i64 j = i; j < i + 16 && j < n; j++) part += f(at + j * inner);
      total += double(part);
    }
    return total;
  }
};

extern "C" __global__ void softmaxColumns(T* out, const T* in, i64 n, i64 inner, i64 columns, bool log) {
  const i64 index = i64(blockIdx.x) * blockDim.x + threadIdx.x;
  if (index >= columns) return;
  const Column c(index, n, inner);
  T top = -scalar::Limits<T>::infinity;
  for (i64 i = 0; i < n; i++) top = Larger::join(top, in[c.at + i * inner]);
  const double sum = c.sum([&](i64 at) { return scalar::exp(in[at] - top); });
  const T factor = T(log ? scalar::log(sum) : 1 / sum);
  for (i64 i = 0; i < n; i++) {
    const T x = in[c.at + i * inner] - top;
    out[c.at + i * inner] = log ? x - factor : scalar::exp(x) * factor;
  }
}

extern "C" __global__ void softmaxColumnsBackward(T* out, const T* g, const T* y, i64 n, i64 inner, i64 columns, bool log) {
  const i64 index = i64(blockIdx.x) * blockDim.x + threadIdx.x;
  if (index >= columns) return;
  const Column c(index, n, inner);
  const T sum = T(c.sum([&](i64 at) { return log ? g[at] : g[at] * y[at]; }));
  for (i64 i = 0; i < n; i++) {
    const i64 at = c.at + i * inner;
    out[at] = log ? g[at] - scalar::exp(y[at]) * sum : y[at] * (g[at] - sum);
  }
}

}  // namespace cuda
}  // namespace gb
