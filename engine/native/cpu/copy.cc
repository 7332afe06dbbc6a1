// Copying, converting and filling on the CPU.
#include "ops/copy.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "cpu/simd/choose.h"
#include "cpu/simd/convert.h"
#include "cpu/simd/pointwise.h"
#include "cpu/stream.h"
#include "cpu/threads.h"
#include "tensor/strided_loop.h"

namespace gb {
namespace {

/** Bytes that are worth another thread. */
constexpr int64_t kByteGrain = 1 << 18;
constexpr int64_t kRun = 512;
constexpr int64_t kTile = 16;

void copyBytes(char* dst, const char* src, int64_t bytes) {
  parallelFor(bytes, kByteGrain, [&](int64_t begin, int64_t end) {
    if (bytes < kStreamed) {
      std::memcpy(dst + begin, src + begin, size_t(end - begin));
      return;
    }
    const bool wide = ((reinterpret_cast<uintptr_t>(dst + begin) | reinterpret_cast<uintptr_t>(src + begin)) & 3) == 0;
    const int64_t whole = wide ? (end - begin) & ~int64_t(3) : 0;
    if (whole > 0) GB_CHOOSE_WIDEST(streamCopy)(dst + begin, src + begin, whole);
    streamBytes(dst + begin + whole, src + begin + whole, end - begin - whole);
    streamed();
  });
}

template <class T>
void copyRow(char* dst, int64_t dstStep, const char* src, int64_t srcStep, int64_t n) {
  for (int64_t i = 0; i < n; i++) std::memcpy(dst + i * dstStep, src + i * srcStep, sizeof(T));
}

using RowCopy = void (*)(char* dst, int64_t dstStep, const char* src, int64_t srcStep, int64_t n);
RowCopy rowCopyOf(size_t size) {
  return size == 1   ? copyRow<uint8_t>
         : size == 2 ? copyRow<uint16_t>
         : size == 4 ? copyRow<uint32_t>
                     : copyRow<uint64_t>;
}

/** to[i][j] = column j's element i, for kTile columns that lie srcColumn apart. */
template <class T>
void transposeTile(T (&to)[kTile][kTile], const char* src, int64_t srcColumn) {
#if defined(__x86_64__)
  if constexpr (sizeof(T) == sizeof(float)) {
    for (int64_t j = 0; j < kTile; j += 4) {
      const float* from[4];
      for (int64_t c = 0; c < 4; c++) from[c] = reinterpret_cast<const float*>(src + (j + c) * srcColumn);
      for (int64_t i = 0; i < kTile; i += 4) {
        __m128 x0 = _mm_loadu_ps(from[0] + i), x1 = _mm_loadu_ps(from[1] + i);
        __m128 x2 = _mm_loadu_ps(from[2] + i), x3 = _mm_loadu_ps(from[3] + i);
        _MM_TRANSPOSE4_PS(x0, x1, x2, x3);
        float* out = reinterpret_cast<float*>(&to[i][j]);
        _mm_storeu_ps(out, x0);
        _mm_storeu_ps(out + kTile, x1);
        _mm_storeu_ps(out + 2 * kTile, x2);
        _mm_storeu_ps(out + 3 * kTile, x3);
      }
    }
    return;
  }
#endif
  for (int64_t j = 0; j < kTile; j++) {
    for (int64_t i = 0; i < kTile; i++) to[i][j] = reinterpret_cast<const T*>(src + j * srcColumn)[i];
  }
}

/**
 * dst[i][j] = src[i][j] where dst runs along j and src along i. Whole tiles go by way of a copy that is dense: rows that lie
 * a power of two apart would drive each other out of the cache before their lines are full.
 */
template <class T>
void transposeRows(char* dst, int64_t dstRow, const char* src, int64_t srcColumn, int64_t rowBegin, int64_t rowEnd,
                   int64_t columns) {
  alignas(64) T tile[kTile][kTile];
  for (int64_t i0 = rowBegin; i0 < rowEnd; i0 += kTile) {
    const int64_t iEnd = std::min(rowEnd, i0 + kTile);
    for (int64_t j0 = 0; j0 < columns; j0 += kTile) {
      const int64_t jEnd = std::min(columns, j0 + kTile);
      if (iEnd - i0 == kTile && jEnd - j0 == kTile) {
        transposeTile(tile, src + i0 * int64_t(sizeof(T)) + j0 * srcColumn, srcColumn);
        for (int64_t i = 0; i < kTile; i++) {
          std::memcpy(dst + (i0 + i) * dstRow + j0 * int64_t(sizeof(T)), tile[i], sizeof tile[i]);
        }
        continue;
      }
      for (int64_t i = i0; i < iEnd; i++) {
        T* d = reinterpret_cast<T*>(dst + i * dstRow);
        const char* s = src + i * int64_t(sizeof(T));
        for (int64_t j = j0; j < jEnd; j++) d[j] = *reinterpret_cast<const T*>(s + j * srcColumn);
      }
    }
  }
}

/** Whether the two innermost dimensions are a transposition; does it if so. */
bool transpose(const StridedLoop& nest, int64_t size) {
  if (nest.sizes.size() < 2 || nest.strides[0][0] != size || nest.strides[1][1] != size || nest.sizes[1] < 4) return false;
  const int64_t columns = nest.sizes[0], rows = nest.sizes[1];
  const auto run = size == 1   ? transposeRows<uint8_t>
                   : size == 2 ? transposeRows<uint16_t>
                   : size == 4 ? transposeRows<uint32_t>
                               : transposeRows<uint64_t>;
  const int64_t planes = nest.numel / (columns * rows);
  parallelFor(planes * rows, std::max<int64_t>(kTile, kByteGrain / (columns * size)), [&](int64_t begin, int64_t end) {
    Odometer at(nest, 2, begin / rows);
    for (int64_t i = begin; i < end; at.next()) {
      const int64_t first = i % rows, last = std::min(rows, first + (end - i));
      run(nest.data[0] + at.offset(0), nest.strides[0][1], nest.data[1] + at.offset(1), nest.strides[1][0], first, last,
          columns);
      i += last - first;
    }
  });
  return true;
}

/** Calls row(dst, src, n) for every innermost row, on several threads. */
template <class Row>
void forRows(const StridedLoop& nest, int64_t elementBytes, Row row) {
  const int64_t length = nest.inner(), rows = nest.numel / length;
  if (rows == 1) {
    parallelFor(length, kByteGrain / elementBytes, [&](int64_t begin, int64_t end) {
      row(nest.data[0] + begin * nest.innerStride(0), nest.data[1] + begin * nest.innerStride(1), end - begin);
    });
    return;
  }
  parallelFor(rows, std::max<int64_t>(1, kByteGrain / (length * elementBytes)), [&](int64_t begin, int64_t end) {
    Odometer at(nest, 1, begin);
    for (int64_t i = begin; i < end; i++, at.next()) {
      row(nest.data[0] + at.offset(0), nest.data[1] + at.offset(1), length);
    }
  });
}

void copySame(const StridedLoop& nest, int64_t size) {
  const int64_t dstStep = nest.innerStride(0), srcStep = nest.innerStride(1);
  if (dstStep == size && srcStep == size) {
    if (nest.sizes.size() <= 1) return copyBytes(nest.data[0], nest.data[1], nest.numel * size);
    forRows(nest, size, [&](char* dst, const char* src, int64_t n) { std::memcpy(dst, src, size_t(n * size)); });
    return;
  }
  if (transpose(nest, size)) return;
  const RowCopy copy = rowCopyOf(size_t(size));
  forRows(nest, size, [&](char* dst, const char* src, int64_t n) { copy(dst, dstStep, src, srcStep, n); });
}

/** The type by way of which one type becomes another. */
DType between(DType to, DType from) {
  if (to == DType::Float32 || to == DType::Float64 || to == DType::Int64) return to;
  return isFloat(to) ? DType::Float32 : computeType(from);
}

void copyOnCpu(const Tensor& dst, const Tensor& src) {
  const int64_t size = int64_t(dst.itemSize());
  const bool same = dst.dtype() == src.dtype();
  if (same && dst.contiguous() && src.contiguous() && dst.numel() == src.numel()) {
    return copyBytes(dst.as<char>(), src.as<char>(), dst.numel() * size);
  }
  const Tensor* both[2] = {&dst, &src};
  const StridedLoop nest(dst.sizes(), both, 2);
  if (same) return copySame(nest, size);
  const DType middle = between(dst.dtype(), src.dtype());
  const LoadRun load = GB_CHOOSE(loadRuns)[int(src.dtype())][computeIndex(middle)];
  const StoreRun store = GB_CHOOSE(storeRuns)[int(dst.dtype())][computeIndex(middle)];
  const int64_t dstStep = nest.innerStride(0), srcStep = nest.innerStride(1);
  const bool fromMiddle = src.dtype() == middle && srcStep == int64_t(src.itemSize());
  const bool toMiddle = dst.dtype() == middle && dstStep == size;
  const bool streams = dstStep == size && dst.numel() * size >= kStreamed;
  forRows(nest, std::max(size, int64_t(src.itemSize())), [&](char* d, const char* s, int64_t n) {
    if (toMiddle && !streams) return load(d, s, srcStep, n);
    alignas(64) char middles[kRun * 8], ends[kRun * 8];
    for (int64_t i = 0; i < n; i += kRun) {
      const int64_t part = std::min(kRun, n - i);
      const char* from = s + i * srcStep;
      if (streams && srcStep > 0) prefetch(from + 2 * kRun * srcStep, kRun * srcStep);
      if (!fromMiddle) load(middles, from, srcStep, part);
      const char* values = fromMiddle ? from : middles;
      if (!streams) {
        store(d + i * dstStep, dstStep, values, part);
        continue;
      }
      if (!toMiddle) store(ends, size, values, part);
      streamBytes(d + i * size, toMiddle ? values : ends, part * size);
    }
    if (streams) streamed();
  });
}

template <class T>
void fillRuns(const StridedLoop& nest, const void* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  const int64_t step = nest.innerStride(0);
  forRows(nest, sizeof(T), [&](char* dst, const char*, int64_t n) {
    if (step == int64_t(sizeof(T))) {
      std::fill_n(reinterpret_cast<T*>(dst), n, value);
    } else {
      for (int64_t i = 0; i < n; i++) *reinterpret_cast<T*>(dst + i * step) = value;
    }
  });
}

void fillOnCpu(const Tensor& dst, Scalar value) {
  alignas(8) char bytes[8] = {};
  const bool integer = value.kind != DType::Float64;
  const void* from = integer ? static_cast<const void*>(&value.i) : &value.d;
  GB_CHOOSE(storeRuns)[int(dst.dtype())][integer ? 2 : 1](bytes, 8, from, 1);
  const Tensor* one[2] = {&dst, nullptr};
  const StridedLoop nest(dst.sizes(), one, 2);
  switch (dst.itemSize()) {
    case 1: return fillRuns<uint8_t>(nest, bytes);
    case 2: return fillRuns<uint16_t>(nest, bytes);
    case 4: return fillRuns<uint32_t>(nest, bytes);
    default: return fillRuns<uint64_t>(nest, bytes);
  }
}

}  // namespace

GB_KERNEL(CPU, copyKernel, copyOnCpu)
GB_KERNEL(CPU, fillKernel, fillOnCpu)

}  // namespace gb
