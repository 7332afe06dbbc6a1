// What the forward and the backward pass of recurrent layers share on the CPU: where rows stand, and who works on them.
#pragma once
#include <algorithm>
#include <vector>

#include "cpu/gemm.h"
#include "cpu/simd/choose.h"
#include "cpu/simd/rnn.h"
#include "cpu/threads.h"
#include "ops/copy.h"
#include "ops/rnn.h"
#include "tensor/interrupt.h"

namespace gb {

/**
 * The steps of one direction of a layer. The second direction runs from the last step to the first, and a sequence joins
 * it where it ends.
 */
template <class T>
class RnnSteps {
 public:
  RnnSteps(const RnnCall& call, const RnnResult& result, int direction)
      : call(call), gates(gatesOf(call.mode) * call.hidden), kept(keptOf(call.mode) * call.hidden), direction_(direction),
        output_(result.output.as<T>() + direction * call.out),
        kept_(result.kept.as<T>() + direction * call.rows * kept) {
    offsets_.reserve(size_t(call.steps) + 1);
    int64_t rows = 0;
    for (int64_t t = 0; t < call.steps; t++) {
      offsets_.push_back(rows);
      rows += call.batchSizes[t];
    }
    offsets_.push_back(rows);
  }

  const RnnCall& call;
  const int64_t gates, kept;

  /** Step number s of the way. */
  int64_t stepAt(int64_t s) const { return direction_ == 0 ? s : call.steps - 1 - s; }
  /** The first row of step t. */
  int64_t rowOf(int64_t t) const { return offsets_[size_t(t)]; }

  CellRows output(int64_t row) const { return {output_ + row * outputStride(), outputStride()}; }
  int64_t outputStride() const { return call.directions * call.out; }
  CellRows cells(int64_t row) const {
    return kept == 0 ? output(row) : CellRows{kept_ + row * kept, kept};
  }
  /** Of sequence j, in a tensor [directions, batch, width]. */
  CellRows stateOf(const Tensor& states, int64_t j) const {
    const int64_t width = states.size(2);
    return {states.as<T>() + (direction_ * call.batch + j) * width, width};
  }

  /** The h, or c, that sequences [lo, hi) had before step t: use(first sequence, how many, rows). */
  template <class Use>
  void before(int64_t t, int64_t lo, int64_t hi, bool cell, const Use& use) const {
    const int64_t earlier = direction_ == 0 ? t - 1 : t + 1;
    const int64_t there = earlier < 0 || earlier >= call.steps ? 0 : std::min(hi, call.batchSizes[earlier]);
    if (there > lo) {
      const int64_t row = rowOf(earlier) + lo;
      use(lo, there - lo, cell ? CellRows{kept_ + row * kept + gates, kept} : output(row));
    }
    const int64_t first = std::max(lo, there);
    if (first < hi) use(first, hi - first, stateOf(cell ? *call.c0 : *call.h0, first));
  }

  /** Whether the recurrent weights stay in a core's cache, so that every thread may walk all steps for its sequences. */
  bool bySequences() const {
    return gates * call.out * int64_t(sizeof(T)) <= (1 << 20) && call.rows * gates * call.out > 4000000;
  }

 private:
  int direction_;
  T* output_;
  T* kept_;
  std::vector<int64_t> offsets_;
};

/** Runs work(direction, lo, hi) for all sequences of all directions; every sequence's result is its own. */
template <class T, class Work>
void overSequences(const RnnSteps<T>& steps, const Work& work) {
  const RnnCall& call = steps.call;
  if (!steps.bySequences()) {
    for (int d = 0; d < call.directions; d++) work(d, 0, call.batch);
    return;
  }
  // Ranges of sequences with about the same number of rows.
  const int64_t parts = std::max<int64_t>(1, std::min<int64_t>(call.batch, numThreads() / call.directions));
  std::vector<int64_t> bounds{0};
  int64_t rows = 0, t = call.steps - 1;
  for (int64_t j = 0; j < call.batch; j++) {
    while (t >= 0 && call.batchSizes[t] <= j) t--;
    rows += t + 1;
    if (rows * parts >= call.rows * int64_t(bounds.size()) && int64_t(bounds.size()) < parts) bounds.push_back(j + 1);
  }
  bounds.push_back(call.batch);
  const int64_t ranges = int64_t(bounds.size()) - 1;
  parallelFor(ranges * call.directions, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; task++) {
      const size_t range = size_t(task % ranges);
      work(int(task / ranges), bounds[range], bounds[range + 1]);
    }
  });
}

template <class T>
T* at(CellRows rows, int64_t r = 0) {
  return static_cast<T*>(rows.data) + r * rows.stride;
}

/** The data of a weight; null where there is none. */
template <class T>
T* dataOf(MaybeTensor tensor) {
  return tensor ? tensor->as<T>() : nullptr;
}

/** A matrix's transpose, row-major: products read its rows where they lie. */
inline Tensor transposedCopy(const Tensor& x) {
  return contiguous(x.viewed({x.size(1), x.size(0)}, {x.stride(1), x.stride(0)}));
}

}  // namespace gb
