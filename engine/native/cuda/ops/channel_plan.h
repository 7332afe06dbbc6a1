// How the channels of a normalisation are shared out among blocks: which of the kernels of kernels/channels.cu fits them.
#pragma once
#include "cuda/kernels/layer_arguments.h"
#include "cuda/ops/units.h"

namespace gb::cuda {

/** A tensor seen as [outer, channels, inner]; `grid` and `threads` are those of kernels/channels.cu. */
struct ChannelPlan {
  ChannelArguments a;
  DType type;
  int index;
  unsigned threads;
  Grid grid;

  enum class Parts {
    /** What a block reads once and keeps. */
    Kept,
    /** What a block goes through: fewer and larger ones. */
    Summed
  };
  /** `aligned`: whole vectors of neighbours can be read and written. */
  ChannelPlan(int64_t outer, int64_t channels, int64_t inner, const Tensor& x, bool aligned, Parts parts);
  /** A channel is one part: what needs its statistics can be done in the same launch. */
  bool whole() const { return a.parts == 1; }
};

/** Neighbours that are read and written at once, where memory allows it. */
int vectorOf(DType type);

/** A kernel of channels.cu, in all its compilations. */
class ByChannel {
 public:
  static void list(UnitList& all);
  CUfunction get(Device device, const char* name, const ChannelPlan& plan);

 private:
  Function functions_[2][3];
};

}  // namespace gb::cuda
