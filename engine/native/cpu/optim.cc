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

void sgdOnCpu(const std::vector<SgdParameter>& rows, const SgdOptions& options) {
  std::vector<int64_t> firstPiece(rows.size() + 1, 0);
  for (size_t i = 0; i < rows.size(); i++) {
    firstPiece[i + 1] = firstPiece[i] + (rows[i].param->numel() + kPiece - 1) / kPiece;
  }
  parallelFor(firstPiece.back(), 4, [&](int64_t begin, int64_t end) {
    size_t row = size_t(std::upper_bound(firstPiece.begin(), firstPiece.end(), begin) - firstPiece.begin()) - 1;
    for (int64_t piece = begin; piece < end; piece++) {
      while (piece >= firstPiece[row + 1]) row++;
      const SgdParameter& r = rows[row];
      const int64_t at = (piece - firstPiece[row]) * kPiece, n = std::min(kPiece, r.param->numel() - at);
      switch (r.param->dtype()) {
        case DType::Float32: sgdPiece<float>(GB_CHOOSE(sgdF32), r, at, n, options); break;
        case DType::Float64: sgdPiece<double>(GB_CHOOSE(sgdF64), r, at, n, options); break;
        default: sgdHalf(r, at, n, options);
      }
    }
  });
}

}  // namespace

GB_KERNEL(CPU, sgdKernel, sgdOnCpu)

}  // namespace gb
