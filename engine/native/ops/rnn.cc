#include "ops/rnn.h"

#include "ops/copy.h"

namespace gb {

Kernel<void(const RnnCall&, const RnnResult&)> rnnKernel("rnnLayer");
Kernel<void(const RnnBackwardCall&)> rnnBackwardKernel("rnnLayerBackward");

namespace {

void checkBatchSizes(const RnnShape& s) {
  int64_t rows = 0;
  for (int64_t t = 0; t < s.steps; t++) {
    const int64_t size = s.batchSizes[t];
    GB_CHECK(size >= 0 && size <= (t == 0 ? s.batch : s.batchSizes[t - 1]),
             "batch sizes must not grow and must fit the hidden state's batch of ", s.batch, ", got ", size, " at step ", t);
    rows += size;
  }
  GB_CHECK(rows == s.rows, "batch sizes add up to ", rows, " rows, the input has ", s.rows);
}

void checkWeights(const RnnShape& s, const MaybeTensorList& given) {
  const int64_t rows = gatesOf(s.mode) * s.hidden;
  const MaybeTensor hr = given[4];
  GB_CHECK(hr || s.out == s.hidden, "expected a hidden state of size ", s.hidden, ", got ", s.out);
  GB_CHECK(!hr || s.mode == RnnMode::Lstm, "only an LSTM can have a projection");
  for (size_t i = 0; i < given.size(); i++) {
    const size_t which = i % kRnnWeights;
    const int64_t inputs = i < size_t(kRnnWeights * s.directions) ? s.inputs : s.directions * s.out;
    const Dims shapes[kRnnWeights] = {{rows, inputs}, {rows, s.out}, {rows}, {rows}, {s.out, s.hidden}};
    GB_CHECK(!given[i] == !given[which], "both directions must have the same weights");
    GB_CHECK(!given[i] || given[i]->sizes() == shapes[which], "expected weight ", i, " of shape ", shapes[which], ", got ",
             given[i]->sizes());
  }
}

}  // namespace

RnnShape::RnnShape(int number, const Tensor& x, const Tensor& sequences, const Tensor& h0, MaybeTensor c0,
                   const MaybeTensorList& weights, int stacked)
    : mode(RnnMode(number)), layers(stacked) {
  GB_CHECK(number >= 0 && number <= 3, "unknown mode ", number);
  GB_CHECK(isFloat(x.dtype()) && x.ndim() == 2, "expected rows of floating-point numbers, got shape ", x.sizes(), " of ",
           nameOf(x.dtype()));
  const size_t each = size_t(kRnnWeights) * size_t(layers);
  GB_CHECK(layers >= 1 && (weights.size() == each || weights.size() == 2 * each), "expected ", each, " or ", 2 * each,
           " weights, got ", weights.size());
  GB_CHECK(sequences.ndim() == 1 && sequences.dtype() == DType::Int64, "expected batch sizes as a vector of int64");
  GB_CHECK(sequences.device() == Device::CPU, "expected batch sizes on the CPU, got ", nameOf(sequences.device()));
  GB_CHECK((mode == RnnMode::Lstm) == (c0 != nullptr), "expected a cell state for an LSTM and for nothing else");
  directions = int(weights.size() / each);
  GB_CHECK(h0.ndim() == 3 && h0.size(0) == layers * directions, "expected a hidden state of shape [", layers * directions,
           ", N, H], got ", h0.sizes());
  batch = h0.size(1);
  out = h0.size(2);
  inputs = x.size(1);
  rows = x.size(0);
  sizes = contiguous(sequences);
  batchSizes = sizes.as<int64_t>();
  steps = sizes.numel();
  checkBatchSizes(*this);
  GB_CHECK(weights[0] && weights[1], "the weights of input and state are missing");
  hidden = weights[0]->ndim() == 2 ? weights[0]->size(0) / gatesOf(mode) : 0;
  checkWeights(*this, weights);
  const Dims cells{layers * directions, batch, hidden};
  GB_CHECK(!c0 || c0->sizes() == cells, "expected a cell state of shape ", cells, ", got ", c0 ? c0->sizes() : cells);
}

namespace {

/** Arguments brought into the form that kernels take. Holds what it made. */
class Prepared {
 public:
  Prepared(int mode, const Tensor& x, const Tensor& batchSizes, const Tensor& h0, MaybeTensor c0,
           const MaybeTensorList& weights)
      : call(mode, x, batchSizes, h0, c0, weights, 1), dtype_(x.dtype()), compute_(computeType(x.dtype())) {
    x_ = contiguous(asType(x, compute_));
    h0_ = take(h0);
    call.x = &x_;
    call.h0 = &h0_;
    weights_.reserve(weights.size());
    for (const Tensor* w : weights) weights_.push_back(w ? take(*w) : Tensor());
    for (int d = 0; d < call.directions; d++) {
      const auto at = [&](int i) { return weights[size_t(d * kRnnWeights + i)] ? &weights_[size_t(d * kRnnWeights + i)] : nullptr; };
      call.weights[d] = {at(0), at(1), at(2), at(3), at(4)};
    }
    call.c0 = nullptr;
    if (c0) {
      c0_ = take(*c0);
      call.c0 = &c0_;
    }
  }

