#include "ops/loss.h"

#include "ops/copy.h"
#include "ops/create.h"

namespace gb {

Kernel<void(const LossCall&, const Tensor&, const Tensor&, const Tensor&, MaybeTensor)> crossEntropyKernel("crossEntropy");
Kernel<void(const LossCall&, const Tensor&, const Tensor&, const Tensor&)> crossEntropyBackwardKernel(
    "crossEntropyBackward");
Kernel<void(const LossCall&, const Tensor&, const Tensor&, MaybeTensor)> nllLossKernel("nllLoss");
Kernel<void(const LossCall&, const Tensor&, const Tensor&, const Tensor&)> nllLossBackwardKernel("nllLossBackward");

namespace {

/** Arguments brought into the form that kernels take: row-major, of one computing type. Holds what it made. */
class Prepared {
 public:
  Prepared(const Tensor& input, const Tensor& target, MaybeTensor weight, int reduction, int64_t ignoreIndex,
           double smoothing, bool classesOnly) {
    GB_CHECK(isFloat(input.dtype()), "expected a floating-point input, got ", nameOf(input.dtype()));
    GB_CHECK(input.ndim() >= 1, "expected an input of shape [C], [N, C] or [N, C, …], got a 0-dimensional tensor");
    GB_CHECK(reduction >= 0 && reduction <= 2, "unknown reduction ", reduction);
    GB_CHECK(smoothing >= 0 && smoothing <= 1, "labelSmoothing must be between 0 and 1, got ", smoothing);
    const int axis = input.ndim() == 1 ? 0 : 1;
    const Dims& sizes = input.sizes();
    call.outer = axis == 0 ? 1 : sizes[0];
    call.classes = sizes[axis];
    call.inner = 1;
    for (int d = axis + 1; d < input.ndim(); d++) call.inner *= sizes[d];
    elementShape = sizes;
    elementShape.erase(axis);

    const DType compute = input.dtype() == DType::Float64 ? DType::Float64 : DType::Float32;
    input_ = contiguous(asType(input, compute));
    if (isFloat(target.dtype())) {
      GB_CHECK(!classesOnly, "expected a target of classes (int64), got ", nameOf(target.dtype()), ": target.long() makes them");
      GB_CHECK(target.sizes() == sizes, "expected a target of probabilities of shape ", sizes, " like the input, got ",
               target.sizes());
      target_ = contiguous(asType(target, compute));
    } else {
      GB_CHECK(target.dtype() == DType::Int64 || target.dtype() == DType::UInt8, "expected a target of classes ",
               "(int64) or of probabilities (floating point), got ", nameOf(target.dtype()));
      GB_CHECK(target.sizes() == elementShape, "expected a target of classes of shape ", elementShape,
               " for an input of shape ", sizes, ", got ", target.sizes());
      target_ = contiguous(asType(target, DType::Int64));
    }
    if (weight) {
      GB_CHECK(weight->ndim() == 1 && weight->numel() == call.classes, "expected a weight for each of the ",
               call.classes, " classes, got shape ", weight->sizes());
      weight_ = contiguous(asType(*weight, compute));
      call.weight = &weight_;
    } else {
      call.weight = nullptr;
    }
    checkTogether(input, target);
    if (weight) checkTogether(input, *weight);
    call.input = &input_;
    call.target = &target_;
    call.reduction = LossReduction(reduction);
    call.ignoreIndex = ignoreIndex;
    call.smoothing = smoothing;
  }

  DType compute() const { return input_.dtype(); }
  Tensor makeLosses() const { return emptyTensor(elementShape, compute(), input_.device()); }
  /** One element for the losses together, where they are reduced. */
  Tensor makeResult() const { return reduces() ? emptyTensor({}, compute(), input_.device()) : Tensor(); }
  bool reduces() const { return call.reduction != LossReduction::None; }

  LossCall call;
  Dims elementShape;

 private:
  Tensor input_, target_, weight_;
};

Tensor preparedGrad(const Tensor& grad, const Prepared& p) {
  if (p.call.reduction == LossReduction::None) {
    GB_CHECK(grad.sizes() == p.elementShape, "expected a gradient of shape ", p.elementShape, ", got ", grad.sizes());
  } else {
    GB_CHECK(grad.numel() == 1, "expected a gradient of one element, got shape ", grad.sizes());
  }
  return contiguous(asType(grad, p.compute()));
}

Tensor preparedTotal(const Tensor& totalWeight) {
  GB_CHECK(totalWeight.numel() == 1, "expected the total weight as one element, got shape ", totalWeight.sizes());
  return asType(totalWeight, DType::Float64);
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor> crossEntropy(const Tensor& logits, const Tensor& target, MaybeTensor weight,
                                                int reduction, int64_t ignoreIndex, double smoothing) {
  const Prepared p(logits, target, weight, reduction, ignoreIndex, smoothing, false);
  const Tensor logProbs = emptyTensor(logits.sizes(), p.compute(), logits.device());
  const Tensor losses = p.makeLosses(), result = p.makeResult();
  const Tensor totalWeight = emptyTensor({}, DType::Float64, logits.device());
  crossEntropyKernel(logits.device(), p.call, logProbs, losses, totalWeight, p.reduces() ? &result : nullptr);
  return {asType(p.reduces() ? result : losses, logits.dtype()), asType(logProbs, logits.dtype()), totalWeight};
}

Tensor crossEntropyBackward(const Tensor& grad, const Tensor& logProbs, const Tensor& target, MaybeTensor weight,
                            int reduction, int64_t ignoreIndex, double smoothing, const Tensor& totalWeight) {
  const Prepared p(logProbs, target, weight, reduction, ignoreIndex, smoothing, false);
  const Tensor out = emptyTensor(logProbs.sizes(), p.compute(), logProbs.device());
  crossEntropyBackwardKernel(out.device(), p.call, preparedGrad(grad, p), out, preparedTotal(totalWeight));
  return asType(out, logProbs.dtype());
}

std::pair<Tensor, Tensor> nllLoss(const Tensor& logProbs, const Tensor& target, MaybeTensor weight, int reduction,
                                  int64_t ignoreIndex) {
  const Prepared p(logProbs, target, weight, reduction, ignoreIndex, 0, true);
  const Tensor losses = p.makeLosses(), result = p.makeResult();
  const Tensor totalWeight = emptyTensor({}, DType::Float64, logProbs.device());
  nllLossKernel(logProbs.device(), p.call, losses, totalWeight, p.reduces() ? &result : nullptr);
  return {asType(p.reduces() ? result : losses, logProbs.dtype()), totalWeight};
}

Tensor nllLossBackward(const Tensor& grad, const Tensor& logProbs, const Tensor& target, MaybeTensor weight,
                       int reduction, int64_t ignoreIndex, const Tensor& totalWeight) {
  const Prepared p(logProbs, target, weight, reduction, ignoreIndex, 0, true);
  const Tensor out = emptyTensor(logProbs.sizes(), p.compute(), logProbs.device());
  nllLossBackwardKernel(out.device(), p.call, preparedGrad(grad, p), out, preparedTotal(totalWeight));
  return asType(out, logProbs.dtype());
}

}  // namespace gb
