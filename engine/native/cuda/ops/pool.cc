// Pooling, and weighted sums along one dimension, on a card.
#include "ops/pool.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "cuda/kernels/layer_arguments.h"
#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "cuda/runtime/constants.h"
#include "ops/copy.h"
#include "ops/mix.h"

namespace gb::cuda {
namespace {

/** Calls body(first, count) for as many planes as one launch can take; `largest`: elements of a plane, before or after pooling. */
template <class Body>
void inPlanes(int64_t planes, int64_t largest, const Body& body) {
  GB_CHECK(largest <= mostElements(), "pooling of planes of so many elements is not possible on a card: ", largest);
  inParts(planes, largest, body);
}

int64_t sizeOf(const PoolWindows (&dims)[3]) { return dims[0].size * dims[1].size * dims[2].size; }
int64_t windowsOf(const PoolWindows (&dims)[3]) {
  return int64_t(dims[0].windows.size()) * int64_t(dims[1].windows.size()) * int64_t(dims[2].windows.size());
}
/** Elements from number `first` on. */
void* from(const Tensor& x, int64_t first) { return x.as<char>() + first * int64_t(x.itemSize()); }

PoolArguments argumentsOf(const PoolWindows (&dims)[3]) {
  PoolArguments a{};
  a.plane = int(sizeOf(dims));
  a.pairs = dims[0].size == 1 && dims[0].windows.size() == 1;
  for (int i = 0; i < 3; i++) {
    const PoolWindows& d = dims[i];
    const int64_t reach = d.step * (d.kernel - 1) + 1, count = int64_t(d.windows.size());
    GB_CHECK(d.size + 2 * d.padding + reach + d.stride <= INT32_MAX,
             "windows that reach so far are not possible on a card: kernelSize=", d.kernel, ", stride=", d.stride,
             ", padding=", d.padding, " and dilation=", d.step);
    a.dims[i] = {divisorOf(std::max<int64_t>(1, count)), divisorOf(std::max<int64_t>(1, d.size)),
                 divisorOf(std::max<int64_t>(1, d.stride)), int(count), int(d.size), int(d.kernel), int(d.stride),
                 int(d.padding), int(d.step), int(reach)};
    if (i == 0) continue;
    const bool whole = d.stride > 0 && d.padding == 0 && (count - 1) * d.stride + 2 <= d.size;
    a.pairs = a.pairs && whole && d.kernel == 2 && d.step == 1;
  }
  return a;
}

void maxPoolOnCuda(const PoolWindows (&dims)[3], const Tensor& values, const Tensor& places, const Tensor& x) {
  static ByCompute kernels;
  const int64_t windows = windowsOf(dims), size = sizeOf(dims);
  if (windows == 0) return;
  PoolArguments a = argumentsOf(dims);
  inPlanes(values.numel() / windows, std::max(windows, size), [&](int64_t first, int64_t count) {
    a.outputs = unsigned(count * windows);
    launch(kernels.get(x.device(), "pool.cu", "maxPool", x.dtype()), x.device(), gridFor(a.outputs, kThreads), kThreads, a,
           from(values, first * windows), from(places, first * windows), from(x, first * size));
  });
}

/** Elements with places in planes: those of `planes` planes from `first` on. */
PlaceArguments placesOf(const Tensor& places, int64_t count, int64_t size, int64_t first, int64_t planes) {
  return {places.as<int>() + first * count, divisorOf(std::max<int64_t>(1, count)), size, unsigned(planes * count),
          faultOf(cudaIndex(places.device())), faultCode()};
}

void pickOnCuda(const Tensor& out, const Tensor& x, const Tensor& places, int64_t count, int64_t size) {
  static BySize kernels;
  if (out.numel() == 0) return;
  inPlanes(out.numel() / count, std::max(count, size), [&](int64_t first, int64_t planes) {
    launch(kernels.get(out.device(), "places.cu", "pick", out.itemSize()), out.device(), gridFor(planes * count, kThreads), kThreads,
           placesOf(places, count, size, first, planes), from(out, first * count), from(x, first * size));
  });
}

void putOnCuda(const Tensor& out, const Tensor& x, const Tensor& places, int64_t count, int64_t size, bool add) {
  const Device device = out.device();
  if (out.numel() == 0) return;
  static BySize finds, puts, chains;
  static ByCompute sums;
  inPlanes(out.numel() / size, std::max(count, size), [&](int64_t start, int64_t planes) {
    const PlaceArguments a = placesOf(places, count, size, start, planes);
    const long long elements = planes * size;
    const Tensor first = emptyTensor({elements}, DType::Int32, device);
    fillWith(first, Scalar::of(int64_t(-1)));
    const Grid byElement = gridFor(a.total, kThreads), byPlace = gridFor(elements, kThreads);
    void *const to = from(out, start * size), *const values = from(x, start * count);
    if (!add) {
      if (a.total > 0) {
        launch(finds.get(device, "places.cu", "findLast", 4), device, byElement, kThreads, a, first.data());
      }
      launch(puts.get(device, "places.cu", "putLast", out.itemSize()), device, byPlace, kThreads, to, values, first.data(), elements);
      return;
    }
    const Tensor next = emptyTensor({planes * count}, DType::Int32, device);
    if (a.total > 0) {
      launch(chains.get(device, "places.cu", "chain", 4), device, byElement, kThreads, a, first.data(), next.data());
    }
    launch(sums.get(device, "pool.cu", "sumChains", out.dtype()), device, byPlace, kThreads, to, values, first.data(), next.data(),
           elements);
  });
}

void maxPoolBackwardOnCuda(const PoolWindows (&dims)[3], const Tensor& out, const Tensor& x, const Tensor& places) {
  const auto empty = [](const PoolWindows& d) {
    return std::any_of(d.windows.begin(), d.windows.end(), [](const PoolWindows::Window& w) { return w.count == 0; });
  };
  const int64_t windows = windowsOf(dims), size = sizeOf(dims);
  // What a window without elements hands down goes to the first place of the plane, where it does not lie.
  if (std::any_of(std::begin(dims), std::end(dims), empty)) return putOnCuda(out, x, places, windows, size, true);
  if (out.numel() == 0) return;
  PoolArguments a = argumentsOf(dims);
  static ByCompute kernels, pairs;
  const bool filled = a.pairs && a.dims[1].stride == 2 && a.dims[2].stride == 2 && a.dims[1].size == 2 * a.dims[1].count &&
                      a.dims[2].size == 2 * a.dims[2].count;
  inPlanes(out.numel() / size, std::max(windows, size), [&](int64_t first, int64_t count) {
    a.outputs = unsigned(count * windows);
    const unsigned elements = unsigned(count * size);
    void *const to = from(out, first * size), *const values = from(x, first * windows), *const at = from(places, first * windows);
    if (filled) {
      launch(pairs.get(out.device(), "pool.cu", "maxPoolBackwardPairs", out.dtype()), out.device(), gridFor(a.outputs, kThreads),
             kThreads, a, to, values, at);
    } else {
      launch(kernels.get(out.device(), "pool.cu", "maxPoolBackward", out.dtype()), out.device(), gridFor(elements, kThreads), kThreads,
             a, to, values, at, elements);
    }
  });
}

/** Weights in the type of computation, starts and columns of a matrix behind each other. */
struct MixTable {
  size_t starts, columns;
  std::string bytes;