  Tensor take(const Tensor& x) const {
    checkTogether(x_, x);
    GB_CHECK(x.dtype() == dtype_, "expected all tensors to have the input's type ", nameOf(dtype_), ", got ", nameOf(x.dtype()));
    return contiguous(asType(x, compute_));
  }
  Tensor make(const Dims& shape) const { return emptyTensor(shape, compute_, x_.device()); }
  Tensor give(const Tensor& x) const { return asType(x, dtype_); }
  DType dtype() const { return dtype_; }

  RnnCall call;

 private:
  DType dtype_, compute_;
  Tensor x_, h0_, c0_;
  std::vector<Tensor> weights_;
};

}  // namespace

std::tuple<Tensor, Tensor, std::optional<Tensor>, Tensor> rnnLayer(int mode, const Tensor& x, const Tensor& batchSizes,
                                                                   const Tensor& h0, MaybeTensor c0,
                                                                   const MaybeTensorList& weights) {
  const Prepared p(mode, x, batchSizes, h0, c0, weights);
  const RnnCall& call = p.call;
  RnnResult result{p.make({call.rows, call.directions * call.out}), clone(*call.h0), call.c0 ? clone(*call.c0) : Tensor(),
                   p.make({call.directions, call.rows, keptOf(call.mode) * call.hidden})};
  if (call.rows > 0) rnnKernel(x.device(), call, result);
  std::optional<Tensor> c;
  if (call.c0) c = p.give(result.c);
  return {p.give(result.output), p.give(result.h), std::move(c), std::move(result.kept)};
}

std::tuple<std::optional<Tensor>, Tensor, std::optional<Tensor>, std::vector<Tensor>> rnnLayerBackward(
    int mode, MaybeTensor gradOutput, MaybeTensor gradH, MaybeTensor gradC, const Tensor& x, const Tensor& batchSizes,
    const Tensor& h0, MaybeTensor c0, const MaybeTensorList& weights, const Tensor& output, const Tensor& kept,
    bool needX, bool needWeights) {
  const Prepared p(mode, x, batchSizes, h0, c0, weights);
  const RnnCall& call = p.call;
  const RnnResult result{p.take(output), Tensor(), Tensor(), kept};
  const auto gradient = [&](MaybeTensor given, const Tensor& like) {
    GB_CHECK(!given || given->sizes() == like.sizes(), "expected a gradient of shape ", like.sizes(), ", got ",
             given ? given->sizes() : Dims{});
    if (given) return clone(p.take(*given));
    const Tensor none = p.make(like.sizes());
    fillWith(none, Scalar::of(0.0));
    return none;
  };
  GB_CHECK(!gradOutput || gradOutput->sizes() == output.sizes(), "expected a gradient of shape ", output.sizes(), ", got ",
           gradOutput ? gradOutput->sizes() : Dims{});
  const Tensor gOut = gradOutput ? p.take(*gradOutput) : Tensor();
  const Tensor dh = gradient(gradH, h0);
  const Tensor dc = c0 ? gradient(gradC, *c0) : Tensor();
  const Tensor dx = needX ? p.make(x.sizes()) : Tensor();
  std::vector<Tensor> all;
  if (needWeights) {
    for (const Tensor* w : weights) {
      if (w) all.push_back(p.make(w->sizes()));
    }
  }

  RnnBackwardCall back{&call, &result, gradOutput ? &gOut : nullptr, needX ? &dx : nullptr, &dh, c0 ? &dc : nullptr, {}};
  if (needWeights) {
    size_t next = 0;
    for (int d = 0; d < call.directions; d++) {
      const RnnWeights& w = call.weights[d];
      const auto of = [&](MaybeTensor weight) { return weight ? &all[next++] : nullptr; };
      RnnGradients& g = back.gradients[d];
      g.ih = of(w.ih);
      g.hh = of(w.hh);
      g.biasIh = of(w.biasIh);
      g.biasHh = of(w.biasHh);
      g.hr = of(w.hr);
    }
  }
  if (call.rows > 0) {
    rnnBackwardKernel(x.device(), back);
  } else {
    for (const Tensor& grad : all) fillWith(grad, Scalar::of(0.0));
  }
  std::optional<Tensor> outX, outC;
  if (needX) outX = p.give(dx);
  if (c0) outC = p.give(dc);
  std::vector<Tensor> given;
  for (const Tensor& grad : all) given.push_back(p.give(grad));
  return {std::move(outX), p.give(dh), std::move(outC), std::move(given)};
}

}  // namespace gb
