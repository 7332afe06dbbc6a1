// What the host hands to the kernels of attention: beside arguments.h, and under its rules. Strides in elements.
#pragma once

namespace gb {
namespace cuda {

/** [N, H, rows, …] with contiguous rows. */
struct HeadRows {
  const void* data;
  long long sample, head, row;
  /** Every row is whole chunks of 16 bytes that begin where such a chunk may. */
  bool aligned;
};

struct AttentionArguments {
  HeadRows query, key, value, grad, result, mask;
  long long maskColumn;
  void *out, *dq, *dk, *dv;
  /** For each query: the logarithm of the sum of its scores' exponentials (∞ where it sees no key), and its Σ p·dp = Σ dO ∘ O. */
  void *logSums, *dots;
  long long heads, queries, keys, width, values;
  double scale;
  bool causal;
};

}  // namespace cuda
}  // namespace gb
