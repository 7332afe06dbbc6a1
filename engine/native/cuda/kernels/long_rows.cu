// Rows so long, and so few, that a block for each would leave most of a card idle: blocks take parts of a row, and what they find is
// joined by one block for each row, in order. x: parts of `perPart` elements; y: rows of n. Macro: GB_T (float or double).
#include "cuda/kernels/row.cuh"

namespace gb {
namespace cuda {

using T = GB_T;

/** A block's part of a row: a row of its own for what sums it up. */
struct Part : StreamedRow<T> {
  i64 first;
  /** Where what two numbers say of it are kept. */
  i64 note;

  GB_DEVICE Part(i64 n, i64 perPart)
      : StreamedRow<T>(RowArguments{1, i64(blockIdx.x) * perPart + perPart < n ? perPart : n - i64(blockIdx.x) * perPart}),
        first(blockIdx.y * n + blockIdx.x * perPart), note(2 * (i64(blockIdx.y) * gridDim.x + blockIdx.x)) {}

  /** f(i) for all places of the part: a few are read before any is written. */
  template <class F>
  GB_DEVICE void put(T* matrix, const F& f) const {
    constexpr u32 kFew = 4;
    T *to = matrix + first, values[kFew];
    for (u32 i = lane; i < n; i += kFew * width()) {
#pragma unroll
      for (u32 j = 0; j < kFew; j++) values[j] = i + j * width() < n ? f(i + j * width()) : T(0);
#pragma unroll
      for (u32 j = 0; j < kFew; j++) {
        if (i + j * width() < n) to[i + j * width()] = values[j];
      }
    }
  }
};

/** The sum over a row's parts of f(part). */
template <class F>
GB_DEVICE double overParts(i64 parts, const F& f) {
  double sum = 0;
  for (i64 part = threadIdx.x; part < parts; part += blockDim.x) sum += f(part);
  return blockJoin<Plus>(sum);
}

/** Of each part the mean, and the squares about it. */
extern "C" __global__ void __launch_bounds__(512, 1) partMoments(const T* in, double* notes, i64 n, i64 perPart) {
  const Part part(n, perPart);
  const StreamedRow<T>::Values x{in + part.first};
  const double count = double(part.n), mean = part.sum(x) / count;
  const T shift = T(mean);
  const double off = mean - double(shift);
  const double squares = part.sum([&](auto i) { return (x(i) - shift) * (x(i) - shift); }) - count * off * off;
  if (part.lane != 0) return;
  notes[part.note] = mean;
  notes[part.note + 1] = squares < 0 ? 0 : squares;
}

/** The variance of a row: what its parts have, and how far their means are apart (Chan, Golub and LeVeque 1979). */
extern "C" __global__ void joinMoments(T* out, const double* notes, i64 n, i64 parts, i64 perPart, double correction, bool root) {
  const double* own = notes + 2 * blockIdx.x * parts;
  const auto count = [&](i64 part) { return double((part + 1) * perPart < n ? perPart : n - part * perPart); };
  const double mean = overParts(parts, [&](i64 part) { return count(part) * own[2 * part]; }) / double(n);
  const double squares = overParts(parts, [&](i64 part) {
    const double apart = own[2 * part] - mean;
    return own[2 * part + 1] + count(part) * apart * apart;
  });
  const double freedom = double(n) - correction, result = squares / (freedom > 0 ? freedom : 0);
  if (threadIdx.x == 0) out[blockIdx.x] = T(root ? scalar::sqrt(result) : result);
}

/** An infinite top is no shift: what stands beside it, a NaN too, shows in the sum. */
GB_DEVICE double shiftOf(double top) { return scalar::fabs(top) == scalar::Limits<double>::infinity ? 0 : top; }

/** Of each part the largest element, and the sum of exponentials about it. */
extern "C" __global__ void __launch_bounds__(512, 1) partExponentials(const T* in, double* notes, i64 n, i64 perPart) {
  const Part part(n, perPart);
  const StreamedRow<T>::Values x{in + part.first};
  const T top = part.top(x), shift = T(shiftOf(double(top)));
  const double sum = part.sum([&](auto i) { return scalar::exp(x(i) - shift); });
  if (part.lane != 0) return;
  notes[part.note] = double(top);
  notes[part.note + 1] = sum;
}

/** The same of a row, in place of what its first part had; and the logarithm of the whole, where `out` is not null. */
extern "C" __global__ void joinExponentials(T* out, double* notes, i64 parts) {
  double *own = notes + 2 * blockIdx.x * parts, top = -scalar::Limits<double>::infinity;
  for (i64 part = threadIdx.x; part < parts; part += blockDim.x) top = Largest::join(top, own[2 * part]);
  top = blockJoin<Largest>(top);
  const double shift = shiftOf(top);
  const double sum = overParts(parts, [&](i64 part) {
    // Nothing stays nothing, however far below its shift the others are.
    const double found = own[2 * part + 1];
    return found == 0 ? 0 : found * scalar::exp(shiftOf(own[2 * part]) - shift);
  });
  __syncthreads();
  if (threadIdx.x != 0) return;
  own[0] = top;
  own[1] = sum;
  if (out) out[blockIdx.x] = T(shift + scalar::log(sum));
}

/** softmax, or its logarithm; `parts` of the joined notes. */
extern "C" __global__ void __launch_bounds__(512, 1) mapPart(T* out, const T* in, const double* notes, i64 n, i64 parts, i64 perPart,
                                                             bool log) {
  const Part part(n, perPart);
  const StreamedRow<T>::Values x{in + part.first};
  const double* own = notes + 2 * blockIdx.y * parts;
  const T top = T(own[0]), factor = T(log ? scalar::log(own[1]) : 1 / own[1]);
  // x − top is NaN where both are infinite, and with it all of the row.
  const T nothing = top - top;
  part.put(out, [&](auto i) { return log ? x(i) - top - factor + nothing : scalar::exp(x(i) - top) * factor + nothing; });
}

/** Of each part the sum of the gradient, or of what it and softmax's result have in common. */
extern "C" __global__ void __launch_bounds__(512, 1) partDots(const T* grad, const T* result, double* notes, i64 n, i64 perPart,
                                                              bool log) {
  const Part part(n, perPart);
  const StreamedRow<T>::Values g{grad + part.first}, y{result + part.first};
  const double dot = part.sum([&](auto i) { return log ? g(i) : g(i) * y(i); });
  if (part.lane == 0) notes[part.note] = dot;
}

/** The same of a row, in place of what its first part had. */
extern "C" __global__ void joinDots(double* notes, i64 parts) {
  double* own = notes + 2 * blockIdx.x * parts;
  const double dot = overParts(parts, [&](i64 part) { return own[2 * part]; });
  __syncthreads();
  if (threadIdx.x == 0) own[0] = dot;
}

extern "C" __global__ void __launch_bounds__(512, 1) mapPartBackward(T* out, const T* grad, const T* result, const double* notes, i64 n,
                                                                     i64 parts, i64 perPart, bool log) {
  const Part part(n, perPart);
  const StreamedRow<T>::Values g{grad + part.first}, y{result + part.first};
  const T dot = T(notes[2 * blockIdx.y * parts]);
  part.put(out, [&](auto i) { return log ? g(i) - scalar::exp(y(i)) * dot : y(i) * (g(i) - dot); });
}

}  // namespace cuda
}  // namespace gb