  MixTable(const SparseMatrix& m, DType type) {
    const int64_t entries = m.starts[m.rows];
    const size_t item = itemSize(type);
    starts = size_t(entries) * item;
    columns = starts + size_t(m.rows + 1) * 4;
    // What follows it begins at a whole number of doubles.
    bytes.resize((columns + size_t(entries) * 4 + 7) / 8 * 8);
    for (int64_t j = 0; j < entries; j++) {
      const float weight = float(m.weights[j]);
      std::memcpy(bytes.data() + size_t(j) * item, type == DType::Float64 ? static_cast<const void*>(m.weights + j) : &weight, item);
    }
    std::memcpy(bytes.data() + starts, m.starts, size_t(m.rows + 1) * 4);
    std::memcpy(bytes.data() + columns, m.columns, size_t(entries) * 4);
  }
};
const int* wholeAt(const char* at) { return reinterpret_cast<const int*>(at); }

void mixOnCuda(const Tensor& out, const Tensor& x, const SparseMatrix& m, int64_t outer, int64_t size, int64_t inner) {
  const MixTable table(m, x.dtype());
  const Constant constant(table.bytes.data(), table.bytes.size(), out.device());
  const char* at = constant.data();
  MixArguments a{wholeAt(at + table.starts), wholeAt(at + table.columns), at, divisorOf(inner), divisorOf(m.rows), size, 0};
  static ByFloat kernels;
  const int64_t lines = m.rows * inner;
  GB_CHECK(lines <= mostElements(), "a result whose lines along one dimension have so many elements is not possible on a card: ", lines);
  inParts(outer, lines, [&](int64_t first, int64_t count) {
    a.outputs = unsigned(count * lines);
    launch(kernels.get(out.device(), "mix.cu", "mix", x.dtype()), out.device(), gridFor(a.outputs, kThreads), kThreads, a,
           from(out, first * lines), from(x, first * size * inner));
  });
}

void mixPlaneOnCuda(const Tensor& out, const Tensor& x, const SparseMatrix& down, const SparseMatrix& across, int64_t planes,
                    int64_t height, int64_t width) {
  const MixTable first(down, x.dtype()), second(across, x.dtype());
  const std::string both = first.bytes + second.bytes;
  const Constant constant(both.data(), both.size(), out.device());
  const char *at = constant.data(), *next = at + first.bytes.size();
  const int64_t groups = (down.rows + kMixRows - 1) / kMixRows;
  MixPlaneArguments a{wholeAt(at + first.starts),    wholeAt(at + first.columns), wholeAt(next + second.starts),
                      wholeAt(next + second.columns), at,                          next,
                      divisorOf(groups),              divisorOf(across.rows),      int(down.rows),
                      int(height),                    int(width),                  0};
  static ByFloat kernels;
  const int64_t windows = down.rows * across.rows;
  inPlanes(planes, std::max(windows, height * width), [&](int64_t start, int64_t count) {
    a.threads = unsigned(count * groups * across.rows);
    launch(kernels.get(out.device(), "mix.cu", "mixPlane", x.dtype()), out.device(), gridFor(a.threads, kThreads), kThreads, a,
           from(out, start * windows), from(x, start * height * width));
  });
}

GB_UNITS(all) {
  for (DType compute : kComputes) all.push_back(ByCompute::unit("pool.cu", compute));
  for (size_t size : {1, 2, 4, 8}) all.push_back(BySize::unit("places.cu", size));
  for (DType type : {DType::Float32, DType::Float64}) all.push_back(ByFloat::unit("mix.cu", type));
}

GB_KERNEL(CUDA, maxPoolKernel, maxPoolOnCuda)
GB_KERNEL(CUDA, poolPickKernel, pickOnCuda)
GB_KERNEL(CUDA, poolPutKernel, putOnCuda)
GB_KERNEL(CUDA, maxPoolBackwardKernel, maxPoolBackwardOnCuda)
GB_KERNEL(CUDA, mixKernel, mixOnCuda)
GB_KERNEL(CUDA, mixPlaneKernel, mixPlaneOnCuda)

}  // namespace
}  // namespace gb::cuda
