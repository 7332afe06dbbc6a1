// Ops on rows. Macros: GB_T (float or double), GB_M (the type in memory: the same, or a half one), GB_LANES (of RowLine), GB_VECTOR and GB_HELD (V and E of Held; 0 for a StreamedRow),
// GB_BOUNDS (a block's threads at most).
#include "cuda/kernels/row.cuh"

namespace gb {
namespace cuda {

using T = GB_T;
using M = GB_M;
using Row = RowOf<T, GB_LANES, GB_VECTOR, GB_HELD>::Type;

extern "C" __global__ void __launch_bounds__(GB_BOUNDS) softmax(RowArguments a, M* out, const M* in) {
  const Row row(a);
  if (row.none()) return;
  const auto x = row.load(in);
  const T top = row.top(x);
  const auto e = row.keep([&](auto i) { return scalar::exp(x(i) - top); });
  const T factor = T(1 / row.sum(e));
  row.store(out, [&](auto i) { return e(i) * factor; });
}

extern "C" __global__ void __launch_bounds__(GB_BOUNDS) logSoftmax(RowArguments a, M* out, const M* in) {
  const Row row(a);
  if (row.none()) return;
  const auto x = row.load(in);
  const T top = row.top(x), log = T(scalar::log(row.sum([&](auto i) { return scalar::exp(x(i) - top); })));
  row.store(out, [&](auto i) { return x(i) - top - log; });
}

extern "C" __global__ void __launch_bounds__(GB_BOUNDS) softmaxBackward(RowArguments a, M* out, const M* grad,
                                                                        const M* result) {
  const Row row(a);
  if (row.none()) return;
  const auto g = row.load(grad), y = row.load(result);
  const T dot = T(row.sum([&](auto i) { return g(i) * y(i); }));
  row.store(out, [&](auto i) { return y(i) * (g(i) - dot); });
}

extern "C" __global__ void __launch_bounds__(GB_BOUNDS) logSoftmaxBackward(RowArguments a, M* out, const M* grad,
                                                                           const M* result) {
  const Row row(a);
  if (row.none()) return;
  const auto g = row.load(grad), y = row.load(result);
  const T sum = T(row.sum(g));
  row.store(out, [&](auto i) { return g(i) - scalar::exp(y(i)) * sum; });
}

/** Two passes: the mean in double, then the squares about it; what its rounding to T takes is put right. */
extern "C" __global__ void __launch_bounds__(GB_BOUNDS) variance(RowArguments a, M* out, const M* in, double correction,
                                                                 bool root) {
  const Row row(a);
  if (row.none()) return;
  const auto x = row.load(in);
  const double n = double(row.n), mean = row.sum(x) / n;
  const T shift = T(mean);
  const double off = mean - double(shift), count = n - correction;
  const double total = row.sum([&](auto i) { return (x(i) - shift) * (x(i) - shift); }) - n * off * off;
  const double result = (total < 0 ? 0 : total) / (count > 0 ? count : 0);
  if (row.first()) out[row.row] = cast<M>(T(root ? scalar::sqrt(result) : result));
}

/** An infinite top is no shift: what stands beside it, a NaN too, shows in the sum. */
extern "C" __global__ void __launch_bounds__(GB_BOUNDS) logSumExp(RowArguments a, M* out, const M* in) {
  const Row row(a);
  if (row.none()) return;
  const auto x = row.load(in);
  const T top = row.top(x), shift = scalar::fabs(top) == scalar::Limits<T>::infinity ? T(0) : top;
  const double sum = row.sum([&](auto i) { return scalar::exp(x(i) - shift); });
  if (row.first()) out[row.row] = cast<M>(T(double(shift) + scalar::log(sum)));
}

}  // namespace cuda
}  // namespace gb
