// Pooling by the maximum: a row of results at a time. Where a kernel lies inside the input, all its taps are looked at for
// several windows at once; windows at an edge, one by one.
#include "ops/pool.h"

#include <algorithm>
#include <limits>

#include "cpu/simd/choose.h"
#include "cpu/simd/pool.h"
#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

template <class T>
MaxRow<T> maxRowOf();
template <>
MaxRow<float> maxRowOf<float>() {
  return GB_CHOOSE(maxRowF32);
}
template <>
MaxRow<double> maxRowOf<double>() {
  return GB_CHOOSE(maxRowF64);
}
template <>
MaxRow<int64_t> maxRowOf<int64_t>() {
  return [](const int64_t* const* taps, const int32_t* places, int64_t count, int64_t stride, int64_t n, int64_t* best,
            int32_t* place) {
    for (int64_t i = 0; i < n; i++) {
      int64_t top = 0;
      for (int64_t t = 1; t < count; t++) {
        if (taps[t][i * stride] > taps[top][i * stride]) top = t;
      }
      best[i] = taps[top][i * stride];
      place[i] = int32_t(places[top] + i * stride);
    }
  };
}

template <class T>
struct MaxPool {
  const PoolWindows (&dims)[3];
  const MaxRow<T> maxRow = maxRowOf<T>();
  /** Windows of the last dimension that are not cut off: first … end. */
  int64_t first = 0, end = 0;

  explicit MaxPool(const PoolWindows (&windows)[3]) : dims(windows) {
    const PoolWindows& x = dims[2];
    if (x.stride == 0) return;
    const int64_t count = int64_t(x.windows.size()), last = x.size - (x.kernel - 1) * x.step - 1 + x.padding;
    first = std::min(count, (x.padding + x.stride - 1) / x.stride);
    end = last < 0 ? first : std::max(first, std::min(count, last / x.stride + 1));
  }

  /** Windows i … i + n of the last dimension, which all have `taps` elements, with one z and one y. */
  void windows(T* best, int32_t* place, const T* plane, const PoolWindows::Window& z, const PoolWindows::Window& y, int64_t i,
               int64_t n, std::vector<const T*>& taps, std::vector<int32_t>& places) const {
    const int64_t height = dims[1].size, width = dims[2].size;
    const PoolWindows::Window& x = dims[2].windows[size_t(i)];
    taps.clear();
    places.clear();
    for (int64_t a = 0; a < z.count; a++) {
      for (int64_t b = 0; b < y.count; b++) {
        const int64_t line = ((z.first + a * dims[0].step) * height + y.first + b * dims[1].step) * width;
        for (int64_t c = 0; c < x.count; c++) {
          const int64_t at = line + x.first + c * dims[2].step;
          taps.push_back(plane + at);
          places.push_back(int32_t(at));
        }
      }
    }
    if (taps.empty()) {
      // Only where padding and dilation leave a window no element: PyTorch's -inf, at its first place.
      std::fill(best + i, best + i + n, std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                                             : std::numeric_limits<T>::lowest());
      std::fill(place + i, place + i + n, 0);
      return;
    }
    maxRow(taps.data(), places.data(), int64_t(taps.size()), std::max<int64_t>(1, dims[2].stride), n, best + i, place + i);
  }

  void run(const Tensor& values, const Tensor& indices, const Tensor& x) const {
    const int64_t deep = int64_t(dims[0].windows.size()), down = int64_t(dims[1].windows.size());
    const int64_t across = int64_t(dims[2].windows.size()), plane = dims[0].size * dims[1].size * dims[2].size;
    parallelFor(values.numel() / across, std::max<int64_t>(1, kGrain / 4 / across), [&](int64_t begin, int64_t last) {
      std::vector<const T*> taps;
      std::vector<int32_t> places;
      for (int64_t r = begin; r < last; r++) {
        T* best = values.as<T>() + r * across;
        int32_t* place = indices.as<int32_t>() + r * across;
        const T* from = x.as<T>() + r / down / deep * plane;
        const auto& z = dims[0].windows[size_t(r / down % deep)];
        const auto& y = dims[1].windows[size_t(r % down)];
        for (int64_t i = 0; i < first; i++) windows(best, place, from, z, y, i, 1, taps, places);
        if (end > first) windows(best, place, from, z, y, first, end - first, taps, places);
        for (int64_t i = end; i < across; i++) windows(best, place, from, z, y, i, 1, taps, places);
        if (!(r & 255)) checkInterrupt();
      }
    });
  }
};

