// Indexing on the CPU.
#include "ops/index.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "cpu/simd/choose.h"
#include "cpu/simd/convert.h"
#include "cpu/threads.h"
#include "ops/copy.h"
#include "ops/reduce.h"
#include "tensor/interrupt.h"
#include "tensor/strided_loop.h"

namespace gb {
namespace {

constexpr int64_t kRun = 512;

/** Byte offsets of the blocks; checks the bounds. */
std::vector<int64_t> offsetsOf(const Indexed& x) {
  std::vector<int64_t> offsets(size_t(x.count), 0);
  const int64_t size = int64_t(x.base.itemSize());
  for (size_t k = 0; k < x.indices.size(); k++) {
    const int64_t* at = x.indices[k].as<int64_t>();
    const int64_t n = x.sizes[int(k)], stride = x.strides[int(k)] * size;
    for (int64_t i = 0; i < x.count; i++) {
      const int64_t j = at[i] < 0 && x.fromEnd ? at[i] + n : at[i];
      GB_CHECK(j >= 0 && j < n, "index ", at[i], " is out of bounds for dimension ", k, " with size ", n);
      offsets[size_t(i)] += j * stride;
    }
  }
  return offsets;
}

/** The dimensions of one block, walked in step in `a` (first) and `b`. */
StridedLoop blockLoop(const Tensor& a, const Tensor& b) {
  const Tensor* both[2] = {&a, &b};
  return StridedLoop(a.sizes(), both, 2);
}

/** `blocks` is [count, rest…]: one block of it. */
Tensor oneBlock(const Tensor& blocks) {
  Dims sizes = blocks.sizes(), strides = blocks.strides();
  sizes.erase(0);
  strides.erase(0);
  return blocks.viewed(sizes, strides);
}

template <class T>
void copyElements(char* dst, int64_t dstStep, const char* src, int64_t srcStep, int64_t n) {
  for (int64_t i = 0; i < n; i++) std::memcpy(dst + i * dstStep, src + i * srcStep, sizeof(T));
}

/** Copies one block, of which `nest` gives the layout, from src on to dst on. */
void copyBlock(const StridedLoop& nest, int64_t size, char* dst, const char* src) {
  const int64_t n = nest.inner(), dstStep = nest.innerStride(0), srcStep = nest.innerStride(1);
  const auto row = [&](char* d, const char* s) {
    if (n == 1 || (dstStep == size && srcStep == size)) {
      std::memcpy(d, s, size_t(n * size));
    } else {
      const auto copy = size == 1   ? copyElements<uint8_t>
                        : size == 2 ? copyElements<uint16_t>
                        : size == 4 ? copyElements<uint32_t>
                                    : copyElements<uint64_t>;
      copy(d, dstStep, s, srcStep, n);
    }
  };
  if (nest.sizes.size() <= 1) return row(dst, src);
  Odometer at(nest, 1, 0);
  for (int64_t i = 0; i < nest.numel / n; i++, at.next()) row(dst + at.offset(0), src + at.offset(1));
}

void gatherOnCpu(const Indexed& from, const Tensor& out) {
  const std::vector<int64_t> offsets = offsetsOf(from);
  if (out.numel() == 0) return;
  const int64_t size = int64_t(out.itemSize()), step = out.stride(0) * size;
  const StridedLoop nest = blockLoop(oneBlock(out), from.base);
  char* to = out.as<char>();
  const char* base = from.base.as<char>();
  parallelFor(from.count, std::max<int64_t>(1, kGrain / nest.numel), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) copyBlock(nest, size, to + i * step, base + offsets[size_t(i)]);
  });
}

/** dst += factor·src over one row, in the type that arithmetic runs in. */
struct RowAdder {
  DType type;
  double factor;

  void operator()(char* dst, int64_t dstStep, const char* src, int64_t srcStep, int64_t n) const {
    const DType compute = computeType(type);
    const int column = computeIndex(compute);
    const auto load = GB_CHOOSE(loadRuns)[int(type)][column];
    const auto store = GB_CHOOSE(storeRuns)[int(type)][column];
    alignas(64) char a[kRun * 8], b[kRun * 8];
    for (int64_t i = 0; i < n; i += kRun) {
      const int64_t part = std::min(kRun, n - i);
      load(a, dst + i * dstStep, dstStep, part);
      load(b, src + i * srcStep, srcStep, part);
      const auto add = [&](auto zero) {
        using T = decltype(zero);
        T *x = reinterpret_cast<T*>(a), *y = reinterpret_cast<T*>(b);
        for (int64_t j = 0; j < part; j++) x[j] += T(factor) * y[j];
      };
      compute == DType::Float32 ? add(float()) : compute == DType::Float64 ? add(double()) : add(int64_t());
      store(dst + i * dstStep, dstStep, a, part);
    }
  }
};

void scatterOnCpu(const Indexed& to, const Tensor& values, WriteMode mode, double factor) {
  const std::vector<int64_t> offsets = offsetsOf(to);
  if (values.numel() == 0) return;
  const int64_t size = int64_t(values.itemSize()), step = values.stride(0) * size;
  const StridedLoop nest = blockLoop(to.base, oneBlock(values));
  char* base = to.base.as<char>();
  const char* from = values.as<char>();
  const RowAdder add{values.dtype(), factor};
  for (int64_t i = 0; i < to.count; i++) {
    char* dst = base + offsets[size_t(i)];
    const char* src = from + i * step;
    if (mode == WriteMode::Set) {
      copyBlock(nest, size, dst, src);
    } else {
      Odometer at(nest, 1, 0);
      for (int64_t row = 0; row < nest.numel / nest.inner(); row++, at.next()) {
        add(dst + at.offset(0), nest.innerStride(0), src + at.offset(1), nest.innerStride(1), nest.inner());
      }
    }
    if (!(i & 1023)) checkInterrupt();
  }
}

Tensor nonzeroOnCpu(const Tensor& x) {
  const Tensor mask = x.dtype() == DType::Bool && x.contiguous() ? x : contiguous(toType(x, DType::Bool));
  const int64_t count = countNonzero(mask);
  const int n = x.ndim();
  Tensor result = emptyTensor({count, n}, DType::Int64);
  int64_t* out = result.as<int64_t>();
  const uint8_t* flags = mask.as<uint8_t>();
  Dims at(n, 0);
  for (int64_t i = 0; i < mask.numel(); i++) {
    if (flags[i]) {
      for (int d = 0; d < n; d++) *out++ = at[d];
    }
    for (int d = n - 1; d >= 0; d--) {
      if (++at[d] < x.size(d)) break;
      at[d] = 0;
    }
  }
  return result;
}

}  // namespace

GB_KERNEL(CPU, gatherBlocksKernel, gatherOnCpu)
GB_KERNEL(CPU, scatterBlocksKernel, scatterOnCpu)
GB_KERNEL(CPU, nonzeroKernel, nonzeroOnCpu)

}  // namespace gb
