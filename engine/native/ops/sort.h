// Orders: sorting, ranking, sets, histograms.
#pragma once
#include <tuple>
#include <utility>

#include "ops/kernel.h"

namespace gb {

/** Rows of a row-major x [rows, n] in order, to memory of their own; keeps the order of equals; NaN counts as the largest. */
extern Kernel<void(const Tensor& x, const Tensor& values, const Tensor& indices, bool descending)> sortKernel;
/** The k largest (or smallest) of each row of x into values and indices [rows, k], in order. */
extern Kernel<void(const Tensor& x, const Tensor& values, const Tensor& indices, bool largest)> topkKernel;

using Sorted = std::pair<Tensor, Tensor>;
using Unique = std::tuple<Tensor, Tensor, Tensor>;

/**
 * Runs of equals in a vector: one element of each, `inverse` with the run of element i at order[i] (or i), and how long
 * each run is. How many there are only the kernel knows, so it makes the results.
 */
extern Kernel<Unique(const Tensor& values, MaybeTensor order, const Tensor& inverse)> uniqueKernel;
/** Rows of `sorted`, `perRow` of the values in each (0: all in the only row), all row-major of one type that comparing runs in. */
extern Kernel<void(const Tensor& sorted, const Tensor& values, const Tensor& out, int64_t perRow, bool right)>
    searchsortedKernel;
/** Adds to counts (int64) how often each whole number stands in x (int64, none of them outside of counts). */
extern Kernel<void(const Tensor& x, const Tensor& counts)> bincountKernel;
/** Adds to counts (int64) how many elements of x (float or double) lie in each of equal parts of min … max. */
extern Kernel<void(const Tensor& x, const Tensor& counts, double min, double max)> histcKernel;

Sorted sort(const Tensor& x, int64_t dim, bool descending);
Sorted topk(const Tensor& x, int64_t k, int64_t dim, bool largest, bool sorted);
Unique unique(const Tensor& x);
Unique uniqueConsecutive(const Tensor& x);
Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right);
Tensor bincount(const Tensor& x, int64_t minlength);
Tensor histc(const Tensor& x, int64_t bins, double min, double max);

}  // namespace gb