void maxPoolOnCpu(const PoolWindows (&dims)[3], const Tensor& values, const Tensor& places, const Tensor& x) {
  switch (x.dtype()) {
    case DType::Float32: return MaxPool<float>{dims}.run(values, places, x);
    case DType::Float64: return MaxPool<double>{dims}.run(values, places, x);
    default: return MaxPool<int64_t>{dims}.run(values, places, x);
  }
}

void checkPlaces(const int32_t* places, int64_t count, int64_t size) {
  bool outside = false;
  for (int64_t i = 0; i < count; i++) outside |= uint32_t(places[i]) >= uint32_t(size);
  if (!outside) return;
  for (int64_t i = 0; i < count; i++) {
    GB_CHECK(places[i] >= 0 && places[i] < size, "found an invalid max index: ", places[i], " (planes have ", size,
             " elements)");
  }
}

template <class Body>
void forPlanes(int64_t planes, int64_t size, const Body& body) {
  parallelFor(planes, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, size)), [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; p++) {
      body(p);
      if (!(p & 63)) checkInterrupt();
    }
  });
}

template <class T>
void pick(const Tensor& out, const Tensor& x, const Tensor& places, int64_t count, int64_t size) {
  forPlanes(out.numel() / count, count, [&](int64_t p) {
    const T* from = x.as<T>() + p * size;
    const int32_t* at = places.as<int32_t>() + p * count;
    T* to = out.as<T>() + p * count;
    checkPlaces(at, count, size);
    for (int64_t i = 0; i < count; i++) to[i] = from[at[i]];
  });
}

template <class T, bool Add>
void put(const Tensor& out, const Tensor& x, const Tensor& places, int64_t count, int64_t size) {
  forPlanes(out.numel() / size, size + count, [&](int64_t p) {
    const T* from = x.as<T>() + p * count;
    const int32_t* at = places.as<int32_t>() + p * count;
    T* to = out.as<T>() + p * size;
    checkPlaces(at, count, size);
    std::fill(to, to + size, T(0));
    for (int64_t i = 0; i < count; i++) {
      if (Add) {
        to[at[i]] += from[i];
      } else {
        to[at[i]] = from[i];
      }
    }
  });
}

void pickOnCpu(const Tensor& out, const Tensor& x, const Tensor& places, int64_t count, int64_t size) {
  switch (x.itemSize()) {
    case 1: return pick<uint8_t>(out, x, places, count, size);
    case 2: return pick<uint16_t>(out, x, places, count, size);
    case 4: return pick<uint32_t>(out, x, places, count, size);
    default: return pick<uint64_t>(out, x, places, count, size);
  }
}

void putOnCpu(const Tensor& out, const Tensor& x, const Tensor& places, int64_t count, int64_t size, bool add) {
  if (add) {
    switch (x.dtype()) {
      case DType::Float32: return put<float, true>(out, x, places, count, size);
      case DType::Float64: return put<double, true>(out, x, places, count, size);
      default: return put<uint64_t, true>(out, x, places, count, size);
    }
  }
  switch (x.itemSize()) {
    case 1: return put<uint8_t, false>(out, x, places, count, size);
    case 2: return put<uint16_t, false>(out, x, places, count, size);
    case 4: return put<uint32_t, false>(out, x, places, count, size);
    default: return put<uint64_t, false>(out, x, places, count, size);
  }
}

void maxPoolBackwardOnCpu(const PoolWindows (&dims)[3], const Tensor& out, const Tensor& x, const Tensor& places) {
  int64_t count = 1, size = 1;
  for (const PoolWindows& dim : dims) {
    count *= int64_t(dim.windows.size());
    size *= dim.size;
  }
  putOnCpu(out, x, places, count, size, true);
}

}  // namespace

GB_KERNEL(CPU, maxPoolKernel, maxPoolOnCpu)
GB_KERNEL(CPU, poolPickKernel, pickOnCpu)
GB_KERNEL(CPU, poolPutKernel, putOnCpu)
GB_KERNEL(CPU, maxPoolBackwardKernel, maxPoolBackwardOnCpu)

}  // namespace gb
