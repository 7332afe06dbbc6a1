#include "ops/where.h"

#include <algorithm>

#include "cpu/simd/choose.h"
#include "cpu/simd/pointwise.h"
#include "cpu/simd/target.h"
#include "cpu/stream.h"
#include "cpu/threads.h"
#include "tensor/strided_loop.h"

namespace gb {
namespace {

template <class T>
void whereRow(char* out, int64_t outStep, const char* condition, int64_t conditionStep, const char* a, int64_t aStep,
              const char* b, int64_t bStep, int64_t n) {
  constexpr int64_t size = sizeof(T);
  if (outStep == size && conditionStep == 1 && (aStep == size || aStep == 0) && (bStep == size || bStep == 0)) {
    T* r = reinterpret_cast<T*>(out);
    const uint8_t* c = reinterpret_cast<const uint8_t*>(condition);
    const T *x = reinterpret_cast<const T*>(a), *y = reinterpret_cast<const T*>(b);
    const T xValue = x[0], yValue = y[0];
    GB_INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
      const T left = aStep ? x[i] : xValue, right = bStep ? y[i] : yValue;
      r[i] = c[i] ? left : right;
    }
    return;
  }
  for (int64_t i = 0; i < n; i++) {
    const char* from = condition[i * conditionStep] ? a + i * aStep : b + i * bStep;
    *reinterpret_cast<T*>(out + i * outStep) = *reinterpret_cast<const T*>(from);
  }
}

/** The loop by whole vectors for elements of 4 bytes; null where this processor has none. */
WhereLoop where4() {
#if defined(__x86_64__)
  return simd() == Simd::Avx512 ? avx512::where4 : simd() == Simd::Avx2 ? avx2::where4 : nullptr;
#else
  return nullptr;
#endif
}

void whereOnCpu(const Tensor& out, const Tensor& condition, const Tensor& a, const Tensor& b) {
  const Tensor* all[4] = {&out, &condition, &a, &b};
  const StridedLoop nest(out.sizes(), all, 4);
  const auto row = out.itemSize() == 1   ? whereRow<uint8_t>
                   : out.itemSize() == 2 ? whereRow<uint16_t>
                   : out.itemSize() == 4 ? whereRow<uint32_t>
                                         : whereRow<uint64_t>;
  const int64_t n = nest.inner(), rows = nest.numel / n;
  const auto run = [&](const int64_t* offsets, int64_t begin, int64_t end) {
    char* at[4];
    for (int k = 0; k < 4; k++) at[k] = nest.data[k] + offsets[k] + begin * nest.innerStride(k);
    row(at[0], nest.innerStride(0), at[1], nest.innerStride(1), at[2], nest.innerStride(2), at[3], nest.innerStride(3),
        end - begin);
  };
  if (rows == 1) {
    const int64_t zero[4] = {}, size = int64_t(out.itemSize());
    bool streams = nest.innerStride(0) == size && n * size >= kStreamed;
    for (int k = 1; k < 4; k++) streams &= nest.data[k] != nest.data[0];  // in place, the result's lines are read anyway
    const auto run4 = size == 4 ? where4() : nullptr;
    bool runs = nest.innerStride(0) == size && nest.innerStride(1) == 1;
    for (int k = 2; k < 4; k++) runs &= nest.innerStride(k) == size || nest.innerStride(k) == 0;
    parallelFor(n, kGrain, [&](int64_t begin, int64_t end) {
      const auto at = [&](int k, int64_t i) { return nest.data[k] + i * nest.innerStride(k); };
      if (run4 && runs) {
        run4(at(0, begin), at(1, begin), at(2, begin), nest.innerStride(2) != 0, at(3, begin), nest.innerStride(3) != 0,
             end - begin, streams ? Stores::Streamed : Stores::Ordinary);
        if (streams) streamed();
        return;
      }
      if (!streams) return run(zero, begin, end);
      const auto ahead = [&](int64_t i, int64_t count) {
        for (int k = 1; k < 4; k++) {
          if (nest.innerStride(k) <= size) prefetch(at(k, i), count * nest.innerStride(k));
        }
      };
      streamRuns(nest.data[0], size, begin, end, ahead, [&](char* to, int64_t i, int64_t count) {
        row(to, size, at(1, i), nest.innerStride(1), at(2, i), nest.innerStride(2), at(3, i), nest.innerStride(3), count);
      });
    });
    return;
  }
  parallelFor(rows, std::max<int64_t>(1, kGrain / n), [&](int64_t begin, int64_t end) {
    Odometer at(nest, 1, begin);
    for (int64_t i = begin; i < end; i++, at.next()) {
      const int64_t offsets[4] = {at.offset(0), at.offset(1), at.offset(2), at.offset(3)};
      run(offsets, 0, n);
    }
  });
}

}  // namespace

GB_KERNEL(CPU, whereKernel, whereOnCpu)

}  // namespace gb
