// Optimiser steps on the CPU: all parameters are cut into pieces that the threads take one after the other.
#include "ops/optim.h"

#include <algorithm>

#include "cpu/simd/choose.h"
#include "cpu/simd/convert.h"
#include "cpu/simd/optim.h"
#include "cpu/threads.h"

namespace gb {
namespace {

constexpr int64_t kPiece = 16384;

template <class T>
void sgdPiece(SgdLoop<T> loop, const SgdParameter& row, int64_t begin, int64_t n, const SgdOptions& options) {
  loop(row.param->as<T>() + begin, row.grad->as<T>() + begin, row.buffer ? row.buffer->as<T>() + begin : nullptr,
       row.fresh, n, options);
}

/** Half types by way of float. */
void sgdHalf(const SgdParameter& row, int64_t begin, int64_t n, const SgdOptions& options) {
  constexpr int64_t kRun = 512;
  const int type = int(row.param->dtype());
  const auto load = GB_CHOOSE(loadRuns)[type][0];
  const auto store = GB_CHOOSE(storeRuns)[type][0];
  float p[kRun], g[kRun], b[kRun];
  for (int64_t i = begin; i < begin + n; i += kRun) {
    const int64_t part = std::min(kRun, begin + n - i);
    load(p, row.param->as<char>() + i * 2, 2, part);
    load(g, row.grad->as<char>() + i * 2, 2, part);
    if (row.buffer && !row.fresh) load(b, row.buffer->as<char>() + i * 2, 2, part);
    GB_CHOOSE(sgdF32)(p, g, row.buffer ? b : nullptr, row.fresh, part, options);
    store(row.param->as<char>() + i * 2, 2, p, part);
    if (row.buffer) store(row.buffer->as<char>() + i * 2, 2, b, part);
  }
}

/** Calls body(row, begin, n) for the pieces of all parameters. */
template <class Row, class Body>
void forPieces(const std::vector<Row>& rows, const Body& body) {
  std::vector<int64_t> firstPiece(rows.size() + 1, 0);
  for (size_t i = 0; i < rows.size(); i++) {
    firstPiece[i + 1] = firstPiece[i] + (rows[i].param->numel() + kPiece - 1) / kPiece;
  }
  parallelFor(firstPiece.back(), 4, [&](int64_t begin, int64_t end) {
    size_t row = size_t(std::upper_bound(firstPiece.begin(), firstPiece.end(), begin) - firstPiece.begin()) - 1;
    for (int64_t piece = begin; piece < end; piece++) {
      while (piece >= firstPiece[row + 1]) row++;
      const int64_t at = (piece - firstPiece[row]) * kPiece;
      body(rows[row], at, std::min(kPiece, rows[row].param->numel() - at));
    }
  });
}

void sgdOnCpu(const std::vector<SgdParameter>& rows, const SgdOptions& options) {
  forPieces(rows, [&](const SgdParameter& row, int64_t at, int64_t n) {
    switch (row.param->dtype()) {
      case DType::Float32: sgdPiece<float>(GB_CHOOSE(sgdF32), row, at, n, options); break;
      case DType::Float64: sgdPiece<double>(GB_CHOOSE(sgdF64), row, at, n, options); break;
      default: sgdHalf(row, at, n, options);
    }
  });
}

template <class T>
void stepPiece(StepLoop<T> loop, int states, const StepParameter& row, int64_t begin, int64_t n) {
  T* at[kMaxStates];
  for (int k = 0; k < states; k++) at[k] = row.states[k]->as<T>() + begin;
  loop(row.param->as<T>() + begin, row.grad->as<T>() + begin, at, n, row.constants);
}

/** Half types by way of float. */
void stepHalf(StepLoop<float> loop, int states, const StepParameter& row, int64_t begin, int64_t n) {
  constexpr int64_t kRun = 512;
  const int type = int(row.param->dtype());
  const auto load = GB_CHOOSE(loadRuns)[type][0];
  const auto store = GB_CHOOSE(storeRuns)[type][0];
  float p[kRun], g[kRun], s[kMaxStates][kRun];
  float* const at[kMaxStates] = {s[0], s[1], s[2]};
  for (int64_t i = begin; i < begin + n; i += kRun) {
    const int64_t part = std::min(kRun, begin + n - i);
    load(p, row.param->as<char>() + i * 2, 2, part);
    load(g, row.grad->as<char>() + i * 2, 2, part);
    for (int k = 0; k < states; k++) load(s[k], row.states[k]->as<char>() + i * 2, 2, part);
    loop(p, g, at, part, row.constants);
    store(row.param->as<char>() + i * 2, 2, p, part);
    for (int k = 0; k < states; k++) store(row.states[k]->as<char>() + i * 2, 2, s[k], part);
  }
}

void stepOnCpu(Step step, int states, const std::vector<StepParameter>& rows) {
  forPieces(rows, [&](const StepParameter& row, int64_t at, int64_t n) {
    switch (row.param->dtype()) {
      case DType::Float32: stepPiece<float>(GB_CHOOSE(stepsF32)[int(step)], states, row, at, n); break;
      case DType::Float64: stepPiece<double>(GB_CHOOSE(stepsF64)[int(step)], states, row, at, n); break;
      default: stepHalf(GB_CHOOSE(stepsF32)[int(step)], states, row, at, n);
    }
  });
}

}  // namespace

GB_KERNEL(CPU, sgdKernel, sgdOnCpu)
GB_KERNEL(CPU, stepKernel, stepOnCpu)

}  // namespace gb
