// Normalisations on the CPU. Every channel, and every row, is worked on by one thread, so that sums do not depend on the
// division of work.
#include "ops/norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cpu/moments.h"
#include "cpu/simd/choose.h"
#include "cpu/simd/norm.h"
#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {

template <>
const NormLoops<float>& normLoops<float>() {
  return GB_CHOOSE(normF32);
}
template <>
const NormLoops<double>& normLoops<double>() {
  return GB_CHOOSE(normF64);
}

namespace {

template <class T>
T* dataOf(MaybeTensor tensor) {
  return tensor ? tensor->as<T>() : nullptr;
}

/** Rows or channels of `n` elements that are worth another thread: an element costs some additions. */
int64_t grainOf(int64_t n) { return std::max<int64_t>(1, kGrain / (2 * std::max<int64_t>(1, n))); }

/** The channels [begin, end) of one call, as the loops see them. */
template <class T>
struct Channels {
  const ChannelNorm& call;
  int64_t begin, count;
  const T* x;

  Channels(const ChannelNorm& call, int64_t begin, int64_t end)
      : call(call), begin(begin), count(end - begin), x(call.x.as<T>()) {}

  /** Calls body(offset of a run, channel counted from `begin`) for the runs of all channels. */
  template <class Body>
  void runs(const Body& body) const {
    for (int64_t o = 0; o < call.outer; o++) {
      checkInterrupt();
      for (int64_t c = 0; c < count; c++) body((o * call.channels + begin + c) * call.inner, c);
    }
  }

  void moments(double* mean, double* squares) const {
    const auto& loops = normLoops<T>();
    if (call.inner == 1) return loops.columnMoments(x + begin, call.outer, call.channels, count, mean, squares);
    const auto& rows = rowLoops<T>();
    const double elements = double(call.outer * call.inner);
    std::fill(mean, mean + count, 0.0);
    std::fill(squares, squares + count, 0.0);
    runs([&](int64_t at, int64_t c) { mean[c] += rows.sum(x + at, call.inner); });
    for (int64_t c = 0; c < count; c++) mean[c] /= elements;
    runs([&](int64_t at, int64_t c) { squares[c] += rows.sumSquares(x + at, T(mean[c]), call.inner); });
    for (int64_t c = 0; c < count; c++) {
      const double off = mean[c] - double(T(mean[c]));
      squares[c] = std::max(0.0, squares[c] - elements * off * off);
    }
  }

