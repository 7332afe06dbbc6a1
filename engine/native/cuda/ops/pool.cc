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

void checkElements(const Tensor& x) {
  GB_CHECK(x.numel() <= kMostElements, "pooling of so many elements is not possible on a card yet: ", x.numel());
}

PoolArguments windowsOf(const PoolWindows (&dims)[3], const Tensor& outputs) {
  checkElements(outputs);
  PoolArguments a{};
  a.outputs = unsigned(outputs.numel());
  a.plane = int(dims[0].size * dims[1].size * dims[2].size);
  a.pairs = dims[0].size == 1 && dims[0].windows.size() == 1;
  for (int i = 0; i < 3; i++) {
    const PoolWindows& d = dims[i];
    const int64_t reach = d.step * (d.kernel - 1) + 1, count = int64_t(d.windows.size());
    GB_CHECK(d.size + 2 * d.padding + reach + d.stride <= kMostElements,
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
  launch(kernels.get(x.device(), "pool.cu", "maxPool", x.dtype()), x.device(), gridFor(values.numel(), kThreads), kThreads,
         windowsOf(dims, values), values.data(), places.data(), x.data());
}

PlaceArguments placesOf(const Tensor& places, int64_t count, int64_t size) {
  checkElements(places);
  return {places.as<int>(), divisorOf(count), size, unsigned(places.numel()), faultOf(cudaIndex(places.device())), faultCode()};
}

void pickOnCuda(const Tensor& out, const Tensor& x, const Tensor& places, int64_t count, int64_t size) {
  static BySize kernels;
  launch(kernels.get(out.device(), "places.cu", "pick", out.itemSize()), out.device(), gridFor(out.numel(), kThreads), kThreads,
         placesOf(places, count, size), out.data(), x.data());
}

void putOnCuda(const Tensor& out, const Tensor& x, const Tensor& places, int64_t count, int64_t size, bool add) {
  const Device device = out.device();
  const PlaceArguments a = placesOf(places, count > 0 ? count : 1, size);
  const Tensor first = emptyTensor(out.sizes(), DType::Int32, device);
  fillWith(first, Scalar::of(int64_t(-1)));
  const Grid byElement = gridFor(a.total, kThreads), byPlace = gridFor(out.numel(), kThreads);
  static BySize finds, puts, chains;
  static ByCompute sums;
  if (!add) {
    if (a.total > 0) {
      launch(finds.get(device, "places.cu", "findLast", 4), device, byElement, kThreads, a, first.data());
    }
    launch(puts.get(device, "places.cu", "putLast", out.itemSize()), device, byPlace, kThreads, out.data(), x.data(),
           first.data(), static_cast<long long>(out.numel()));
    return;
  }
  const Tensor next = emptyTensor(places.sizes(), DType::Int32, device);
  if (a.total > 0) {
    launch(chains.get(device, "places.cu", "chain", 4), device, byElement, kThreads, a, first.data(), next.data());
  }
  launch(sums.get(device, "pool.cu", "sumChains", out.dtype()), device, byPlace, kThreads, out.data(), x.data(), first.data(),
         next.data(), static_cast<long long>(out.numel()));
}

void maxPoolBackwardOnCuda(const PoolWindows (&dims)[3], const Tensor& out, const Tensor& x, const Tensor& places) {
  const auto empty = [](const PoolWindows& d) {
    return std::any_of(d.windows.begin(), d.windows.end(), [](const PoolWindows::Window& w) { return w.count == 0; });
  };
  const PoolArguments a = windowsOf(dims, places);
  if (std::any_of(std::begin(dims), std::end(dims), empty)) {
    // What such a window hands down goes to the first place of the plane, where it does not lie.
    return putOnCuda(out, x, places, int64_t(a.dims[0].count) * a.dims[1].count * a.dims[2].count, a.plane, true);
  }
  checkElements(out);
  static ByCompute kernels, pairs;
  const bool filled = a.pairs && a.dims[1].stride == 2 && a.dims[2].stride == 2 && a.dims[1].size == 2 * a.dims[1].count &&
                      a.dims[2].size == 2 * a.dims[2].count;
  if (filled) {
    launch(pairs.get(out.device(), "pool.cu", "maxPoolBackwardPairs", out.dtype()), out.device(), gridFor(a.outputs, kThreads),
           kThreads, a, out.data(), x.data(), places.data());
    return;
  }
  launch(kernels.get(out.device(), "pool.cu", "maxPoolBackward", out.dtype()), out.device(), gridFor(out.numel(), kThreads),
         kThreads, a, out.data(), x.data(), places.data(), unsigned(out.numel()));
}

void mixOnCuda(const Tensor& out, const Tensor& x, const SparseMatrix& m, int64_t, int64_t size, int64_t inner) {
  GB_CHECK(out.numel() <= kMostElements, "a result of so many elements is not possible on a card yet: ", out.numel());
  // Weights, starts and columns behind each other.
  const int64_t entries = m.starts[m.rows];
  const size_t weights = size_t(entries) * x.itemSize(), starts = size_t(m.rows + 1) * 4;
  std::string table(weights + starts + size_t(entries) * 4, '\0');
  if (x.dtype() == DType::Float64) {
    std::memcpy(table.data(), m.weights, weights);
  } else {
    for (int64_t j = 0; j < entries; j++) {
      const float weight = float(m.weights[j]);
      std::memcpy(table.data() + j * 4, &weight, 4);
    }
  }
  std::memcpy(table.data() + weights, m.starts, starts);
  std::memcpy(table.data() + weights + starts, m.columns, size_t(entries) * 4);
  const Constant constant(table.data(), table.size(), out.device());
  const char* at = constant.data();
  const MixArguments a{reinterpret_cast<const int*>(at + weights), reinterpret_cast<const int*>(at + weights + starts), at,
                       divisorOf(inner), divisorOf(m.rows), size, unsigned(out.numel())};
  static ByFloat kernels;
  launch(kernels.get(out.device(), "mix.cu", "mix", x.dtype()), out.device(), gridFor(out.numel(), kThreads), kThreads, a,
         out.data(), x.data());
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

}  // namespace
}  // namespace gb::cuda
