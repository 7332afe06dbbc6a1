// QR of large matrices on a card: panels of few reflections by one block of threads (kernels/reflections.cu), everything else by
// products.
#pragma once
#include "cuda/ops/blocks.h"

namespace gb::cuda {

/** The reflections that make the matrices a [batch, m, n] triangular, in place: what stands below the diagonal is theirs. */
class Reflections {
 public:
  explicit Reflections(const Tensor& a);

  /** q [batch, m, c] becomes Q q. `identity`: q is columns of the identity, of which a reflection changes none before its own. */
  void apply(const Tensor& q, bool identity) const;

 private:
  /** Of the panel that begins in a column: the vectors, and what joins them. */
  Block vectors(int64_t from) const;
  Block joins(int64_t from) const;

  const int64_t rows_, steps_;
  Tensor vectors_, joins_;  // [batch, …]: panel after panel
};

/** x [batch, m, n] becomes columns of the identity. */
void setIdentity(const Tensor& x);

void qrInBlocks(const Tensor& a, const Tensor& q, const Tensor& r);

}  // namespace gb::cuda
