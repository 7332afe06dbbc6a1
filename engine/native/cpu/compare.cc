#include "ops/compare.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "cpu/simd/choose.h"
#include "cpu/simd/convert.h"
#include "cpu/threads.h"
#include "tensor/strided_loop.h"

namespace gb {
namespace {

constexpr int64_t kRun = 512;

bool closeOne(double a, double b, double rtol, double atol, bool equalNan) {
  if (a == b) return true;
  if (a != a || b != b) return equalNan && a != a && b != b;
  const double error = std::fabs(a - b);
  return std::isfinite(error) && error <= atol + std::fabs(rtol * b);
}

bool closeOnCpu(const Tensor& a, const Tensor& b, double rtol, double atol, bool equalNan) {
  const Tensor* both[2] = {&a, &b};
  const StridedLoop nest(a.sizes(), both, 2);
  // Integers are compared as such where no tolerance is asked for: a double would round the largest.
  const bool exact = !isFloat(a.dtype()) && rtol == 0 && atol == 0;
  const LoadRun load = GB_CHOOSE(loadRuns)[int(a.dtype())][exact ? 2 : 1];
  const int64_t length = nest.inner(), rows = nest.numel / length;
  std::atomic<bool> same{true};
  const auto range = [&](const char* x, const char* y, int64_t n) {
    double left[kRun], right[kRun];
    const int64_t xStep = nest.innerStride(0), yStep = nest.innerStride(1);
    for (int64_t i = 0; i < n && same.load(std::memory_order_relaxed); i += kRun) {
      const int64_t part = std::min(kRun, n - i);
      load(left, x + i * xStep, xStep, part);
      load(right, y + i * yStep, yStep, part);
      bool agree = true;
      if (exact) {
        agree = std::equal(reinterpret_cast<char*>(left), reinterpret_cast<char*>(left + part), reinterpret_cast<char*>(right));
      } else {
        for (int64_t j = 0; j < part; j++) agree &= closeOne(left[j], right[j], rtol, atol, equalNan);
      }
      if (!agree) same = false;
    }
  };
  if (rows == 1) {
    parallelFor(length, kGrain, [&](int64_t begin, int64_t end) {
      range(nest.data[0] + begin * nest.innerStride(0), nest.data[1] + begin * nest.innerStride(1), end - begin);
    });
  } else {
    parallelFor(rows, std::max<int64_t>(1, kGrain / length), [&](int64_t begin, int64_t end) {
      Odometer at(nest, 1, begin);
      for (int64_t r = begin; r < end && same; r++, at.next()) {
        range(nest.data[0] + at.offset(0), nest.data[1] + at.offset(1), length);
      }
    });
  }
  return same;
}

}  // namespace

GB_KERNEL(CPU, closeKernel, closeOnCpu)

}  // namespace gb
