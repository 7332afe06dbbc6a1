// Ranges on the CPU.
#include "ops/create.h"

#include <cmath>

#include "cpu/simd/choose.h"
#include "cpu/simd/convert.h"
#include "cpu/threads.h"

namespace gb {
namespace {

constexpr int64_t kRun = 512;

/** Elements i of a row-major result from a function of i, computed in T. */
template <class T, class F>
void generate(const Tensor& dst, F f) {
  const StoreRun store = GB_CHOOSE(storeRuns)[int(dst.dtype())][computeIndex(DTypeOf<T>::value)];
  const int64_t size = int64_t(dst.itemSize());
  parallelFor(dst.numel(), kGrain, [&](int64_t begin, int64_t end) {
    T buffer[kRun];
    for (int64_t i = begin; i < end; i += kRun) {
      const int64_t n = std::min(kRun, end - i);
      for (int64_t j = 0; j < n; j++) buffer[j] = f(i + j);
      store(dst.as<char>() + i * size, size, buffer, n);
    }
  });
}

void arangeOnCpu(const Tensor& dst, Scalar start, Scalar step) {
  if (!isFloat(dst.dtype())) {
    const int64_t first = start.toInt(), by = step.toInt();
    generate<int64_t>(dst, [=](int64_t i) { return first + i * by; });
  } else {
    // PyTorch's loop for AVX2: blocks as wide as a vector start from a rounded number, two at a time; the rest is exact.
    const bool isDouble = dst.dtype() == DType::Float64, isSingle = dst.dtype() == DType::Float32;
    const int64_t width = isDouble ? 4 : 8, whole = isDouble || isSingle ? dst.numel() / (2 * width) * (2 * width) : 0;
    generate<double>(dst, [=](int64_t i) {
      if (i >= whole) return std::fma(double(i), step.d, start.d);
      const int64_t within = i % width;
      const double base = std::fma(double(i - within), step.d, start.d);
      return std::fma(double(within), step.d, isSingle ? double(float(base)) : base);
    });
  }
}

/** From both ends inwards, in the type itself, as PyTorch does: the last element is exactly `end`. */
template <class T>
void linspaceIn(const Tensor& dst, T start, T end) {
  const int64_t n = dst.numel();
  const T step = n > 1 ? (end - start) / T(n - 1) : T(0);
  const int64_t half = n / 2;
  generate<T>(dst, [=](int64_t i) {
    return i < half || n == 1 ? std::fma(step, T(i), start) : std::fma(-step, T(n - i - 1), end);
  });
}

void linspaceOnCpu(const Tensor& dst, double start, double end) {
  if (computeType(dst.dtype()) == DType::Float32) {
    linspaceIn<float>(dst, float(start), float(end));
  } else {
    linspaceIn<double>(dst, start, end);
  }
}

}  // namespace

GB_KERNEL(CPU, arangeKernel, arangeOnCpu)
GB_KERNEL(CPU, linspaceKernel, linspaceOnCpu)

}  // namespace gb
