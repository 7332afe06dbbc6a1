#include "cuda/ops/index_walk.h"

#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"

namespace gb::cuda {

IndexArguments argumentsOf(const Indexed& x) {
  IndexArguments a{};
  const int64_t size = int64_t(x.base.itemSize());
  GB_CHECK(int(x.indices.size()) <= kMostDims, "more than ", kMostDims, " index tensors");
  for (const Tensor& index : x.indices) {
    checkTogether(x.base, index);
    a.at[a.count] = static_cast<const long long*>(index.data());
    a.sizes[a.count] = x.sizes[a.count];
    a.strides[a.count] = x.strides[a.count] * size;
    a.count++;
  }
  a.fromEnd = x.fromEnd;
  a.fault = faultOf(cudaIndex(x.base.device()));
  a.op = faultCode();
  return a;
}

/** The same from position `first` on. */
IndexArguments positionsOf(IndexArguments index, int64_t first) {
  for (int k = 0; k < index.count; k++) index.at[k] += first;
  return index;
}

/** Blocks [count, rest…]: the walk over one of them, in step with the base. */
StridedLoop blockLoop(const Tensor& blocks, const Tensor& base) {
  Dims sizes = blocks.sizes(), strides = blocks.strides();
  sizes.erase(0);
  strides.erase(0);
  const Tensor one = blocks.viewed(sizes, strides);
  const Tensor* both[2] = {&one, &base};
  return StridedLoop(sizes, both, 2);
}

/** The walk over a block with the index as its last dimension, whatever their strides. */
Walk<2> withIndexLast(const StridedLoop& block, int64_t count, int64_t step) {
  Walk<2> walk = walkOf<2>(block);
  GB_CHECK(walk.dims < kMostDims, "an index into a tensor of so many dimensions");
  walk.sizes[walk.dims] = divisorOf(count);
  walk.strides[0][walk.dims] = step;
  walk.strides[1][walk.dims] = 0;
  walk.dims++;
  return walk;
}

int widen(StridedLoop& block, int itemSize, int64_t step, const IndexArguments& index) {
  if (block.sizes.empty() || block.strides[0][0] != itemSize || block.strides[1][0] != itemSize) return itemSize;
  int64_t all = block.sizes[0] * itemSize | step | int64_t(reinterpret_cast<size_t>(block.data[0]) | reinterpret_cast<size_t>(block.data[1]));
  for (int d = 1; d < block.sizes.size(); d++) all |= block.strides[0][d] | block.strides[1][d];
  for (int k = 0; k < index.count; k++) all |= index.strides[k];
  int size = 16;
  while (size > itemSize && all % size != 0) size /= 2;
  const int64_t together = size / itemSize;
  block.sizes[0] /= together;
  block.numel /= together;
  for (int k = 0; k < 2; k++) block.strides[k][0] = size;
  return size;
}

Line lineOf(const Tensor& x, int dim, const Tensor& index, const Tensor& other) {
  const int64_t size = int64_t(x.itemSize());
  return {other.stride(dim) * size, index.stride(dim) * 8, x.stride(dim) * size, index.size(dim), x.size(dim), dim, int(x.dtype()),
          faultOf(cudaIndex(x.device())), faultCode()};
}

StridedLoop alongLoop(const Tensor& x, int dim, const Tensor& index, const Tensor& other) {
  Dims strides = x.strides();
  strides[dim] = 0;
  const Tensor still = x.viewed(index.sizes(), strides);
  const Tensor* all[3] = {&other, &index, &still};
  return StridedLoop(index.sizes(), all, 3);
}

StridedLoop linesLoop(const Tensor& x, int dim, const Tensor& index, const Tensor& other) {
  Dims sizes = index.sizes(), o = other.strides(), p = index.strides(), s = x.strides();
  for (Dims* dims : {&sizes, &o, &p, &s}) dims->erase(dim);
  const Tensor a = other.viewed(sizes, o), b = index.viewed(sizes, p), c = x.viewed(sizes, s);
  const Tensor* all[3] = {&a, &b, &c};
  return StridedLoop(sizes, all, 3);
}

int64_t reachOf(const Tensor& x) {
  int64_t reach = 1;
  for (int d = 0; d < x.ndim(); d++) reach += (x.size(d) - 1) * x.stride(d);
  return reach;
}

Grid indexGrid(int64_t n) { return gridFor(n, int64_t(kThreads) * kIndexEach); }

}  // namespace gb::cuda
