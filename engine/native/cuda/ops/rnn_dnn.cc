// Recurrent layers by cuDNN: all layers and both directions in one call, where it is there and can. Else the engine's own kernels
// do one layer at a time (rnn.cc).
#include <algorithm>

#include "cuda/ops/rnn_dropout.h"
#include "cuda/ops/rnn_plan.h"
#include "cuda/runtime/fault.h"
#include "cuda/runtime/launch.h"
#include "cuda/runtime/switches.h"
#include "ops/copy.h"

namespace gb::cuda {
namespace {

/** What every case of the library's has: something to compute, sequences that have steps, and sizes that it counts in 32 bits. */
bool takes(const RnnStackCall& s) {
  constexpr int64_t most = (int64_t(1) << 31) - 1;
  if (s.rows == 0 || s.inputs == 0 || s.batchSizes[0] != s.batch || s.batchSizes[s.steps - 1] == 0) return false;
  return s.rows * std::max(s.inputs, s.directions * std::max(s.out, s.hidden)) <= most && s.layers * s.directions * s.batch * s.hidden <= most;
}

/** What a call tells the library of its rows and states. */
class Sequences {
 public:
  explicit Sequences(const RnnStackCall& s) : type_(dnn::dataTypeOf(s.x->dtype())), hasCells_(s.c0 != nullptr) {
    std::vector<int> lengths(size_t(s.batch), 0);
    for (int64_t t = 0; t < s.steps; t++) {
      for (int64_t j = t + 1 < s.steps ? s.batchSizes[t + 1] : 0; j < s.batchSizes[t]; j++) lengths[size_t(j)] = int(t + 1);
    }
    const int layout = isEven(s) ? dnn::kRowsEven : dnn::kRowsPacked;
    const auto rows = [&](dnn::RnnDataDesc to, int64_t width) {
      GB_CUDNN(rnnDataSet, to, type_, layout, int(s.steps), int(s.batch), int(width), lengths.data(), nullptr);
    };
    rows(x, s.inputs);
    rows(y, s.directions * s.out);
    states(h, *s.h0);
    if (hasCells_) states(c_, *s.c0);
  }

  dnn::OwnedRnnData x, y;
  dnn::OwnedTensor h;
  /** Null where there is no cell state. */
  dnn::TensorDesc cells() const { return hasCells_ ? dnn::TensorDesc(c_) : nullptr; }

 private:
  void states(dnn::TensorDesc to, const Tensor& like) const {
    const int sizes[] = {int(like.size(0)), int(like.size(1)), int(like.size(2))};
    const int strides[] = {sizes[1] * sizes[2], sizes[2], 1};
    GB_CUDNN(tensorSet, to, type_, 3, sizes, strides);
  }

