// A whole layer of a recurrent network, all time steps and both directions, as one op.
//
// Sequences are packed: `batchSizes[t]` of them, the longest first, are alive at step t, and the rows of step t stand
// behind those of step t − 1. Sequences of equal length are the same with equal sizes.
#pragma once
#include <tuple>
#include <vector>

#include "ops/kernel.h"

namespace gb {

enum class RnnMode : uint8_t { Tanh, Relu, Lstm, Gru };

/** Rows of the weights for each hidden unit. */
constexpr int64_t gatesOf(RnnMode mode) { return mode == RnnMode::Lstm ? 4 : mode == RnnMode::Gru ? 3 : 1; }
/** Values kept of each row and hidden unit for the derivative, beside the output. */
constexpr int64_t keptOf(RnnMode mode) { return mode == RnnMode::Lstm ? 6 : mode == RnnMode::Gru ? 4 : 0; }

/** One direction; biases and projection may be missing. */
struct RnnWeights {
  MaybeTensor ih;      // [gates·H, I]
  MaybeTensor hh;      // [gates·H, P]
  MaybeTensor biasIh;  // [gates·H]
  MaybeTensor biasHh;
  MaybeTensor hr;      // [P, H]
};

/** Weights of each direction, in the order of RnnWeights. */
constexpr int kRnnWeights = 5;

/** Sizes of a layer, or of `layers` of them on top of each other. P, or `out`, is the size of h: the projection's, or H. */
struct RnnShape {
  RnnMode mode;
  int64_t steps, rows, batch, inputs, hidden, out;
  int layers, directions;
  const int64_t* batchSizes;  // of `sizes`
  Tensor sizes;

  /** Checks that the arguments fit each other. `weights`: those of each layer and direction. */
  RnnShape(int mode, const Tensor& x, const Tensor& batchSizes, const Tensor& h0, MaybeTensor c0,
           const MaybeTensorList& weights, int layers);
};

/** Row-major tensors of one type. */
struct RnnCall : RnnShape {
  using RnnShape::RnnShape;
  const Tensor* x;   // [rows, I]
  const Tensor* h0;  // [directions, batch, P]
  MaybeTensor c0;    // [directions, batch, H]
  RnnWeights weights[2];
};

struct RnnResult {
  Tensor output;  // [rows, directions·P]
  Tensor h;       // [directions, batch, P]
  Tensor c;       // [directions, batch, H]
  Tensor kept;    // [directions, rows, keptOf·H]
};

/** Of one direction; a missing tensor is not wanted. */
struct RnnGradients {
  MaybeTensor ih, hh, biasIh, biasHh, hr;
};

struct RnnBackwardCall {
  const RnnCall* forward;
  const RnnResult* result;
  MaybeTensor gradOutput;
  MaybeTensor dx;
  const Tensor* dh;  // holds the gradient of h at the end and becomes that of h0
  MaybeTensor dc;
  RnnGradients gradients[2];
};

extern Kernel<void(const RnnCall&, const RnnResult&)> rnnKernel;
extern Kernel<void(const RnnBackwardCall&)> rnnBackwardKernel;

/** `weights`: five for each direction, in the order of RnnWeights. */
std::tuple<Tensor, Tensor, std::optional<Tensor>, Tensor> rnnLayer(int mode, const Tensor& x, const Tensor& batchSizes,
                                                                   const Tensor& h0, MaybeTensor c0,
                                                                   const MaybeTensorList& weights);
/** Gradients of x, h0, c0 (null where there is none or where it is not wanted) and of the weights that are there. */
std::tuple<std::optional<Tensor>, Tensor, std::optional<Tensor>, std::vector<Tensor>> rnnLayerBackward(
    int mode, MaybeTensor gradOutput, MaybeTensor gradH, MaybeTensor gradC, const Tensor& x, const Tensor& batchSizes,
    const Tensor& h0, MaybeTensor c0, const MaybeTensorList& weights, const Tensor& output, const Tensor& kept,
    bool needX, bool needWeights);

}  // namespace gb
