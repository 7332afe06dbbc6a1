// A stack of recurrent layers as cuDNN is told of it: what does not change from call to call.
#pragma once
#include <vector>

#include "cuda/api/cudnn.h"
#include "ops/rnn_stack.h"

namespace gb::cuda {

struct RnnPlan {
  dnn::OwnedRnn rnn;
  /** The descriptor above reads it. */
  dnn::OwnedDropout dropout;
  bool possible = true;
  /** Of all weights, in the library's order. */
  size_t weightBytes = 0;
  /** Bytes before each of the call's weights there, in their order; for one that is not there, nothing of use. */
  std::vector<size_t> places;
};

/** Whether all sequences are equally long. */
bool isEven(const RnnShape& s);

/** The algorithms to try, the best one first, as PyTorch chooses them. */
std::vector<int> rnnAlgorithms(const RnnStackCall& call, int index);

/** Made once for each kind of stack. The states of dropout must be there. */
RnnPlan& rnnPlanFor(const RnnStackCall& call, int algorithm, int index);

/** What is in `all` where each of the weights that are there stands. */
std::vector<Tensor> weightViews(const RnnPlan& plan, const RnnStackCall& call, const Tensor& all);

/** One tensor of all weights: the memory where they lie so already (flattenParameters), or a copy. */
Tensor packedWeights(const RnnPlan& plan, const RnnStackCall& call);

/** Calls `visit(shape, bytes before it)` for every weight that is there. */
template <class Visit>
void eachWeight(const RnnPlan& plan, const RnnStackCall& call, const Visit& visit) {
  for (size_t i = 0; i < call.weights.size(); i++) {
    const RnnWeights& w = call.weights[i];
    const MaybeTensor five[kRnnWeights] = {w.ih, w.hh, w.biasIh, w.biasHh, w.hr};
    for (size_t k = 0; k < kRnnWeights; k++) {
      if (five[k]) visit(*five[k], plan.places[i * kRnnWeights + k]);
    }
  }
}

}  // namespace gb::cuda