  void sums(const T* g, const T* mean, double* sum, double* product) const {
    const auto& loops = normLoops<T>();
    if (call.inner == 1) {
      return loops.columnSums(g + begin, x + begin, call.outer, call.channels, count, mean, sum, product);
    }
    std::fill(sum, sum + count, 0.0);
    std::fill(product, product + count, 0.0);
    runs([&](int64_t at, int64_t c) {
      double s, p;
      loops.runSums(g + at, x + at, call.inner, mean[c], &s, &p);
      sum[c] += s;
      product[c] += p;
    });
  }
};

template <class T>
void move(MaybeTensor running, int64_t c, double momentum, double value) {
  if (!running) return;
  T& place = running->as<T>()[c];
  place = T((1 - momentum) * double(place) + momentum * value);
}

template <class T>
void batchNormIn(const ChannelNorm& call, const Statistics& from, const Tensor& y) {
  const auto& loops = normLoops<T>();
  const double elements = double(call.outer * call.inner);
  parallelFor(call.channels, grainOf(call.outer * call.inner), [&](int64_t begin, int64_t end) {
    const Channels<T> part(call, begin, end);
    const size_t count = size_t(part.count);
    T *mean = call.mean.as<T>() + begin, *inverse = call.inverse.as<T>() + begin;
    if (from.training) {
      std::vector<double> moments(2 * count);
      part.moments(moments.data(), moments.data() + count);
      for (size_t c = 0; c < count; c++) {
        const double squares = moments[count + c];
        mean[c] = T(moments[c]);
        inverse[c] = T(1 / std::sqrt(squares / elements + from.eps));
        // The running variance is the unbiased one.
        move<T>(from.runningMean, begin + int64_t(c), from.momentum, moments[c]);
        move<T>(from.runningVar, begin + int64_t(c), from.momentum, squares / (elements - 1));
      }
    } else {
      for (size_t c = 0; c < count; c++) {
        mean[c] = from.runningMean->as<T>()[begin + int64_t(c)];
        inverse[c] = T(1 / std::sqrt(double(from.runningVar->as<T>()[begin + int64_t(c)]) + from.eps));
      }
    }
    std::vector<T> factors(2 * count);
    T *scale = factors.data(), *shift = scale + count;
    for (size_t c = 0; c < count; c++) {
      const size_t channel = size_t(begin) + c;
      scale[c] = call.weight ? inverse[c] * call.weight->as<T>()[channel] : inverse[c];
      shift[c] = call.bias ? call.bias->as<T>()[channel] : T(0);
    }
    T* out = y.as<T>();
    if (call.inner == 1) {
      loops.scaleColumns(out + begin, part.x + begin, call.outer, call.channels, part.count, mean, scale, shift);
    } else {
      part.runs([&](int64_t at, int64_t c) {
        loops.scaleRun(out + at, part.x + at, call.inner, mean[c], scale[c], shift[c]);
      });
    }
  });
}

template <class T>
void batchNormBackwardIn(const ChannelNorm& call, const Tensor& grad, bool training, MaybeTensor dx, MaybeTensor dweight,
                         MaybeTensor dbias) {
  const auto& loops = normLoops<T>();
  const double elements = double(call.outer * call.inner);
  const T* g = grad.as<T>();
  parallelFor(call.channels, grainOf(call.outer * call.inner), [&](int64_t begin, int64_t end) {
    const Channels<T> part(call, begin, end);
    const size_t count = size_t(part.count);
    const T *mean = call.mean.as<T>() + begin, *inverse = call.inverse.as<T>() + begin;
    std::vector<double> sums(2 * count, 0.0);
    if (training || dweight || dbias) part.sums(g, mean, sums.data(), sums.data() + count);
    std::vector<T> factors(3 * count);
    T *a = factors.data(), *b = a + count, *c = b + count;
    for (size_t i = 0; i < count; i++) {
      const size_t channel = size_t(begin) + i;
      const double inv = double(inverse[i]), sum = sums[i], product = sums[count + i];
      if (dweight) dweight->as<T>()[channel] = T(product * inv);
      if (dbias) dbias->as<T>()[channel] = T(sum);
      const double scale = call.weight ? inv * double(call.weight->as<T>()[channel]) : inv;
      a[i] = T(scale);
      b[i] = training ? T(-scale * inv * inv * product / elements) : T(0);
      c[i] = training ? T(-scale * sum / elements) : T(0);
    }
    if (!dx) return;
    T* out = dx->as<T>();
    if (call.inner == 1) {
      loops.columnGrads(out + begin, g + begin, part.x + begin, call.outer, call.channels, part.count, mean, a, b, c);
    } else {
      part.runs([&](int64_t at, int64_t i) {
        loops.runGrads(out + at, g + at, part.x + at, call.inner, mean[i], a[i], b[i], c[i]);
      });
    }
  });
}

/** Calls row(r) for all rows, in parallel. */
template <class Row>
void forRows(const RowNorm& call, const Row& row) {
  parallelFor(call.rows, grainOf(call.n), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      row(r);
      if (!(r & 255)) checkInterrupt();
    }
  });
}

template <class T>
void rowNormIn(const RowNorm& call, double eps, const Tensor& y) {
  const auto& loops = normLoops<T>();
  const T *weight = dataOf<T>(call.weight), *bias = dataOf<T>(call.bias);
  const int64_t n = call.n, factors = n / call.inner;
  forRows(call, [&](int64_t r) {
    const T* x = call.x.as<T>() + r * n;
    T* out = y.as<T>() + r * n;
    Moments moments{0, 0};
    if (call.centred) moments = momentsOf(x, n);
    else moments.squares = rowLoops<T>().sumSquares(x, T(0), n);
    const T mean = T(moments.mean), inverse = T(1 / std::sqrt(moments.squares / double(n) + eps));
    call.mean.as<T>()[r] = mean;
    call.inverse.as<T>()[r] = inverse;
    const int64_t at = (r % call.groups) * factors;
    if (call.inner == 1) {
      loops.scaleRow(out, x, n, mean, inverse, weight ? weight + at : nullptr, bias ? bias + at : nullptr);
      return;
    }
    for (int64_t i = 0; i < factors; i++) {
      loops.scaleRun(out + i * call.inner, x + i * call.inner, call.inner, mean,
                     weight ? inverse * weight[at + i] : inverse, bias ? bias[at + i] : T(0));
    }
  });
}

