// Row ops on the CPU.
#include "ops/rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "cpu/columns.h"
#include "cpu/each_row.h"
#include "cpu/moments.h"
#include "cpu/simd/rows.h"

namespace gb {
namespace {

/** Calls some(first, count) for all rows, kAbreast at a time. */
template <class Some>
void forShortRows(int64_t rows, int64_t n, Some some) {
  const int64_t groups = (rows + kAbreast - 1) / kAbreast;
  parallelFor(groups, std::max<int64_t>(1, kGrain / (4 * kAbreast * n)), [&](int64_t begin, int64_t end) {
    checkInterrupt();
    for (int64_t first = begin * kAbreast; first < std::min(rows, end * kAbreast); first += kAbreast) {
      some(first, std::min(kAbreast, rows - first));
    }
  });
}

/**
 * For arrays of n rows of `inner` columns, on several threads: calls what prepare() gives for a thread with the offset of an
 * array, a first column and how many, `together` at most.
 */
template <class Prepare>
void forColumns(int64_t numel, int64_t n, int64_t inner, int64_t together, const Prepare& prepare) {
  const int64_t parts = (inner + together - 1) / together, outer = numel / (n * inner);
  const int64_t grain = std::max<int64_t>(1, kGrain / (4 * n * std::min(together, inner)));
  parallelFor(outer * parts, grain, [&](int64_t begin, int64_t end) {
    const auto some = prepare();
    for (int64_t k = begin; k < end; k++) {
      checkInterrupt();
      const int64_t first = k % parts * together;
      some(k / parts * n * inner, first, std::min(together, inner - first));
    }
  });
}

template <class T>
void mapIn(RowMap map, const Tensor& y, const Tensor& x, int64_t n, int64_t inner) {
  if (inner > 1) {
    return forColumns(x.numel(), n, inner, columnsTogether(n), [&] {
      auto columns = std::make_shared<SoftmaxColumns<T>>(map == RowMap::LogSoftmax, n, inner);
      return [&, columns](int64_t at, int64_t first, int64_t count) {
        columns->run(y.as<T>() + at, x.as<T>() + at, first, count);
      };
    });
  }
  if (n <= kShortRow) {
    const auto run = map == RowMap::Softmax ? rowLoops<T>().softmaxShort : rowLoops<T>().logSoftmaxShort;
    return forShortRows(x.numel() / n, n, [&](int64_t first, int64_t count) {
      run(y.as<T>() + first * n, x.as<T>() + first * n, count, n);
    });
  }
  const auto run = map == RowMap::Softmax ? rowLoops<T>().softmax : rowLoops<T>().logSoftmax;
  forRows(x.numel() / n, n, 4, [&](int64_t r) { run(y.as<T>() + r * n, x.as<T>() + r * n, n); });
}

void mapOnCpu(RowMap map, const Tensor& y, const Tensor& x, int64_t n, int64_t inner) {
  x.dtype() == DType::Float64 ? mapIn<double>(map, y, x, n, inner) : mapIn<float>(map, y, x, n, inner);
}

template <class T>
void mapBackwardIn(RowMap map, const Tensor& dx, const Tensor& g, const Tensor& y, int64_t n, int64_t inner) {
  if (inner > 1) {
    return forColumns(y.numel(), n, inner, kMostColumns, [&] {
      return [&](int64_t at, int64_t first, int64_t count) {
        at += first;
        rowLoops<T>().softmaxColumnsBackward(map == RowMap::LogSoftmax, dx.as<T>() + at, g.as<T>() + at, y.as<T>() + at, inner,
                                             n, count);
      };
    });
  }
  const auto run = map == RowMap::Softmax ? rowLoops<T>().softmaxBackward : rowLoops<T>().logSoftmaxBackward;
  forRows(y.numel() / n, n, 4,
          [&](int64_t r) { run(dx.as<T>() + r * n, g.as<T>() + r * n, y.as<T>() + r * n, n); });
}

void mapBackwardOnCpu(RowMap map, const Tensor& dx, const Tensor& g, const Tensor& y, int64_t n, int64_t inner) {
  y.dtype() == DType::Float64 ? mapBackwardIn<double>(map, dx, g, y, n, inner)
                              : mapBackwardIn<float>(map, dx, g, y, n, inner);
}

template <class T>
double variance(const T* x, int64_t n, double correction) {
  return momentsOf(x, n).squares / std::max(0.0, double(n) - correction);
}

template <class T>
double logSumExp(const T* x, int64_t n) {
  if (n == 0) return -std::numeric_limits<double>::infinity();
  const T top = rowLoops<T>().max(x, n);
  if (std::isinf(top)) return double(top);
  return double(top) + std::log(rowLoops<T>().sumExp(x, top, n));
}

template <class T>
void reduceIn(RowReduction reduction, const Tensor& out, const Tensor& x, int64_t n, double p) {
  if (reduction == RowReduction::LogSumExp && n > 0 && n <= kShortRow) {
    return forShortRows(out.numel(), n, [&](int64_t first, int64_t count) {
      rowLoops<T>().logSumExpShort(out.as<T>() + first, x.as<T>() + first * n, count, n);
    });
  }
  forRows(out.numel(), n, 4, [&](int64_t r) {
    const T* row = x.as<T>() + r * n;
    double result = 0;
    switch (reduction) {
      case RowReduction::Variance: result = variance(row, n, p); break;
      case RowReduction::Deviation: result = std::sqrt(variance(row, n, p)); break;
      case RowReduction::LogSumExp: result = logSumExp(row, n); break;
    }
    out.as<T>()[r] = T(result);
  });
}

void reduceOnCpu(RowReduction reduction, const Tensor& out, const Tensor& x, int64_t n, double p) {
  x.dtype() == DType::Float64 ? reduceIn<double>(reduction, out, x, n, p) : reduceIn<float>(reduction, out, x, n, p);
}

template <class T>
struct Compare {
  static auto value(T x) { return x; }
};
template <>
struct Compare<Half> {
  static auto value(Half x) { return toFloat(x); }
};
template <>
struct Compare<BFloat16> {
  static auto value(BFloat16 x) { return toFloat(x); }
};

/** Rows from here on are searched twice, for the value and then for its place, by SIMD code. */
constexpr int64_t kLongRow = 64;

/** The first place of a value; of the first NaN where the value is one. */
template <class T>
int64_t placeOf(T value, const T* row, int64_t n) {
  constexpr int64_t kBlock = 32;
  int64_t i = 0;
  for (; value == value && i + kBlock <= n; i += kBlock) {
    int found = 0;
    for (int64_t j = 0; j < kBlock; j++) found |= row[i + j] == value;
    if (found) break;
  }
  while (value == value ? row[i] != value : row[i] == row[i]) i++;
  return i;
}

template <class T>
void extremeIn(bool largest, MaybeTensor values, const Tensor& indices, const Tensor& x, int64_t n) {
  forRows(indices.numel(), n, 1, [&](int64_t r) {
    const T* row = x.as<T>() + r * n;
    if constexpr (std::is_floating_point_v<T>) {
      if (n >= kLongRow) {
        const int64_t at = placeOf(largest ? rowLoops<T>().max(row, n) : rowLoops<T>().min(row, n), row, n);
        indices.as<int64_t>()[r] = at;
        if (values) values->as<T>()[r] = row[at];
        return;
      }
    }
    auto best = Compare<T>::value(row[0]);
    int64_t at = 0;
    // Until a NaN is met: the first of the extreme elements wins.
    for (int64_t i = 0; i < n && best == best; i++) {
      const auto value = Compare<T>::value(row[i]);
      if ((largest ? value > best : value < best) || value != value) {
        best = value;
        at = i;
      }
    }
    indices.as<int64_t>()[r] = at;
    if (values) values->as<T>()[r] = row[at];
  });
}

void extremeOnCpu(bool largest, MaybeTensor values, const Tensor& indices, const Tensor& x, int64_t n) {
  switch (x.dtype()) {
#define GB_CASE(T, NAME) \
  case DType::NAME: return extremeIn<T>(largest, values, indices, x, n);
    GB_ALL_DTYPES(GB_CASE)
#undef GB_CASE
  }
}

}  // namespace

GB_KERNEL(CPU, rowMapKernel, mapOnCpu)
GB_KERNEL(CPU, rowMapBackwardKernel, mapBackwardOnCpu)
GB_KERNEL(CPU, rowReduceKernel, reduceOnCpu)
GB_KERNEL(CPU, rowExtremeKernel, extremeOnCpu)

}  // namespace gb
