// Orders on a card: long rows by digits, others by sorted tiles, merged pass by pass.
#include "ops/sort.h"

#include <algorithm>

#include "cuda/ops/radix.h"
#include "cuda/ops/radix_select.h"
#include "cuda/ops/units.h"
#include "ops/copy.h"
#include "ops/gather.h"
#include "ops/scan.h"

namespace gb::cuda {
namespace {

/** As in kernels/sort.cu. */
constexpr int64_t kEach = 4, kTile = 1024;

/** Of a row so small a part is kept that merging, which leaves the others out, is less work than going over all of it. */
constexpr int64_t kFewKept = 16;

int64_t parts(int64_t n, int64_t size) { return (n + size - 1) / size; }

/** Rows of x in order into values and indices of the same shape, of each row the first `keep`. */
void sortRows(const Tensor& x, const Tensor& values, const Tensor& indices, int64_t keep, bool descending) {
  static ByCompute tileSorts, merges;
  const Device device = x.device();
  const int64_t n = x.size(x.ndim() - 1), rows = x.numel() / n, tiles = parts(n, kTile);
  if (keep > n / kFewKept && sortsByDigits(rows, n)) {
    const RadixKey key = x.dtype() == DType::Float32   ? RadixKey::Float
                         : x.dtype() == DType::Float64 ? RadixKey::Double
                                                       : RadixKey::Integer;
    RadixRows all{key, x.data(), values.data(), static_cast<long long*>(indices.data())};
    all.rows = rows;
    all.n = n;
    all.bits = int(x.itemSize()) * 8;
    all.descending = descending;
    return sortByDigits(all, device);
  }
  // What is written last must be the result.
  int passes = 0;
  for (int64_t width = kTile; width < n; width *= 2) passes++;
  Tensor otherValues, otherIndices;
  if (passes > 0) {
    otherValues = emptyTensor(values.sizes(), values.dtype(), device);
    otherIndices = emptyTensor(indices.sizes(), DType::Int64, device);
  }
  const auto isLast = [&](int pass) { return (passes - pass) % 2 == 0; };
  const auto target = [&](int pass) -> const Tensor& { return isLast(pass) ? values : otherValues; };
  const auto places = [&](int pass) -> const Tensor& { return isLast(pass) ? indices : otherIndices; };
  const unsigned threads = unsigned(std::min<int64_t>(kThreads, parts(parts(n, kEach), 32) * 32));
  launch(tileSorts.get(device, "sort.cu", "sortTiles", x.dtype()), device, gridFor(rows * tiles, 1), threads, x.data(),
         target(0).data(), places(0).data(), static_cast<long long>(n), static_cast<long long>(tiles),
         static_cast<long long>(keep), descending);
  int64_t width = kTile;
  for (int pass = 1; pass <= passes; pass++, width *= 2) {
    const int64_t pairs = parts(n, 2 * width), each = parts(std::min({2 * width, n, keep}), kTile);
    launch(merges.get(device, "sort.cu", "mergeRuns", x.dtype()), device, gridFor(rows * pairs * each, 1), kThreads,
           target(pass - 1).data(), places(pass - 1).data(), target(pass).data(), places(pass).data(),
           static_cast<long long>(n), static_cast<long long>(width), static_cast<long long>(keep),
           static_cast<long long>(pairs), static_cast<long long>(each), descending);
  }
}

void sortOnCuda(const Tensor& x, const Tensor& values, const Tensor& indices, bool descending) {
  sortRows(x, values, indices, values.size(values.ndim() - 1), descending);
}

/** The first columns of rows. */
Tensor firstColumns(const Tensor& x, const Tensor& like) { return x.viewed(like.sizes(), x.strides()); }

void topkOnCuda(const Tensor& x, const Tensor& values, const Tensor& indices, bool largest) {
  const int64_t n = x.size(x.ndim() - 1), kept = values.size(values.ndim() - 1), rows = x.numel() / n;
  if (choosesByDigits(rows, n, kept)) {
    const Dims shape{rows, kept};
    const Tensor chosen = emptyTensor(shape, x.dtype(), x.device()), places = emptyTensor(shape, DType::Int64, x.device());
    chooseByDigits(x, n, chosen, places, largest);
    const Tensor order = emptyTensor(shape, DType::Int64, x.device());
    sortRows(chosen, values, order, kept, largest);
    alongKernel(x.device(), Along::Gather, places, 1, order, indices.viewed(shape, contiguousStrides(shape)));
    return;
  }
  const Tensor sorted = emptyTensor(x.sizes(), x.dtype(), x.device());
  const Tensor order = emptyTensor(x.sizes(), DType::Int64, x.device());
  sortRows(x, sorted, order, values.size(values.ndim() - 1), largest);
  copyInto(values, firstColumns(sorted, values));
  copyInto(indices, firstColumns(order, indices));
}

void chooseOnCuda(RowChoice choice, const Tensor& values, const Tensor& indices, const Tensor& x, int64_t n) {
  static ByCompute medians, modes;
  const Device device = x.device();
  const Dims shape{values.numel(), n};
  const Tensor rows = x.viewed(shape, contiguousStrides(shape));
  const Tensor sorted = emptyTensor(shape, x.dtype(), device), order = emptyTensor(shape, DType::Int64, device);
  sortRows(rows, sorted, order, n, false);
  if (choice == RowChoice::Median) {
    launch(medians.get(device, "sort.cu", "median", x.dtype()), device, gridFor(shape[0], kThreads), kThreads, values.data(),
           indices.data(), sorted.data(), order.data(), static_cast<long long>(n), static_cast<long long>(shape[0]));
  } else {
    launch(modes.get(device, "sort.cu", "mode", x.dtype()), device, gridFor(shape[0], 1), kThreads, values.data(),
           indices.data(), sorted.data(), order.data(), static_cast<long long>(n));
  }
}

GB_UNITS(all) {
  for (DType compute : kComputes) all.push_back(ByCompute::unit("sort.cu", compute));
}

GB_KERNEL(CUDA, sortKernel, sortOnCuda)
GB_KERNEL(CUDA, topkKernel, topkOnCuda)
GB_KERNEL(CUDA, rowChoiceKernel, chooseOnCuda)

}  // namespace
}  // namespace gb::cuda
