// Orders: sorting, ranking, sets, histograms.
#pragma once
#include <tuple>
#include <utility>

#include "ops/kernel.h"

namespace gb {

/** Sorts rows of a row-major [rows, n] in place of its copy; keeps the order of equals; NaN counts as the largest. */
extern Kernel<void(const Tensor& values, const Tensor& indices, bool descending)> sortKernel;
/** The k largest (or smallest) of each row of x into values and indices [rows, k], in order. */
extern Kernel<void(const Tensor& x, const Tensor& values, const Tensor& indices, bool largest)> topkKernel;

using Sorted = std::pair<Tensor, Tensor>;
using Unique = std::tuple<Tensor, Tensor, Tensor>;

Sorted sort(const Tensor& x, int64_t dim, bool descending);
Sorted topk(const Tensor& x, int64_t k, int64_t dim, bool largest, bool sorted);
Unique unique(const Tensor& x);
Unique uniqueConsecutive(const Tensor& x);
Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right);
Tensor bincount(const Tensor& x, int64_t minlength);
Tensor histc(const Tensor& x, int64_t bins, double min, double max);

}  // namespace gb