/** Of one row: what a·g·weight + b·(x − mean) + c takes for its gradient. */
template <class T>
struct RowFactors {
  T a, b, c;
  RowFactors(const RowNorm& call, T inverse, double sum, double product) {
    const double inv = double(inverse), n = double(call.n);
    a = inverse;
    b = T(-inv * inv * inv * product / n);
    c = call.centred ? T(-inv * sum / n) : T(0);
  }
};

/** Rows whose sums go into doubles at a time, as in the loops of cpu/simd/norm.inc. */
constexpr int64_t kBlockRows = 32;
/** Blocks that are too few to share among threads. */
constexpr int64_t kFewBlocks = 16;

/** Rows whose elements have factors of their own: the sums of the parameters go by columns. */
template <class T>
void rowGradsByElement(const RowNorm& call, const T* g, MaybeTensor dx, MaybeTensor dweight, MaybeTensor dbias) {
  const auto& loops = normLoops<T>();
  const T *x = call.x.as<T>(), *mean = call.mean.as<T>(), *inverse = call.inverse.as<T>(), *weight = dataOf<T>(call.weight);
  const int64_t n = call.n, groups = call.groups;
  const auto ownOf = [&](int64_t r) { return weight ? weight + (r % groups) * n : nullptr; };
  const auto factorsOf = [&](int64_t r) {
    double sum, product;
    loops.rowSums(g + r * n, x + r * n, ownOf(r), n, mean[r], &sum, &product);
    return RowFactors<T>(call, inverse[r], sum, product);
  };
  const int64_t blocks = (call.rows + kBlockRows - 1) / kBlockRows;
  if (dx && dweight && dbias && groups == 1 && blocks >= kFewBlocks) {
    // Each row adds to its block's sums while it is in the cache; the numbers are the same as by columns.
    std::vector<T> parts(size_t(2 * blocks * n));
    parallelFor(blocks, grainOf(kBlockRows * n), [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; block++) {
        checkInterrupt();
        const int64_t first = block * kBlockRows, last = std::min(call.rows, first + kBlockRows);
        T* const to = parts.data() + 2 * block * n;
        for (int64_t r = first; r < last; r++) {
          const RowFactors<T> f = factorsOf(r);
          loops.rowGradsAndSums(dx->as<T>() + r * n, g + r * n, x + r * n, weight, n, mean[r], inverse[r], f.a, f.b, f.c, to, to + n);
        }
      }
    });
    parallelFor(2 * n, grainOf(blocks), [&](int64_t begin, int64_t end) {
      std::vector<double> sums(size_t(end - begin));
      for (int64_t block = 0; block < blocks; block++) {
        for (int64_t i = begin; i < end; i++) sums[size_t(i - begin)] += double(parts[size_t(2 * block * n + i)]);
      }
      for (int64_t i = begin; i < end; i++) {
        (i < n ? dweight : dbias)->as<T>()[i % n] = T(sums[size_t(i - begin)]);
      }
    });
    return;
  }
  if (dx) {
    forRows(call, [&](int64_t r) {
      const RowFactors<T> f = factorsOf(r);
      loops.rowGrads(dx->as<T>() + r * n, g + r * n, x + r * n, ownOf(r), n, mean[r], f.a, f.b, f.c);
    });
  }
  if (!dweight && !dbias) return;
  const int64_t samples = call.rows / groups;
  for (int64_t group = 0; group < groups; group++) {
    const int64_t at = group * n;
    parallelFor(n, grainOf(samples), [&](int64_t begin, int64_t end) {
      loops.parameterSums(g + at + begin, x + at + begin, samples, groups * n, end - begin, mean + group,
                          inverse + group, groups, dweight ? dweight->as<T>() + at + begin : nullptr,
                          dbias ? dbias->as<T>() + at + begin : nullptr);
    });
  }
}

