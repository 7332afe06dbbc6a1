// Classification losses on the CPU.
#include "ops/loss.h"

#include <algorithm>
#include <cmath>

#include "cpu/columns.h"
#include "cpu/simd/choose.h"
#include "cpu/simd/loss.h"
#include "cpu/simd/rows.h"
#include "cpu/threads.h"
#include "ops/copy.h"
#include "ops/reduce.h"
#include "tensor/scalar_value.h"

namespace gb {
namespace {

bool hasClasses(const LossCall& call) { return call.target->dtype() == DType::Int64; }

int64_t grainOf(const LossCall& call) { return std::max<int64_t>(1, kGrain / (8 * std::max<int64_t>(1, call.classes))); }

/** The class of element e, or -1 where it is ignored. */
int64_t classOf(const LossCall& call, int64_t e) {
  const int64_t y = call.target->as<int64_t>()[e];
  if (y == call.ignoreIndex) return -1;
  GB_CHECK(y >= 0 && y < call.classes, "Target ", y, " is out of bounds: expected a class of 0 to ", call.classes - 1);
  return y;
}

template <class T>
T weightOf(const LossCall& call, int64_t c) {
  return call.weight ? call.weight->as<T>()[c] : T(1);
}

/** What a mean divides by: the weights of the classes that count; with probabilities the number of elements. */
template <class T>
double totalWeight(const LossCall& call) {
  const int64_t elements = call.outer * call.inner;
  if (!hasClasses(call)) return double(elements);
  double total = 0;
  for (int64_t e = 0; e < elements; e++) {
    const int64_t y = classOf(call, e);
    if (y >= 0) total += double(weightOf<T>(call, y));
  }
  return total;
}

/** Σ of all weights: what smoothing spreads over. */
template <class T>
double weightSum(const LossCall& call) {
  if (!call.weight) return double(call.classes);
  double sum = 0;
  for (int64_t c = 0; c < call.classes; c++) sum += double(call.weight->as<T>()[c]);
  return sum;
}

/** Loss of one element; `at` is its first log-probability, `stride` the way to the next class. */
template <class T>
T elementLoss(const LossCall& call, const T* logProbs, const T* probabilities, int64_t e, int64_t stride) {
  const double spread = call.smoothing / double(call.classes);
  double loss = 0;
  if (probabilities) {
    for (int64_t c = 0; c < call.classes; c++) {
      const double p = double(probabilities[c * stride]) * (1 - call.smoothing) + spread;
      loss -= double(weightOf<T>(call, c)) * p * double(logProbs[c * stride]);
    }
    return T(loss);
  }
  const int64_t y = classOf(call, e);
  if (y < 0) return 0;
  loss = -(1 - call.smoothing) * double(weightOf<T>(call, y)) * double(logProbs[y * stride]);
  if (spread > 0) {
    for (int64_t c = 0; c < call.classes; c++) {
      loss -= spread * double(weightOf<T>(call, c)) * double(logProbs[c * stride]);
    }
  }
  return T(loss);
}

/** The sum of the losses, or their sum over the sum of weights. */
void reduceTo(MaybeTensor result, const LossCall& call, const Tensor& losses, const Tensor& totalWeight) {
  if (!result) return;
  const Tensor all = sum(losses, nullptr, false, losses.dtype());
  const double value = losses.dtype() == DType::Float64 ? *all.as<double>() : double(*all.as<float>());
  fillWith(*result, Scalar::of(call.reduction == LossReduction::Mean ? value / *totalWeight.as<double>() : value));
}

template <class T>
double crossEntropyIn(const LossCall& call, const Tensor& logProbs, const Tensor& losses) {
  const LossLoops& loops = GB_CHOOSE(lossLoops)[sizeof(T) == 8];
  const int64_t C = call.classes, S = call.inner;
  const double total = totalWeight<T>(call);
  const bool isShort = S == 1 && C > 0 && C <= kShortRow, isWide = S >= kColumnStep && C > 0;
  parallelFor(call.outer, grainOf(call), [&](int64_t begin, int64_t end) {
    std::unique_ptr<SoftmaxColumns<T>> columns;
    if (isWide) columns.reset(new SoftmaxColumns<T>(true, C, S));
    for (int64_t n = begin; n < end; n++) {
      const int64_t at = n * C * S;
      T* out = logProbs.as<T>() + at;
      if (isWide) {
        columns->all(out, call.input->as<T>() + at);
      } else if (S > 1) {
        loops.logSoftmax(call.input->as<T>() + at, out, C, S);
      } else if (!isShort) {
        if (C > 0) rowLoops<T>().logSoftmax(out, call.input->as<T>() + at, C);
      } else if ((n - begin) % kAbreast == 0) {
        rowLoops<T>().logSoftmaxShort(out, call.input->as<T>() + at, std::min(kAbreast, end - n), C);
      }
      for (int64_t s = 0; s < S; s++) {
        const T* p = hasClasses(call) ? nullptr : call.target->as<T>() + at + s;
        losses.as<T>()[n * S + s] = elementLoss<T>(call, out + s, p, n * S + s, S);
      }
    }
  });
  return total;
}

void crossEntropyOnCpu(const LossCall& call, const Tensor& logProbs, const Tensor& losses, const Tensor& total,
                       MaybeTensor result) {
  *total.as<double>() = logProbs.dtype() == DType::Float64 ? crossEntropyIn<double>(call, logProbs, losses)
                                                           : crossEntropyIn<float>(call, logProbs, losses);
  reduceTo(result, call, losses, total);
}

template <class T>
void crossEntropyBackwardIn(const LossCall& call, const Tensor& grad, const Tensor& out, double total) {
  const LossLoops& loops = GB_CHOOSE(lossLoops)[sizeof(T) == 8];
  const int64_t C = call.classes, S = call.inner;
  const double divisor = call.reduction == LossReduction::Mean ? total : 1.0;
  const double spread = call.smoothing / double(C), allWeights = weightSum<T>(call);
  parallelFor(call.outer, grainOf(call), [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; n++) {
      const T* logProbs = call.input->as<T>() + n * C * S;
      T* dx = out.as<T>() + n * C * S;
      for (int64_t s = 0; s < S; s++) {
        const int64_t e = n * S + s;
        const double g = double(grad.as<T>()[call.reduction == LossReduction::None ? e : 0]) / divisor;
        if (hasClasses(call)) {
          const int64_t y = classOf(call, e);
          if (y < 0) {
            for (int64_t c = 0; c < C; c++) dx[c * S + s] = 0;
            continue;
          }
          // d loss / d logit = softmax · Σ pull − pull, where pull is what the loss takes of each log-probability
          const double chosen = g * (1 - call.smoothing) * double(weightOf<T>(call, y));
          loops.scaledExp(logProbs + s, dx + s, T(chosen + g * spread * allWeights), C, S);
          dx[y * S + s] -= T(chosen);
          if (spread > 0) {
            for (int64_t c = 0; c < C; c++) dx[c * S + s] -= T(g * spread * double(weightOf<T>(call, c)));
          }
        } else {
          const T* p = call.target->as<T>() + n * C * S + s;
          double sum = 0;
          for (int64_t c = 0; c < C; c++) {
            sum += double(weightOf<T>(call, c)) * (double(p[c * S]) * (1 - call.smoothing) + spread);
          }
          loops.scaledExp(logProbs + s, dx + s, T(g * sum), C, S);
          for (int64_t c = 0; c < C; c++) {
            dx[c * S + s] -= T(g * double(weightOf<T>(call, c)) * (double(p[c * S]) * (1 - call.smoothing) + spread));
          }
        }
      }
    }
  });
}

void crossEntropyBackwardOnCpu(const LossCall& call, const Tensor& grad, const Tensor& out, const Tensor& totalWeight) {
  const double total = *totalWeight.as<double>();
  out.dtype() == DType::Float64 ? crossEntropyBackwardIn<double>(call, grad, out, total)
                                : crossEntropyBackwardIn<float>(call, grad, out, total);
}

template <class T>
double nllLossIn(const LossCall& call, const Tensor& losses) {
  const int64_t C = call.classes, S = call.inner;
  for (int64_t e = 0; e < call.outer * S; e++) {
    const T* logProbs = call.input->as<T>() + (e / S) * C * S + e % S;
    losses.as<T>()[e] = elementLoss<T>(call, logProbs, static_cast<const T*>(nullptr), e, S);
  }
  return totalWeight<T>(call);
}

void nllLossOnCpu(const LossCall& call, const Tensor& losses, const Tensor& total, MaybeTensor result) {
  *total.as<double>() =
      losses.dtype() == DType::Float64 ? nllLossIn<double>(call, losses) : nllLossIn<float>(call, losses);
  reduceTo(result, call, losses, total);
}

template <class T>
void nllLossBackwardIn(const LossCall& call, const Tensor& grad, const Tensor& out, double total) {
  const int64_t C = call.classes, S = call.inner;
  const bool none = call.reduction == LossReduction::None;
  const double divisor = call.reduction == LossReduction::Mean ? total : 1.0;
  for (int64_t e = 0; e < call.outer * S; e++) {
    const int64_t y = classOf(call, e);
    if (y < 0) continue;
    const double g = double(grad.as<T>()[none ? e : 0]) / divisor;
    out.as<T>()[(e / S) * C * S + y * S + e % S] = T(-g * double(weightOf<T>(call, y)));
  }
}

void nllLossBackwardOnCpu(const LossCall& call, const Tensor& grad, const Tensor& out, const Tensor& totalWeight) {
  const double total = *totalWeight.as<double>();
  fillWith(out, Scalar::of(0.0));
  out.dtype() == DType::Float64 ? nllLossBackwardIn<double>(call, grad, out, total)
                                : nllLossBackwardIn<float>(call, grad, out, total);
}

}  // namespace

GB_KERNEL(CPU, crossEntropyKernel, crossEntropyOnCpu)
GB_KERNEL(CPU, crossEntropyBackwardKernel, crossEntropyBackwardOnCpu)
GB_KERNEL(CPU, nllLossKernel, nllLossOnCpu)
GB_KERNEL(CPU, nllLossBackwardKernel, nllLossBackwardOnCpu)

}  // namespace gb
