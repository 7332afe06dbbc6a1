// Normalisations whose statistics are a row's. Macros as those of rows.cu.
#include "cuda/kernels/row.cuh"

namespace gb {
namespace cuda {

using T = GB_T;
using M = GB_M;
using Row = RowOf<T, GB_LANES, GB_VECTOR, GB_HELD>::Type;

/** Of the rows of a sample each has factors of its own. */
GB_DEVICE const T* factorsOf(const RowNormArguments& a, const Row& row, const T* factors) {
  return factors ? factors + row.row % a.groups * a.factors : nullptr;
}

extern "C" __global__ void __launch_bounds__(GB_BOUNDS) rowNorm(RowNormArguments a, M* y, const M* in, const T* weight,
                                                                const T* bias, T* means, T* inverses) {
  const Row row(a.row);
  if (row.none()) return;
  const auto x = row.load(in);
  const double n = double(row.n), mean = a.centred ? row.sum(x) / n : 0;
  const T shift = T(mean);
  const auto centred = row.keep([&](auto i) { return x(i) - shift; });
  const double off = mean - double(shift);
  const double squares = row.sum([&](auto i) { return centred(i) * centred(i); }) - n * off * off;
  const T inverse = T(1 / scalar::sqrt((squares < 0 ? 0 : squares) / n + a.eps));
  if (row.first()) {
    means[row.row] = shift;
    inverses[row.row] = inverse;
  }
  const auto scaled = row.keep([&](auto i) { return centred(i) * inverse; });
  const auto weighted = row.with(factorsOf(a, row, weight), a.byInner, scaled, [](T value, T factor) { return value * factor; });
  row.store(y, row.with(factorsOf(a, row, bias), a.byInner, weighted, [](T value, T factor) { return value + factor; }));
}

extern "C" __global__ void __launch_bounds__(GB_BOUNDS) rowGradients(RowNormArguments a, M* dx, const M* grad, const M* in,
                                                                     const T* weight, const T* means, const T* inverses) {
  const Row row(a.row);
  if (row.none()) return;
  const auto g = row.load(grad), x = row.load(in);
  const T mean = means[row.row], inverse = inverses[row.row];
  const auto scaled = row.with(factorsOf(a, row, weight), a.byInner, g, [](T value, T factor) { return value * factor; });
  const auto centred = row.keep([&](auto i) { return x(i) - mean; });
  const double sum = a.centred ? row.sum(scaled) : 0, inv = double(inverse), n = double(row.n);
  const double product = row.sum([&](auto i) { return scaled(i) * centred(i); });
  const T b = T(-inv * inv * inv * product / n), c = T(-inv * sum / n);
  row.store(dx, [&](auto i) { return inverse * scaled(i) + b * centred(i) + c; });
}

}  // namespace cuda
}  // namespace gb
