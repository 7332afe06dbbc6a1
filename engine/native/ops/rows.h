// Ops that work along one dimension as a whole: the dimension is brought to the end and made contiguous, so that a
// kernel sees rows.
#pragma once
#include <utility>

#include "ops/kernel.h"
#include "ops/reduce.h"

namespace gb {

/** x with `dim` moved to the end, contiguous. A 0-dim tensor is one row of one element. */
Tensor asRows(const Tensor& x, int dim);
/** A result that is laid out as asRows(x, dim) with x's own order of dimensions. */
Tensor fromRows(const Tensor& rows, int dim, int ndim);

enum class RowMap : uint8_t { Softmax, LogSoftmax };

/**
 * y, x: contiguous, of the same floating-point type, which is no half one on the host. The elements of a row of `n` lie `inner` apart, and `inner` rows side by
 * side.
 */
extern Kernel<void(RowMap, const Tensor& y, const Tensor& x, int64_t n, int64_t inner)> rowMapKernel;
extern Kernel<void(RowMap, const Tensor& dx, const Tensor& g, const Tensor& y, int64_t n, int64_t inner)>
    rowMapBackwardKernel;

enum class RowReduction : uint8_t { Variance, Deviation, LogSumExp };
/** One number for every row of n elements; `p` is the variance's correction. */
extern Kernel<void(RowReduction, const Tensor& out, const Tensor& x, int64_t n, double p)> rowReduceKernel;

/** The extreme element of every row of n elements (values may be null) and its index; the first NaN wins. */
extern Kernel<void(bool largest, MaybeTensor values, const Tensor& indices, const Tensor& x, int64_t n)> rowExtremeKernel;

Tensor softmax(const Tensor& x, int64_t dim);
Tensor logSoftmax(const Tensor& x, int64_t dim);
Tensor softmaxBackward(const Tensor& grad, const Tensor& result, int64_t dim);
Tensor logSoftmaxBackward(const Tensor& grad, const Tensor& result, int64_t dim);
Tensor var(const Tensor& x, MaybeDims dims, double correction, bool keepdim);
Tensor std_(const Tensor& x, MaybeDims dims, double correction, bool keepdim);
Tensor logsumexp(const Tensor& x, MaybeDims dims, bool keepdim);

using TensorPair = std::pair<Tensor, Tensor>;
TensorPair maxDim(const Tensor& x, int64_t dim, bool keepdim);
TensorPair minDim(const Tensor& x, int64_t dim, bool keepdim);
Tensor argmax(const Tensor& x, std::optional<int64_t> dim, bool keepdim);
Tensor argmin(const Tensor& x, std::optional<int64_t> dim, bool keepdim);

}  // namespace gb