  const dnn::DataType type_;
  const bool hasCells_;
  dnn::OwnedTensor c_;
};

void* dataOf(MaybeTensor x) { return x ? x->data() : nullptr; }

/** False where the library does not know the case after all. */
bool forward(RnnPlan& plan, const RnnStackCall& s, RnnStackResult& result, int index) {
  const Device device = s.x->device();
  const Sequences rows(s);
  const bool training = s.keep || s.dropout > 0;
  size_t workBytes = 0, reserveBytes = 0;
  int status = dnn::functions()->rnnSizes(dnn::handleOf(index), plan.rnn, training ? dnn::kTraining : 0, rows.x, &workBytes,
                                          training ? &reserveBytes : nullptr);
  if (dnn::isUnsupported(status)) return false;
  dnn::check(status, "rnnSizes");
  const Tensor weights = packedWeights(plan, s);
  const auto like = [&](const Dims& shape) { return emptyTensor(shape, s.x->dtype(), device); };
  result.output = like({s.rows, s.directions * s.out});
  result.h = like(s.h0->sizes());
  if (s.c0) result.c = like(s.c0->sizes());
  const Tensor reserve = emptyTensor({int64_t(reserveBytes)}, DType::UInt8, device);
  const Scratch work(workBytes, device);
  status = dnn::functions()->rnnForward(dnn::handleOf(index), plan.rnn, training ? dnn::kTraining : 0, nullptr, rows.x, s.x->data(),
                                        rows.y, result.output.data(), rows.h, s.h0->data(), result.h.data(), rows.cells(),
                                        dataOf(s.c0), s.c0 ? result.c.data() : nullptr, plan.weightBytes, weights.data(), workBytes,
                                        work.data(), reserveBytes, training ? reserve.data() : nullptr);
  if (dnn::isUnsupported(status)) return false;
  dnn::check(status, "rnnForward");
  if (s.keep) result.kept = {reserve, weights};
  return true;
}

bool rnnStackOnCuda(const RnnStackCall& s, RnnStackResult& result) {
  const int index = cudaIndex(s.x->device());
  if (!isOn(Switch::CudnnEnabled) || !takes(s) || !dnn::functions() || !dnn::handleOf(index)) return false;
  if (s.dropout > 0) prepareDropout(index, s.dropout);
  for (int algorithm : rnnAlgorithms(s, index)) {
    RnnPlan& plan = rnnPlanFor(s, algorithm, index);
    plan.possible = plan.possible && forward(plan, s, result, index);
    if (!plan.possible) continue;
    if (s.dropout > 0) dropoutQueued(index);
    queued(index, currentStream(index));
    return true;
  }
  return false;
}

std::vector<Tensor> rnnStackBackwardOnCuda(const RnnStackBackwardCall& back, bool needWeights) {
  const RnnStackCall& s = *back.forward;
  const Tensor &output = back.result->output, &reserve = back.result->kept.at(0), &weights = back.result->kept.at(1);
  const Device device = s.x->device();
  const int index = cudaIndex(device);
  RnnPlan* plan = nullptr;
  // The one that went forward: others are known to be impossible.
  for (int algorithm : rnnAlgorithms(s, index)) {
    if (!plan || !plan->possible) plan = &rnnPlanFor(s, algorithm, index);
  }
  const Sequences rows(s);
  size_t workBytes = 0;
  GB_CUDNN(rnnSizes, dnn::handleOf(index), plan->rnn, dnn::kTraining, rows.x, &workBytes, nullptr);
  const Scratch work(workBytes, device);
  const Tensor all = needWeights ? emptyTensor(weights.sizes(), weights.dtype(), device) : Tensor();
  // The library adds to what is there.
  if (needWeights) fillWith(all, Scalar::of(0.0));
  const dnn::Handle handle = dnn::handleOf(index);
  GB_CUDNN(rnnBackwardData, handle, plan->rnn, nullptr, rows.y, output.data(), back.gradOutput->data(), rows.x, back.dx->data(),
           rows.h, s.h0->data(), back.gradH->data(), back.dh->data(), rows.cells(), dataOf(s.c0), dataOf(back.gradC),
           dataOf(back.dc), plan->weightBytes, weights.data(), workBytes, work.data(), reserve.bytes(), reserve.data());
  std::vector<Tensor> gradients;
  if (needWeights) {
    // After the other pass: that one leaves in the reserve what this one reads.
    GB_CUDNN(rnnBackwardWeights, handle, plan->rnn, dnn::kAdd, nullptr, rows.x, s.x->data(), rows.h, s.h0->data(), rows.y,
             output.data(), plan->weightBytes, all.data(), workBytes, work.data(), reserve.bytes(), reserve.data());
    gradients = weightViews(*plan, s, all);
  }
  queued(index, currentStream(index));
  return gradients;
}

std::vector<Tensor> rnnFlattenOnCuda(const RnnStackCall& s) {
  const int index = cudaIndex(s.x->device());
  std::vector<Tensor> views;
  if (!isOn(Switch::CudnnEnabled) || !takes(s) || !dnn::functions() || !dnn::handleOf(index)) return views;
  const RnnPlan& plan = rnnPlanFor(s, dnn::kStandard, index);
  if (!plan.possible) return views;
  return weightViews(plan, s, packedWeights(plan, s));
}

GB_KERNEL(CUDA, rnnFlattenKernel, rnnFlattenOnCuda)
GB_KERNEL(CUDA, rnnStackKernel, rnnStackOnCuda)
GB_KERNEL(CUDA, rnnStackBackwardKernel, rnnStackBackwardOnCuda)

}  // namespace
}  // namespace gb::cuda
