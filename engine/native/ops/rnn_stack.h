// All layers of a recurrent network in one op, with the dropout between them: for devices with a library that computes them so.
// Where it does not, rnn.h computes them one by one.
#pragma once
#include "ops/rnn.h"

namespace gb {

/** Row-major tensors of x's type, half types too. */
struct RnnStackCall : RnnShape {
  using RnnShape::RnnShape;
  const Tensor* x;   // [rows, I]
  const Tensor* h0;  // [layers·directions, batch, P]
  MaybeTensor c0;    // [layers·directions, batch, H]
  /** Of each layer and direction. */
  std::vector<RnnWeights> weights;
  /** Between layers; 0 but in training. */
  double dropout;
  bool keep;  // what the derivative needs
};

struct RnnStackResult {
  Tensor output;  // [rows, directions·P]
  Tensor h, c;    // like h0 and c0
  std::vector<Tensor> kept;
};

struct RnnStackBackwardCall {
  const RnnStackCall* forward;
  const RnnStackResult* result;
  const Tensor *gradOutput, *gradH;
  MaybeTensor gradC;
  const Tensor *dx, *dh;
  MaybeTensor dc;
};

/** False where the library is missing, off or does not take the case; then nothing was done. */
extern Kernel<bool(const RnnStackCall&, RnnStackResult&)> rnnStackKernel;
/** Gradients of the weights that are there, where they are wanted. */
extern Kernel<std::vector<Tensor>(const RnnStackBackwardCall&, bool needWeights)> rnnStackBackwardKernel;

/** Copies of the weights that are there, laid as the library reads them; none where there is no such library. */
extern Kernel<std::vector<Tensor>(const RnnStackCall&)> rnnFlattenKernel;

using RnnStackOutput = std::tuple<Tensor, Tensor, std::optional<Tensor>, std::vector<Tensor>>;

/** `weights`: five for each layer and direction. Nothing where the device's library does not compute it. */
std::optional<RnnStackOutput> rnnStack(int mode, const Tensor& x, const Tensor& batchSizes, const Tensor& h0, MaybeTensor c0,
                                       const MaybeTensorList& weights, int layers, double dropout, bool keep);
/** Gradients of x, h0, c0 and of the weights that are there. */
std::tuple<Tensor, Tensor, std::optional<Tensor>, std::vector<Tensor>> rnnStackBackward(
    int mode, MaybeTensor gradOutput, MaybeTensor gradH, MaybeTensor gradC, const Tensor& x, const Tensor& batchSizes,
    const Tensor& h0, MaybeTensor c0, const MaybeTensorList& weights, int layers, double dropout, const Tensor& output,
    const TensorList& kept, bool needWeights);

std::vector<Tensor> rnnFlatten(int mode, const MaybeTensorList& weights, int layers);

}  // namespace gb