/** Rows in which `inner` neighbours share a factor: the runs' sums serve both the rows and the parameters. */
template <class T>
void rowGradsByRun(const RowNorm& call, const T* g, MaybeTensor dx, MaybeTensor dweight, MaybeTensor dbias) {
  const auto& loops = normLoops<T>();
  const T *x = call.x.as<T>(), *weight = dataOf<T>(call.weight);
  const int64_t n = call.n, inner = call.inner, factors = n / inner, groups = call.groups;
  std::vector<double> sums(size_t(2 * call.rows * factors));
  forRows(call, [&](int64_t r) {
    const T mean = call.mean.as<T>()[r], inverse = call.inverse.as<T>()[r];
    const T* own = weight ? weight + (r % groups) * factors : nullptr;
    double rowSum = 0, rowProduct = 0;
    for (int64_t i = 0; i < factors; i++) {
      const int64_t at = r * n + i * inner;
      double* const to = sums.data() + 2 * (r * factors + i);
      loops.runSums(g + at, x + at, inner, mean, to, to + 1);
      const double factor = own ? double(own[i]) : 1;
      rowSum += factor * to[0];
      rowProduct += factor * to[1];
      to[1] *= double(inverse);
    }
    if (!dx) return;
    const RowFactors<T> f(call, inverse, rowSum, rowProduct);
    for (int64_t i = 0; i < factors; i++) {
      const int64_t at = r * n + i * inner;
      loops.runGrads(dx->as<T>() + at, g + at, x + at, inner, mean, own ? f.a * own[i] : f.a, f.b, f.c);
    }
  });
  const int64_t parameters = groups * factors;
  for (int64_t p = 0; p < parameters && (dweight || dbias); p++) {
    double sum = 0, product = 0;
    for (int64_t at = p; at < call.rows * factors; at += parameters) {
      sum += sums[size_t(2 * at)];
      product += sums[size_t(2 * at + 1)];
    }
    if (dweight) dweight->as<T>()[p] = T(product);
    if (dbias) dbias->as<T>()[p] = T(sum);
  }
}

template <class T>
void rowNormBackwardIn(const RowNorm& call, const Tensor& grad, MaybeTensor dx, MaybeTensor dweight, MaybeTensor dbias) {
  const auto run = call.inner == 1 ? rowGradsByElement<T> : rowGradsByRun<T>;
  run(call, grad.as<T>(), dx, dweight, dbias);
}

/** GB_BY_TYPE(name, arguments): the version of the call's type. */
#define GB_BY_TYPE(RUN, ...) \
  call.x.dtype() == DType::Float64 ? RUN<double>(call, __VA_ARGS__) : RUN<float>(call, __VA_ARGS__)

void batchNormOnCpu(const ChannelNorm& call, const Statistics& from, const Tensor& y) {
  GB_BY_TYPE(batchNormIn, from, y);
}
void batchNormBackwardOnCpu(const ChannelNorm& call, const Tensor& grad, bool training, MaybeTensor dx,
                            MaybeTensor dweight, MaybeTensor dbias) {
  GB_BY_TYPE(batchNormBackwardIn, grad, training, dx, dweight, dbias);
}
void rowNormOnCpu(const RowNorm& call, double eps, const Tensor& y) { GB_BY_TYPE(rowNormIn, eps, y); }
void rowNormBackwardOnCpu(const RowNorm& call, const Tensor& grad, MaybeTensor dx, MaybeTensor dweight,
                          MaybeTensor dbias) {
  GB_BY_TYPE(rowNormBackwardIn, grad, dx, dweight, dbias);
}
#undef GB_BY_TYPE

}  // namespace

GB_KERNEL(CPU, batchNormKernel, batchNormOnCpu)
GB_KERNEL(CPU, batchNormBackwardKernel, batchNormBackwardOnCpu)
GB_KERNEL(CPU, rowNormKernel, rowNormOnCpu)
GB_KERNEL(CPU, rowNormBackwardKernel, rowNormBackwardOnCpu)

}  // namespace gb
