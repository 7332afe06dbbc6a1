// Scaled dot-product attention as one op: the scores are made block by block and never kept.
#pragma once
#include <tuple>
#include <utility>

#include "ops/kernel.h"

namespace gb {

/** All of one floating-point type, the one that attentionTypeKernel names; rows are contiguous, other strides any. */
struct AttentionCall {
  const Tensor* query;  // [N, H, L, E]
  const Tensor* key;    // [N, H, S, E]
  const Tensor* value;  // [N, H, S, V]
  MaybeTensor mask;     // [N, H, L, S], added to the scores
  bool causal;          // query i sees keys 0 … i
  double scale;
};

/** The type that a device computes attention of these in. */
extern Kernel<DType(const Tensor& query, const Tensor& key, const Tensor& value)> attentionTypeKernel;
/**
 * out: [N, H, L, V], row-major. What comes back is for the derivative: [N, H, L], the logarithm of the sum of each query's scores'
 * exponentials (∞ where it sees no key), float for half types; [N, H, 0] where the device's derivative does without.
 */
extern Kernel<Tensor(const AttentionCall&, const Tensor& out)> attentionKernel;
/** Row-major gradients of query, key and value; grad is [N, H, L, V] of any strides, out and logSums what the forward made. */
extern Kernel<void(const AttentionCall&, const Tensor& grad, const Tensor& out, const Tensor& logSums, const Tensor& dq,
                   const Tensor& dk, const Tensor& dv)>
    attentionBackwardKernel;

/** The result and logSums of attentionKernel. */
std::pair<Tensor, Tensor> attention(const Tensor& query, const Tensor& key, const Tensor& value, MaybeTensor mask, bool causal,
                                    double scale);
std::tuple<Tensor, Tensor, Tensor> attentionBackward(const Tensor& grad, const Tensor& query, const Tensor& key,
                                                     const Tensor& value, MaybeTensor mask, const Tensor& out,
                                                     const Tensor& logSums, bool causal, double scale);

}  // namespace gb
