// Sums of exponentials that neither overflow nor lose what is small. Macro: GB_T (float or double).
#pragma once
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

/** The largest of some elements, and the sum of their exponentials less it. */
struct Exponentials {
  GB_T top;
  double sum;
};
GB_DEVICE Exponentials none(Exponentials) { return {-scalar::Limits<GB_T>::infinity, 0}; }
/** By what exponentials less `from` become those less `to`; equal ones stay, though they are infinite. */
GB_DEVICE double rescaled(GB_T from, GB_T to) { return from == to ? 1.0 : double(scalar::exp(from - to)); }
GB_DEVICE Exponentials join(const Exponentials& a, const Exponentials& b) {
  const GB_T top = Larger::join(a.top, b.top);
  return {top, a.sum * rescaled(a.top, top) + b.sum * rescaled(b.top, top)};
}

}  // namespace cuda
}  // namespace gb
