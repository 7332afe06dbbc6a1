#include "ops/rnn.h"

#include "ops/copy.h"

namespace gb {

Kernel<void(const RnnCall&, const RnnResult&)> rnnKernel("rnnLayer");
Kernel<void(const RnnBackwardCall&)> rnnBackwardKernel("rnnLayerBackward");

namespace {

constexpr size_t kWeights = 5;

/** Arguments brought into the form that kernels take. Holds what it made. */
class Prepared {
 public:
  Prepared(int mode, const Tensor& x, const Tensor& batchSizes, const Tensor& h0, MaybeTensor c0,
           const MaybeTensorList& weights) {
    GB_CHECK(mode >= 0 && mode <= 3, "unknown mode ", mode);
    call.mode = RnnMode(mode);
    GB_CHECK(isFloat(x.dtype()) && x.ndim() == 2, "expected rows of floating-point numbers, got shape ", x.sizes(),
             " of ", nameOf(x.dtype()));
    GB_CHECK(weights.size() == kWeights || weights.size() == 2 * kWeights, "expected 5 or 10 weights, got ", weights.size());
    GB_CHECK(batchSizes.ndim() == 1 && batchSizes.dtype() == DType::Int64, "expected batch sizes as a vector of int64");
    GB_CHECK(batchSizes.device() == Device::CPU, "expected batch sizes on the CPU, got ", nameOf(batchSizes.device()));
    GB_CHECK((call.mode == RnnMode::Lstm) == (c0 != nullptr), "expected a cell state for an LSTM and for nothing else");
    dtype_ = x.dtype();
    compute_ = dtype_ == DType::Float64 ? DType::Float64 : DType::Float32;
    call.directions = int(weights.size() / kWeights);
    GB_CHECK(h0.ndim() == 3 && h0.size(0) == call.directions, "expected a hidden state of shape [", call.directions,
             ", N, H], got ", h0.sizes());
    call.batch = h0.size(1);
    call.out = h0.size(2);
    call.inputs = x.size(1);
    call.rows = x.size(0);

    x_ = contiguous(asType(x, compute_));
    h0_ = take(h0);
    call.x = &x_;
    call.h0 = &h0_;
    sizes_ = contiguous(batchSizes);
    call.batchSizes = sizes_.as<int64_t>();
    call.steps = sizes_.numel();
    checkBatchSizes();
    weights_.reserve(weights.size());
    for (const Tensor* w : weights) weights_.push_back(w ? take(*w) : Tensor());
    takeWeights(weights);
    call.c0 = nullptr;
    if (c0) {
      c0_ = take(*c0);
      const Dims expected{call.directions, call.batch, call.hidden};
      GB_CHECK(c0_.sizes() == expected, "expected a cell state of shape ", expected, ", got ", c0_.sizes());
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
  void checkBatchSizes() const {
    int64_t rows = 0;
    for (int64_t t = 0; t < call.steps; t++) {
      const int64_t size = call.batchSizes[t];
      GB_CHECK(size >= 0 && size <= (t == 0 ? call.batch : call.batchSizes[t - 1]),
               "batch sizes must not grow and must fit the hidden state's batch of ", call.batch, ", got ", size,
               " at step ", t);
      rows += size;
    }
    GB_CHECK(rows == call.rows, "batch sizes add up to ", rows, " rows, the input has ", call.rows);
  }

  void takeWeights(const MaybeTensorList& given) {
    GB_CHECK(given[0] && given[1], "the weights of input and state are missing");
    const int64_t gates = gatesOf(call.mode);
    const MaybeTensor hr = given[4];
    call.hidden = given[0]->ndim() == 2 ? given[0]->size(0) / gates : 0;
    const Dims shapes[kWeights] = {{gates * call.hidden, call.inputs}, {gates * call.hidden, call.out},
                                   {gates * call.hidden}, {gates * call.hidden}, {call.out, call.hidden}};
    GB_CHECK(hr || call.out == call.hidden, "expected a hidden state of size ", call.hidden, ", got ", call.out);
    GB_CHECK(!hr || call.mode == RnnMode::Lstm, "only an LSTM can have a projection");
    for (size_t i = 0; i < given.size(); i++) {
      GB_CHECK(!given[i] == !given[i % kWeights], "both directions must have the same weights");
      GB_CHECK(!given[i] || given[i]->sizes() == shapes[i % kWeights], "expected weight ", i, " of shape ",
               shapes[i % kWeights], ", got ", given[i]->sizes());
    }
    for (int d = 0; d < call.directions; d++) {
      const auto at = [&](size_t i) { return given[size_t(d) * kWeights + i] ? &weights_[size_t(d) * kWeights + i] : nullptr; };
      call.weights[d] = {at(0), at(1), at(2), at(3), at(4)};
    }
  }

  DType dtype_, compute_;
  Tensor x_, h0_, c0_, sizes_;
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
