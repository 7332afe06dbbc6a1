// Pooling, and weighted sums along one dimension, on a card.
#include "ops/pool.h"

#include <cstring>

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

void maxPoolOnCuda(const PoolWindows (&dims)[3], const Tensor& values, const Tensor& places, const Tensor& x) {
  checkElements(values);
  PoolArguments a{};
  for (int i = 0; i < 3; i++) {
    const PoolWindows& d = dims[i];
    a.dims[i] = {divisorOf(int64_t(d.windows.size())), d.size, d.kernel, d.stride, d.padding, d.step};
  }
  a.outputs = unsigned(values.numel());
  static ByCompute kernels;
  launch(kernels.get(x.device(), "pool.cu", "maxPool", x.dtype()), x.device(), gridFor(values.numel(), kThreads), kThreads, a,
         values.data(), places.data(), x.data());
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
GB_KERNEL(CUDA, mixKernel, mixOnCuda)

}  // namespace
}  // namespace gb::cuda
