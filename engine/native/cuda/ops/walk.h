// From tensors to what kernels walk over.
#pragma once
#include <algorithm>

#include "cuda/kernels/arguments.h"
#include "cuda/runtime/launch.h"
#include "tensor/strided_loop.h"

namespace gb::cuda {

/** For numbers below 2^31. */
inline Divisor divisorOf(int64_t d) {
  unsigned shift = 0;
  while ((int64_t(1) << shift) < d) shift++;
  const uint64_t multiplier = ((uint64_t(1) << 32) * ((uint64_t(1) << shift) - uint64_t(d))) / uint64_t(d) + 1;
  return {unsigned(d), unsigned(multiplier), shift};
}

/** Positions are 32-bit numbers in kernels: a launch walks over so many elements at most, and what has more takes several. */
inline int64_t mostElements() { return launchLimit; }

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

/** Elements `begin` … begin + n of a walk's dimension `d`. */
inline StridedLoop sliceOf(const StridedLoop& nest, int d, int64_t begin, int64_t n) {
  StridedLoop slice = nest;
  slice.numel = nest.numel / nest.sizes[d] * n;
  slice.sizes[d] = n;
  for (int k = 0; k < nest.operands; k++) {
    if (slice.data[k]) slice.data[k] += begin * nest.strides[k][d];
  }
  return slice;
}

/** Calls body(first, count) for parts of `n` things of `each` elements, as many as one launch can take. */
template <class Body>
void inParts(int64_t n, int64_t each, const Body& body) {
  const int64_t part = std::max<int64_t>(1, mostElements() / std::max<int64_t>(1, each));
  for (int64_t first = 0; first < n; first += part) body(first, std::min(part, n - first));
}

/** Innermost dimensions are cut at multiples of so many elements: what is read together stays together. */
constexpr int64_t kCut = 16;

/**
 * Calls body(nest) for parts of a walk that one launch can take: the whole, or slices of its outermost dimension, whose `data` are
 * moved on.
 */
template <class Body>
void inLaunches(const StridedLoop& nest, const Body& body) {
  if (nest.numel <= mostElements()) return body(nest);
  const int outer = nest.sizes.size() - 1;
  const int64_t size = nest.sizes[outer];
  if (outer == 0) {
    const int64_t part = std::max(kCut, mostElements() / kCut * kCut);
    for (int64_t begin = 0; begin < size; begin += part) body(sliceOf(nest, 0, begin, std::min(part, size - begin)));
    return;
  }
  inParts(size, nest.numel / size, [&](int64_t begin, int64_t n) {
    StridedLoop slice = sliceOf(nest, outer, begin, n);
    if (n == 1) {
      slice.sizes.resize(outer);
      for (int k = 0; k < nest.operands; k++) slice.strides[k].resize(outer);
    }
    inLaunches(slice, body);
  });
}

}  // namespace gb::cuda
