// Running results on a card. Rows that are too few to keep it busy are cut into parts.
#include "ops/scan.h"

#include <algorithm>
#include <optional>

#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"

namespace gb::cuda {
namespace {

/** Elements that a block takes at a time, and the least that a part is worth. */
constexpr int64_t kTile = 4 * kThreads, kLeast = 4 * kTile;
/** A block goes through the parts of a row. */
constexpr int64_t kMostParts = 1024;

void scanOnCuda(Scan scan, const Tensor& y, MaybeTensor indices, const Tensor& x, int64_t n) {
  static ByCompute sums, runSums, accumulates, bests, runBests, extremes;
  static ByFloat logSums, runLogSums, accumulateLogs;
  const bool logs = scan == Scan::LogSumExp;
  const Device device = x.device();
  const int64_t rows = x.numel() / n, wanted = 8 * int64_t(properties(cudaIndex(device)).multiProcessorCount);
  const int64_t cuts = std::clamp<int64_t>(std::min((wanted + rows - 1) / rows, n / kLeast), 1, kMostParts);
  const long long perPart = ((n + cuts - 1) / cuts + kTile - 1) / kTile * kTile, parts = (n + perPart - 1) / perPart;
  const long long length = n;
  // A sum or product, or what is largest.
  const bool flag = scan == Scan::Product || scan == Scan::Max;
  const unsigned threads = unsigned(std::min<int64_t>(kThreads, ((n + 3) / 4 + 31) / 32 * 32));
  const Grid blocks = gridFor(rows * parts, 1);
  std::optional<Scratch> totals;
  void* all = nullptr;
  if (parts > 1) {
    totals.emplace(size_t(rows * parts) * (indices || logs ? 16 : 8), device);
    all = totals->data();
  }
  if (logs) {
    const auto get = [&](ByFloat& kernels, const char* name) { return kernels.get(device, "log_scan.cu", name, x.dtype()); };
    if (parts > 1) {
      launch(get(logSums, "logSums"), device, blocks, threads, all, x.data(), length, parts, perPart);
      launch(get(runLogSums, "runLogSums"), device, gridFor(rows, 1), kThreads, all, parts);
    }
    launch(get(accumulateLogs, "accumulateLogs"), device, blocks, threads, y.data(), x.data(), all, length, parts, perPart);
    return;
  }
  if (parts > 1) {
    const auto get = [&](ByCompute& kernels, const char* name) { return kernels.get(device, "scan.cu", name, x.dtype()); };
    launch(indices ? get(bests, "bests") : get(sums, "sums"), device, blocks, threads, all, x.data(), length, parts, perPart,
           flag);
    launch(indices ? get(runBests, "runBests") : get(runSums, "runSums"), device, gridFor(rows, 1), kThreads, all, parts, flag);
  }
  if (indices) {
    launch(extremes.get(device, "scan.cu", "extremes", x.dtype()), device, blocks, threads, y.data(), indices->data(), x.data(),
           all, length, parts, perPart, flag);
  } else {
    launch(accumulates.get(device, "scan.cu", "accumulate", x.dtype()), device, blocks, threads, y.data(), x.data(), all,
           length, parts, perPart, flag);
  }
}

GB_UNITS(all) {
  for (DType compute : kComputes) all.push_back(ByCompute::unit("scan.cu", compute));
  for (DType type : {DType::Float32, DType::Float64}) all.push_back(ByFloat::unit("log_scan.cu", type));
}

GB_KERNEL(CUDA, scanKernel, scanOnCuda)

}  // namespace
}  // namespace gb::cuda
