#include "cuda/ops/long_rows.h"

#include <algorithm>

#include "cuda/ops/limits.h"
#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "cuda/runtime/fault.h"

namespace gb::cuda {
namespace {

constexpr const char* kFile = "long_rows.cu";
constexpr unsigned kPartThreads = 512;
/** Elements of a part at least, and parts of a row at most. */
constexpr int64_t kLeast = 1 << 13, kMostParts = 1024;

int64_t processorsOf(Device device) { return properties(cudaIndex(device)).multiProcessorCount; }

/** How rows are cut, and two numbers for each part. */
struct Parts {
  const Tensor& like;
  const long long rows, n;
  long long parts, perPart;
  const Scratch notes;

  Parts(const Tensor& x, int64_t length)
      : like(x), rows(x.numel() / length), n(length), parts(cut()), perPart((n + parts - 1) / parts),
        notes(size_t(rows * parts) * 16, x.device()) {
    parts = (n + perPart - 1) / perPart;
  }
  template <class... A>
  void each(ByFloat& kernels, const char* name, const A&... arguments) const {
    const Device device = like.device();
    Grid grid = gridFor(parts, 1);
    grid.y = unsigned(rows);
    launch(kernels.get(device, kFile, name, like.dtype()), device, grid, kPartThreads, arguments...);
  }
  template <class... A>
  void join(ByFloat& kernels, const char* name, const A&... arguments) const {
    const Device device = like.device();
    launch(kernels.get(device, kFile, name, like.dtype()), device, gridFor(rows, 1), kThreads, arguments...);
  }

 private:
  /** What a launch can count in one part limits them too. */
  int64_t cut() const {
    const int64_t wanted = std::min<int64_t>((4 * processorsOf(like.device()) + rows - 1) / rows, n / kLeast);
    return std::max<int64_t>(std::clamp<int64_t>(wanted, 1, kMostParts), (n + mostElements() - 1) / mostElements());
  }
};

/** The largest element of each row and the sum of exponentials about it, in the notes of its first part; `out`: their logarithm. */
void exponentials(const Parts& p, const Tensor& x, void* out) {
  static ByFloat parts, joins;
  p.each(parts, "partExponentials", x.data(), p.notes.data(), p.n, p.perPart);
  p.join(joins, "joinExponentials", out, p.notes.data(), p.parts);
}

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) all.push_back(ByFloat::unit(kFile, type));
}

}  // namespace

bool inParts(int64_t rows, int64_t n, Device device) {
  return n > mostElements() || (n >= longFrom && 4 * rows <= processorsOf(device));
}

void reduceInParts(RowReduction reduction, const Tensor& out, const Tensor& x, int64_t n, double p) {
  static ByFloat parts, joins;
  const Parts cut(x, n);
  if (reduction == RowReduction::LogSumExp) return exponentials(cut, x, out.data());
  cut.each(parts, "partMoments", x.data(), cut.notes.data(), cut.n, cut.perPart);
  cut.join(joins, "joinMoments", out.data(), cut.notes.data(), cut.n, cut.parts, cut.perPart, p, reduction == RowReduction::Deviation);
}

void mapInParts(RowMap map, const Tensor& y, const Tensor& x, int64_t n) {
  static ByFloat maps;
  const Parts cut(x, n);
  exponentials(cut, x, nullptr);
  cut.each(maps, "mapPart", y.data(), x.data(), cut.notes.data(), cut.n, cut.parts, cut.perPart, map == RowMap::LogSoftmax);
}

void mapBackwardInParts(RowMap map, const Tensor& dx, const Tensor& g, const Tensor& y, int64_t n) {
  static ByFloat parts, joins, maps;
  const Parts cut(y, n);
  const bool log = map == RowMap::LogSoftmax;
  cut.each(parts, "partDots", g.data(), y.data(), cut.notes.data(), cut.n, cut.perPart, log);
  cut.join(joins, "joinDots", cut.notes.data(), cut.parts);
  cut.each(maps, "mapPartBackward", dx.data(), g.data(), y.data(), cut.notes.data(), cut.n, cut.parts, cut.perPart, log);
}

}  // namespace gb::cuda
