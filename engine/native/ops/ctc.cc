#include "ops/ctc.h"

#include <algorithm>

#include "ops/copy.h"
#include "ops/create.h"
#include "ops/transfer.h"

namespace gb {

Kernel<void(const CtcCall&, const Tensor&, const Tensor&)> ctcLossKernel("ctcLoss");
Kernel<void(const CtcCall&, const Tensor&, const Tensor&, const Tensor&, bool, const Tensor&)> ctcLossBackwardKernel(
    "ctcLossBackward");

namespace {

Tensor integers(const Tensor& x, const char* what) {
  GB_CHECK(x.dtype() == DType::Int64 || x.dtype() == DType::Int32, "expected ", what, " as int64 or int32, got ",
           nameOf(x.dtype()));
  return contiguous(asType(x, DType::Int64));
}

/** Arguments checked and brought into the form that kernels take. Holds what it made. */
class Prepared {
 public:
  Prepared(const Tensor& logProbs, const Tensor& targets, const Tensor& inputLengths, const Tensor& targetLengths,
           int64_t blank)
      : logProbs_(contiguous(logProbs)), targets_(integers(targets, "targets")),
        inputLengths_(onHost(integers(inputLengths, "input lengths"))),
        targetLengths_(onHost(integers(targetLengths, "target lengths"))) {
    const Device device = logProbs.device();
    checkTogether(logProbs, targets);
    GB_CHECK(logProbs.dtype() == DType::Float32 || logProbs.dtype() == DType::Float64,
             "not implemented for ", nameOf(logProbs.dtype()), ": expected float32 or float64");
    GB_CHECK(logProbs.ndim() == 3, "expected log-probabilities of shape [T, N, C], got ", logProbs.sizes());
    const int64_t steps = logProbs.size(0), batch = logProbs.size(1), classes = logProbs.size(2);
    GB_CHECK(blank >= 0 && blank < classes, "blank must be in label range, 0 to ", classes - 1, ", got ", blank);
    for (const auto& [lengths, what] : {std::pair(&inputLengths_, "input"), std::pair(&targetLengths_, "target")}) {
      GB_CHECK(lengths->ndim() == 1 && lengths->numel() == batch, "expected ", batch, " ", what, " lengths, got shape ",
               lengths->sizes());
    }
    const bool padded = targets.ndim() == 2;
    GB_CHECK(padded || targets.ndim() == 1, "expected targets of shape [N, S] or [sum of lengths], got ", targets.sizes());
    GB_CHECK(!padded || targets.size(0) == batch, "expected targets for ", batch, " samples, got shape ", targets.sizes());
    starts_ = emptyTensor({batch}, DType::Int64);
    int64_t longest = 0, together = 0;
    for (int64_t n = 0; n < batch; n++) {
      const int64_t input = inputLengths_.as<int64_t>()[n], length = targetLengths_.as<int64_t>()[n];
      GB_CHECK(input >= 0 && input <= steps, "expected input lengths of 0 to ", steps, ", got ", input);
      GB_CHECK(length >= 0, "expected target lengths of at least 0, got ", length);
      GB_CHECK(!padded || length <= targets.size(1), "a target length of ", length, " is more than the ",
               padded ? targets.size(1) : 0, " labels of a row");
      starts_.as<int64_t>()[n] = padded ? n * targets.size(1) : together;
      GB_CHECK(padded || together + length <= targets_.numel(), "target lengths add up to more than the ", targets_.numel(),
               " labels");
      // A card looks at labels when it meets them.
      for (int64_t s = 0; device == Device::CPU && s < length; s++) {
        const int64_t label = targets_.as<int64_t>()[starts_.as<int64_t>()[n] + s];
        GB_CHECK(label >= 0 && label < classes, "expected labels of 0 to ", classes - 1, ", got ", label);
      }
      longest = std::max(longest, length);
      together += length;
    }
    GB_CHECK(padded || together == targets_.numel(), "target lengths add up to ", together, ", but there are ",
             targets_.numel(), " labels");
    // Lengths may lie anywhere; the kernel wants them where it runs.
    for (Tensor* lengths : {&starts_, &inputLengths_, &targetLengths_}) *lengths = toDevice(*lengths, device, false);
    call = {&logProbs_, &targets_, &starts_, &inputLengths_, &targetLengths_, blank, 2 * longest + 1};
  }

  CtcCall call;

 private:
  Tensor logProbs_, targets_, inputLengths_, targetLengths_, starts_;
};

}  // namespace

std::pair<Tensor, Tensor> ctcLoss(const Tensor& logProbs, const Tensor& targets, const Tensor& inputLengths,
                                  const Tensor& targetLengths, int64_t blank) {
  const Prepared p(logProbs, targets, inputLengths, targetLengths, blank);
  const int64_t steps = logProbs.size(0), batch = logProbs.size(1);
  Tensor losses = emptyTensor({batch}, logProbs.dtype(), logProbs.device());
  Tensor alpha = emptyTensor({batch, steps, p.call.states}, logProbs.dtype(), logProbs.device());
  ctcLossKernel(logProbs.device(), p.call, losses, alpha);
  return {std::move(losses), std::move(alpha)};
}

Tensor ctcLossBackward(const Tensor& grad, const Tensor& logProbs, const Tensor& targets, const Tensor& inputLengths,
                       const Tensor& targetLengths, const Tensor& losses, const Tensor& alpha, int64_t blank,
                       bool zeroInfinity) {
  const Prepared p(logProbs, targets, inputLengths, targetLengths, blank);
  GB_CHECK(grad.sizes() == losses.sizes() && grad.dtype() == logProbs.dtype(), "expected a gradient of shape ",
           losses.sizes(), ", got ", grad.sizes());
  const Dims expected{logProbs.size(1), logProbs.size(0), p.call.states};
  GB_CHECK(alpha.sizes() == expected, "expected states of shape ", expected, ", got ", alpha.sizes());
  const Tensor out = emptyTensor(logProbs.sizes(), logProbs.dtype(), logProbs.device());
  ctcLossBackwardKernel(logProbs.device(), p.call, contiguous(grad), losses, alpha, zeroInfinity, out);
  return out;
}

}  // namespace gb
