#include "ops/rnn_stack.h"

#include "ops/copy.h"

namespace gb {

Kernel<bool(const RnnStackCall&, RnnStackResult&)> rnnStackKernel("rnnStack");
Kernel<std::vector<Tensor>(const RnnStackBackwardCall&, bool)> rnnStackBackwardKernel("rnnStackBackward");
Kernel<std::vector<Tensor>(const RnnStackCall&)> rnnFlattenKernel("rnnFlatten");

namespace {

/** Arguments brought into the form that kernels take. Holds what it made. */
class Prepared {
 public:
  Prepared(int mode, const Tensor& x, const Tensor& batchSizes, const Tensor& h0, MaybeTensor c0,
           const MaybeTensorList& weights, int layers, double dropout, bool keep)
      : call(mode, x, batchSizes, h0, c0, weights, layers), x_(contiguous(x)), h0_(take(h0)) {
    call.x = &x_;
    call.h0 = &h0_;
    if (c0) c0_ = take(*c0);
    call.c0 = c0 ? &c0_ : nullptr;
    weights_.reserve(weights.size());
    for (const Tensor* w : weights) weights_.push_back(w ? take(*w) : Tensor());
    for (size_t i = 0; i < weights.size(); i += kRnnWeights) {
      const auto at = [&](size_t k) { return weights[i + k] ? &weights_[i + k] : nullptr; };
      call.weights.push_back({at(0), at(1), at(2), at(3), at(4)});
    }
    call.dropout = layers > 1 ? dropout : 0;
    call.keep = keep;
  }

  Tensor take(const Tensor& x) const {
    checkTogether(x_, x);
    GB_CHECK(x.dtype() == x_.dtype(), "expected all tensors to have the input's type ", nameOf(x_.dtype()), ", got ",
             nameOf(x.dtype()));
    return contiguous(x);
  }
  /** A given gradient, or zeros. */
  Tensor gradient(MaybeTensor given, const Tensor& like) const {
    GB_CHECK(!given || given->numel() == like.numel(), "expected a gradient of shape ", like.sizes(), ", got ",
             given ? given->sizes() : Dims{});
    if (given) return take(*given);
    const Tensor none = make(like.sizes());
    fillWith(none, Scalar::of(0.0));
    return none;
  }
  Tensor make(const Dims& shape) const { return emptyTensor(shape, x_.dtype(), x_.device()); }

  RnnStackCall call;

 private:
  Tensor x_, h0_, c0_;
  std::vector<Tensor> weights_;
};

}  // namespace

std::optional<RnnStackOutput> rnnStack(int mode, const Tensor& x, const Tensor& batchSizes, const Tensor& h0, MaybeTensor c0,
                                       const MaybeTensorList& weights, int layers, double dropout, bool keep) {
  const Prepared p(mode, x, batchSizes, h0, c0, weights, layers, dropout, keep);
  RnnStackResult result;
  if (!rnnStackKernel(x.device(), p.call, result)) return std::nullopt;
  std::optional<Tensor> c;
  if (c0) c = std::move(result.c);
  return RnnStackOutput{std::move(result.output), std::move(result.h), std::move(c), std::move(result.kept)};
}

std::tuple<Tensor, Tensor, std::optional<Tensor>, std::vector<Tensor>> rnnStackBackward(
    int mode, MaybeTensor gradOutput, MaybeTensor gradH, MaybeTensor gradC, const Tensor& x, const Tensor& batchSizes,
    const Tensor& h0, MaybeTensor c0, const MaybeTensorList& weights, int layers, double dropout, const Tensor& output,
    const TensorList& kept, bool needWeights) {
  const Prepared p(mode, x, batchSizes, h0, c0, weights, layers, dropout, true);
  const RnnStackResult result{p.take(output), Tensor(), Tensor(), [&] {
                                std::vector<Tensor> all;
                                for (const Tensor* each : kept) all.push_back(*each);
                                return all;
                              }()};
  const Tensor gOut = p.gradient(gradOutput, output), gH = p.gradient(gradH, h0);
  const Tensor gC = c0 ? p.gradient(gradC, *c0) : Tensor();
  Tensor dx = p.make(x.sizes()), dh = p.make(h0.sizes());
  std::optional<Tensor> dc;
  if (c0) dc = p.make(c0->sizes());
  std::vector<Tensor> all = rnnStackBackwardKernel(
      x.device(), RnnStackBackwardCall{&p.call, &result, &gOut, &gH, c0 ? &gC : nullptr, &dx, &dh, dc ? &*dc : nullptr}, needWeights);
  return {std::move(dx), std::move(dh), std::move(dc), std::move(all)};
}

std::vector<Tensor> rnnFlatten(int mode, const MaybeTensorList& weights, int layers) {
  GB_CHECK(weights.size() >= kRnnWeights && weights[0] && weights[1], "the weights of input and state are missing");
  const Tensor &ih = *weights[0], &hh = *weights[1];
  GB_CHECK(mode >= 0 && mode <= 3 && ih.ndim() == 2 && hh.ndim() == 2 && layers >= 1, "expected matrices of one of the modes");
  // Weights lie alike whatever the rows are: one step of one sequence.
  const int64_t states = int64_t(weights.size()) / kRnnWeights, hidden = ih.size(0) / gatesOf(RnnMode(mode));
  const auto like = [&](const Dims& shape) { return emptyTensor(shape, ih.dtype(), ih.device()); };
  const Tensor c0 = like({states, 1, hidden}), one = emptyTensor({1}, DType::Int64);
  *one.as<int64_t>() = 1;
  const Prepared p(mode, like({1, ih.size(1)}), one, like({states, 1, hh.size(1)}), RnnMode(mode) == RnnMode::Lstm ? &c0 : nullptr,
                   weights, layers, 0, false);
  return rnnFlattenKernel(ih.device(), p.call);
}

}  // namespace gb
