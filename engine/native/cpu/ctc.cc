// Connectionist temporal classification on the CPU (Graves et al., 2006), in logarithms. The states of a target are its
// labels with a blank before, between and behind them.
#include "ops/ctc.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

/** Table entries that are worth another thread. */
constexpr int64_t kThreadWork = 4096;

/** ln(e^a + e^b + e^c) */
template <class T>
T logSum(T a, T b, T c) {
  T most = std::max(a, std::max(b, c));
  if (most == -std::numeric_limits<T>::infinity()) most = 0;
  return std::log(std::exp(a - most) + std::exp(b - most) + std::exp(c - most)) + most;
}

/** One sample. */
template <class T>
class Sample {
 public:
  static constexpr T kNever = -std::numeric_limits<T>::infinity();

  Sample(const CtcCall& call, int64_t n)
      : steps(call.inputLengths->as<int64_t>()[n]), labels(call.targetLengths->as<int64_t>()[n]), states(2 * labels + 1),
        classes(call.logProbs->size(2)), logProbs_(call.logProbs->as<T>() + n * classes),
        stride_(call.logProbs->size(1) * classes),
        targets_(call.targets->as<int64_t>() + call.targetStarts->as<int64_t>()[n]), blank_(call.blank) {}

  const int64_t steps, labels, states, classes;

  int64_t labelOf(int64_t state) const { return state % 2 == 0 ? blank_ : targets_[state / 2]; }
  const T* at(int64_t t) const { return logProbs_ + t * stride_; }
  /** Whether one may go from this state to the one after the next: past a blank between different labels. */
  bool skips(int64_t state) const { return state + 2 < states && labelOf(state) != labelOf(state + 2); }

  /** alpha[t][width]: ln of the probability of all ways to the state at step t. */
  T forward(T* alpha, int64_t width) const {
    if (steps == 0) return labels == 0 ? T(0) : -kNever;
    std::fill_n(alpha, width, kNever);
    alpha[0] = at(0)[blank_];
    if (labels > 0) alpha[1] = at(0)[labelOf(1)];
    for (int64_t t = 1; t < steps; t++) {
      const T* before = alpha + (t - 1) * width;
      T* now = alpha + t * width;
      for (int64_t s = 0; s < states; s++) {
        const T two = s > 1 && skips(s - 2) ? before[s - 2] : kNever;
        now[s] = logSum(before[s], s > 0 ? before[s - 1] : kNever, two) + at(t)[labelOf(s)];
      }
    }
    const T* last = alpha + (steps - 1) * width;
    return -logSum(last[states - 1], labels > 0 ? last[states - 2] : kNever, kNever);
  }

  /** Adds to out[t·stride + class] ln of the probability of all ways through each class, and finishes the gradient. */
  void backward(const T* alpha, int64_t width, T loss, T grad, T* out) const {
    std::vector<T> beta(size_t(states), kNever), next(size_t(states), kNever);
    for (int64_t t = steps - 1; t >= 0; t--) {
      T* to = out + t * stride_;
      std::fill_n(to, classes, kNever);
      for (int64_t s = 0; s < states; s++) {
        const T own = at(t)[labelOf(s)];
        if (t == steps - 1) {
          beta[size_t(s)] = s >= states - 2 ? own : kNever;
        } else {
          const T one = s + 1 < states ? next[size_t(s + 1)] : kNever;
          beta[size_t(s)] = logSum(next[size_t(s)], one, skips(s) ? next[size_t(s + 2)] : kNever) + own;
        }
        T& sum = to[labelOf(s)];
        sum = logSum(sum, alpha[t * width + s] + beta[size_t(s)], kNever);
      }
      std::swap(beta, next);
      // Through a softmax: what the class has, less what the target makes of it.
      for (int64_t c = 0; c < classes; c++) {
        const T own = at(t)[c];
        to[c] = (std::exp(own) - std::exp(to[c] + loss - own)) * grad;
      }
    }
  }

  int64_t stride() const { return stride_; }

 private:
  const T* logProbs_;
  int64_t stride_;
  const int64_t* targets_;
  int64_t blank_;
};

int64_t grainOf(const CtcCall& call) {
  return std::max<int64_t>(1, kThreadWork / std::max<int64_t>(1, call.logProbs->size(0) * call.states));
}

template <class T>
void lossesIn(const CtcCall& call, const Tensor& losses, const Tensor& alpha) {
  const int64_t allSteps = call.logProbs->size(0), width = call.states;
  parallelFor(losses.numel(), grainOf(call), [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; n++) {
      checkInterrupt();
      losses.as<T>()[n] = Sample<T>(call, n).forward(alpha.as<T>() + n * allSteps * width, width);
    }
  });
}

template <class T>
void gradientIn(const CtcCall& call, const Tensor& grad, const Tensor& losses, const Tensor& alpha, bool zeroInfinity,
                const Tensor& out) {
  const int64_t allSteps = call.logProbs->size(0), width = call.states;
  parallelFor(losses.numel(), grainOf(call), [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; n++) {
      checkInterrupt();
      const Sample<T> sample(call, n);
      const T loss = losses.as<T>()[n];
      T* to = out.as<T>() + n * sample.classes;
      const bool none = zeroInfinity && loss == std::numeric_limits<T>::infinity();
      for (int64_t t = none ? 0 : sample.steps; t < allSteps; t++) std::fill_n(to + t * sample.stride(), sample.classes, T(0));
      if (!none) sample.backward(alpha.as<T>() + n * allSteps * width, width, loss, grad.as<T>()[n], to);
    }
  });
}

void ctcLossOnCpu(const CtcCall& call, const Tensor& losses, const Tensor& alpha) {
  losses.dtype() == DType::Float64 ? lossesIn<double>(call, losses, alpha) : lossesIn<float>(call, losses, alpha);
}

void ctcLossBackwardOnCpu(const CtcCall& call, const Tensor& grad, const Tensor& losses, const Tensor& alpha,
                          bool zeroInfinity, const Tensor& out) {
  out.dtype() == DType::Float64 ? gradientIn<double>(call, grad, losses, alpha, zeroInfinity, out)
                                : gradientIn<float>(call, grad, losses, alpha, zeroInfinity, out);
}

}  // namespace

GB_KERNEL(CPU, ctcLossKernel, ctcLossOnCpu)
GB_KERNEL(CPU, ctcLossBackwardKernel, ctcLossBackwardOnCpu)

}  // namespace gb
