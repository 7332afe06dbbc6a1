#include "ops/gather.h"

#include <algorithm>
#include <cstring>

#include "cpu/simd/choose.h"
#include "cpu/simd/convert.h"
#include "cpu/threads.h"
#include "scalar/binary.h"
#include "tensor/interrupt.h"
#include "tensor/strided_loop.h"

namespace gb {
namespace {

template <class T>
void copyOne(char* to, const char* from) {
  std::memcpy(to, from, sizeof(T));
}

/**
 * to[i] = row[places[i]] for a row of `size` elements; false where a place is out of bounds. Places are checked block by
 * block, so that the loop that moves elements has no branch.
 */
template <class T>
bool gatherRow(char* to, const char* row, const int64_t* places, int64_t n, int64_t size) {
  constexpr int64_t kBlock = 64;
  T* out = reinterpret_cast<T*>(to);
  const T* from = reinterpret_cast<const T*>(row);
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t end = std::min(n, i + kBlock);
    bool outside = false;
    for (int64_t j = i; j < end; j++) outside |= uint64_t(places[j]) >= uint64_t(size);
    if (outside) return false;
    for (int64_t j = i; j < end; j++) out[j] = from[places[j]];
  }
  return true;
}

/** `a` with `b` taken in. */
template <class T>
T combined(Along mode, T a, T b) {
  switch (mode) {
    case Along::ScatterMultiply: return scalar::mul(a, b);
    case Along::ScatterMaximum: return scalar::maximum(a, b);
    case Along::ScatterMinimum: return scalar::minimum(a, b);
    default: return scalar::add(a, b);
  }
}

/** *to is combined with *from, in a tensor's type. */
class Combiner {
 public:
  Combiner(Along mode, DType type) : mode_(mode), compute_(computeType(type)) {
    load_ = GB_CHOOSE(loadRuns)[int(type)][computeIndex(compute_)];
    store_ = GB_CHOOSE(storeRuns)[int(type)][computeIndex(compute_)];
  }
  void operator()(char* to, const char* from) const {
    union {
      float f;
      double d;
      int64_t i;
    } a, b;
    load_(&a, to, 0, 1);
    load_(&b, from, 0, 1);
    switch (compute_) {
      case DType::Float32: a.f = combined(mode_, a.f, b.f); break;
      case DType::Float64: a.d = combined(mode_, a.d, b.d); break;
      default: a.i = combined(mode_, a.i, b.i);
    }
    store_(to, 0, &a, 1);
  }

 private:
  Along mode_;
  DType compute_;
  LoadRun load_;
  StoreRun store_;
};

void alongOnCpu(Along mode, const Tensor& x, int dim, const Tensor& index, const Tensor& other) {
  const int64_t size = x.size(dim), step = x.stride(dim) * int64_t(x.itemSize());
  // x at the index's positions, standing still along `dim`.
  Dims still = x.strides();
  still[dim] = 0;
  const Tensor base = x.viewed(index.sizes(), still);
  const Tensor* all[3] = {&other, &index, &base};
  const StridedLoop nest(index.sizes(), all, 3);
  const auto copy = x.itemSize() == 1   ? copyOne<uint8_t>
                    : x.itemSize() == 2 ? copyOne<uint16_t>
                    : x.itemSize() == 4 ? copyOne<uint32_t>
                                        : copyOne<uint64_t>;
  const Combiner combine(mode, x.dtype());
  const auto dense = x.itemSize() == 1   ? gatherRow<uint8_t>
                     : x.itemSize() == 2 ? gatherRow<uint16_t>
                     : x.itemSize() == 4 ? gatherRow<uint32_t>
                                         : gatherRow<uint64_t>;
  const int64_t length = nest.inner(), bytes = int64_t(x.itemSize());
  const bool isDense = mode == Along::Gather && nest.innerStride(0) == bytes && nest.innerStride(1) == 8 &&
                       nest.innerStride(2) == 0 && step == bytes;
  const auto rows = [&](int64_t begin, int64_t end) {
    Odometer at(nest, 1, begin);
    for (int64_t r = begin; r < end; r++, at.next()) {
      char* o = nest.data[0] + at.offset(0);
      const char* places = nest.data[1] + at.offset(1);
      char* b = nest.data[2] + at.offset(2);
      // A place out of bounds is named below.
      if (isDense && dense(o, b, reinterpret_cast<const int64_t*>(places), length, size)) continue;
      for (int64_t i = 0; i < length; i++) {
        const int64_t place = *reinterpret_cast<const int64_t*>(places + i * nest.innerStride(1));
        GB_CHECK(place >= 0 && place < size, "index ", place, " is out of bounds for dimension ", dim, " with size ", size);
        char* element = b + i * nest.innerStride(2) + place * step;
        char* mine = o + i * nest.innerStride(0);
        switch (mode) {
          case Along::Gather: copy(mine, element); break;
          case Along::Scatter: copy(element, mine); break;
          default: combine(element, mine);
        }
      }
      if (!(r & 255)) checkInterrupt();
    }
  };
  const int64_t count = nest.numel / length;
  if (mode == Along::Gather) {
    parallelFor(count, std::max<int64_t>(1, kGrain / length), rows);
  } else {
    rows(0, count);
  }
}

}  // namespace

GB_KERNEL(CPU, alongKernel, alongOnCpu)

}  // namespace gb
