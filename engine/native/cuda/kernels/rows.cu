// Ops on rows of n elements behind each other; a block takes one row. Macro: GB_T (float or double).
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

using T = GB_T;

/** Σ f(i) over the row: each thread's elements in T, the threads' sums in double. */
template <class F>
GB_DEVICE double rowSum(i64 n, const F& f) {
  double total = 0;
  for (i64 i = threadIdx.x; i < n; i += 4 * blockDim.x) {
    T part = 0;
    for (int j = 0; j < 4 && i + j * blockDim.x < n; j++) part += f(i + j * blockDim.x);
    total += double(part);
  }
  return blockJoin<Plus>(total);
}

GB_DEVICE T rowMax(const T* x, i64 n) {
  T top = -scalar::Limits<T>::infinity;
  for (i64 i = threadIdx.x; i < n; i += blockDim.x) top = Larger::join(top, x[i]);
  return blockJoin<Larger>(top);
}

struct Row {
  T* y;
  const T* x;
  GB_DEVICE Row(T* out, const T* in, i64 n) : y(out + i64(blockIdx.x) * n), x(in + i64(blockIdx.x) * n) {}
};

extern "C" __global__ void softmax(T* out, const T* in, i64 n) {
  const Row r(out, in, n);
  const T top = rowMax(r.x, n);
  const T factor = T(1 / rowSum(n, [&](i64 i) { return scalar::exp(r.x[i] - top); }));
  for (i64 i = threadIdx.x; i < n; i += blockDim.x) r.y[i] = scalar::exp(r.x[i] - top) * factor;
}

extern "C" __global__ void logSoftmax(T* out, const T* in, i64 n) {
  const Row r(out, in, n);
  const T top = rowMax(r.x, n);
  const T log = T(scalar::log(rowSum(n, [&](i64 i) { return scalar::exp(r.x[i] - top); })));
  for (i64 i = threadIdx.x; i < n; i += blockDim.x) r.y[i] = r.x[i] - top - log;
}

extern "C" __global__ void softmaxBackward(T* out, const T* grad, const T* result, i64 n) {
  const Row r(out, result, n);
  const T* g = grad + i64(blockIdx.x) * n;
  const T dot = T(rowSum(n, [&](i64 i) { return g[i] * r.x[i]; }));
  for (i64 i = threadIdx.x; i < n; i += blockDim.x) r.y[i] = r.x[i] * (g[i] - dot);
}

extern "C" __global__ void logSoftmaxBackward(T* out, const T* grad, const T* result, i64 n) {
  const Row r(out, result, n);
  const T* g = grad + i64(blockIdx.x) * n;
  const T sum = T(rowSum(n, [&](i64 i) { return g[i]; }));
  for (i64 i = threadIdx.x; i < n; i += blockDim.x) r.y[i] = g[i] - scalar::exp(r.x[i]) * sum;
}

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

/** Two passes: the mean in double, then the squares about it; what its rounding to T takes is put right. */
extern "C" __global__ void variance(T* out, const T* in, i64 n, double correction, bool root) {
  const T* x = in + i64(blockIdx.x) * n;
  const double mean = rowSum(n, [&](i64 i) { return x[i]; }) / double(n);
  const T shift = T(mean);
  const double squares = rowSum(n, [&](i64 i) { return (x[i] - shift) * (x[i] - shift); }), off = mean - double(shift);
  const double total = squares - double(n) * off * off, count = double(n) - correction;
  const double result = (total < 0 ? 0 : total) / (count > 0 ? count : 0);
  if (threadIdx.x == 0) out[blockIdx.x] = T(root ? scalar::sqrt(result) : result);
}

extern "C" __global__ void logSumExp(T* out, const T* in, i64 n) {
  const T* x = in + i64(blockIdx.x) * n;
  const T top = rowMax(x, n);
  const bool flat = n == 0 || scalar::fabs(top) == scalar::Limits<T>::infinity;
  const double sum = rowSum(flat ? 0 : n, [&](i64 i) { return scalar::exp(x[i] - top); });
  if (threadIdx.x == 0) out[blockIdx.x] = flat ? top : T(double(top) + scalar::log(sum));
}

}  // namespace cuda
}  // namespace gb
