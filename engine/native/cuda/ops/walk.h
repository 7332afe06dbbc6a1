// From tensors to what kernels walk over.
#pragma once
#include "cuda/kernels/arguments.h"
#include "tensor/strided_loop.h"

namespace gb::cuda {

/** For numbers below 2^31. */
inline Divisor divisorOf(int64_t d) {
  unsigned shift = 0;
  while ((int64_t(1) << shift) < d) shift++;
  const uint64_t multiplier = ((uint64_t(1) << 32) * ((uint64_t(1) << shift) - uint64_t(d))) / uint64_t(d) + 1;
  return {unsigned(d), unsigned(multiplier), shift};
}

/** Elements that one launch walks over at most: positions are 32-bit numbers there. */
constexpr int64_t kMostElements = (int64_t(1) << 31) - 1;

template <int N>
Walk<N> walkOf(const StridedLoop& nest) {
  GB_CHECK(nest.sizes.size() <= kMostDims, "a walk over tensors of ", nest.sizes.size(),
           " dimensions that cannot be joined is not possible on a card (at most ", kMostDims, ")");
  Walk<N> walk{};
  walk.dims = nest.sizes.size();
  for (int d = 0; d < walk.dims; d++) {
    walk.sizes[d] = divisorOf(nest.sizes[d]);
    for (int k = 0; k < N; k++) walk.strides[k][d] = nest.strides[k][d];
  }
  return walk;
}

/** Whether a thread can take kWalkRun elements at once (cuda/kernels/run.cuh). */
inline bool hasRuns(const StridedLoop& nest) { return !nest.sizes.empty() && nest.sizes[0] >= kWalkRun; }

/**
 * Calls body(nest, offsets) for parts of a walk that one launch can take: the whole, or slices of its outermost dimension,
 * whose `data` are moved on.
 */
template <class Body>
void inLaunches(const StridedLoop& nest, const Body& body) {
  if (nest.numel <= kMostElements) return body(nest);
  const int outer = nest.sizes.size() - 1;
  const int64_t size = nest.sizes[outer], inner = nest.numel / size;
  const int64_t part = inner > kMostElements ? 1 : kMostElements / inner;
  for (int64_t begin = 0; begin < size; begin += part) {
    StridedLoop slice = nest;
    const int64_t n = part < size - begin ? part : size - begin;
    slice.sizes[outer] = n;
    slice.numel = inner * n;
    for (int k = 0; k < nest.operands; k++) {
      if (slice.data[k]) slice.data[k] += begin * nest.strides[k][outer];
    }
    if (n == 1) {
      slice.sizes.resize(outer);
      for (int k = 0; k < nest.operands; k++) slice.strides[k].resize(outer);
    }
    inLaunches(slice, body);
  }
}

}  // namespace gb::cuda
