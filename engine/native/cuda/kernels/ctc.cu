// Connectionist temporal classification (Graves et al., 2006), in logarithms: a block for each sample, its threads share
// the states of a step. Macro: GB_T (float or double).
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

using T = GB_T;

constexpr T kNever = -scalar::Limits<T>::infinity;

/** ln(e^a + e^b + e^c) */
GB_DEVICE T logSum(T a, T b, T c) {
  T most = a > b ? a : b;
  most = most > c ? most : c;
  if (most == kNever) most = 0;
  return scalar::log(scalar::exp(a - most) + scalar::exp(b - most) + scalar::exp(c - most)) + most;
}

/** A block's sample. Its states are its labels with a blank before, between and behind them. */
struct Sample {
  i64 steps, labels, states, stride;
  const T* logProbs;
  const i64* targets;
  i64 blank, classes;

  GB_DEVICE explicit Sample(const CtcArguments& a)
      : steps(a.inputLengths[blockIdx.x]), labels(a.targetLengths[blockIdx.x]), states(2 * labels + 1),
        stride(a.batch * a.classes), logProbs(static_cast<const T*>(a.logProbs) + blockIdx.x * a.classes),
        targets(a.targets + a.targetStarts[blockIdx.x]), blank(a.blank), classes(a.classes) {
    for (i64 s = threadIdx.x; s < labels; s += blockDim.x) {
      if (targets[s] < 0 || targets[s] >= classes) report(a.fault, a.op, kNoClass, targets[s], classes);
    }
  }
  /** A label that there is not is noted; here it counts as a blank. */
  GB_DEVICE i64 labelOf(i64 state) const {
    const i64 label = state % 2 == 0 ? blank : targets[state / 2];
    return label < 0 || label >= classes ? blank : label;
  }
  GB_DEVICE const T* at(i64 t) const { return logProbs + t * stride; }
  /** Whether one may go from this state to the one after the next: past a blank between different labels. */
  GB_DEVICE bool skips(i64 state) const { return state + 2 < states && labelOf(state) != labelOf(state + 2); }
};

/** alpha [N, T, states]: ln of the probability of all ways to the state at a step. */
extern "C" __global__ void ctcLoss(CtcArguments a, T* losses, T* alphas) {
  const Sample x(a);
  if (x.steps == 0) {
    if (threadIdx.x == 0) losses[blockIdx.x] = x.labels == 0 ? T(0) : -kNever;
    return;
  }
  T* now = alphas + blockIdx.x * a.steps * a.width;
  for (i64 s = threadIdx.x; s < a.width; s += blockDim.x) now[s] = s < 2 && s < x.states ? x.at(0)[x.labelOf(s)] : kNever;
  for (i64 t = 1; t < x.steps; t++) {
    __syncthreads();
    const T* before = now;
    now += a.width;
    for (i64 s = threadIdx.x; s < x.states; s += blockDim.x) {
      const T two = s > 1 && x.skips(s - 2) ? before[s - 2] : kNever;
      now[s] = logSum(before[s], s > 0 ? before[s - 1] : kNever, two) + x.at(t)[x.labelOf(s)];
    }
  }
  __syncthreads();
  if (threadIdx.x == 0) losses[blockIdx.x] = -logSum(now[x.states - 1], x.labels > 0 ? now[x.states - 2] : kNever, kNever);
}

/** betas: [N, 2, states], a step and the one after it. */
extern "C" __global__ void ctcLossBackward(CtcArguments a, const T* grad, const T* losses, const T* alphas, T* betas, T* out,
                                           bool zeroInfinity) {
  const Sample x(a);
  const T loss = losses[blockIdx.x], slope = grad[blockIdx.x];
  T* to = out + blockIdx.x * a.classes;
  const bool none = zeroInfinity && loss == -kNever;
  for (i64 t = none ? 0 : x.steps; t < a.steps; t++) {
    for (i64 c = threadIdx.x; c < x.classes; c += blockDim.x) to[t * x.stride + c] = 0;
  }
  if (none) return;
  for (i64 t = x.steps - 1; t >= 0; t--) {
    T* row = to + t * x.stride;
    const T *alpha = alphas + (blockIdx.x * a.steps + t) * a.width, *y = x.at(t);
    T* beta = betas + (blockIdx.x * 2 + t % 2) * a.width;
    const T* next = betas + (blockIdx.x * 2 + (t + 1) % 2) * a.width;
    for (i64 c = threadIdx.x; c < x.classes; c += blockDim.x) row[c] = kNever;
    for (i64 s = threadIdx.x; s < x.states; s += blockDim.x) {
      const T own = y[x.labelOf(s)];
      if (t == x.steps - 1) {
        beta[s] = s >= x.states - 2 ? own : kNever;
      } else {
        beta[s] = logSum(next[s], s + 1 < x.states ? next[s + 1] : kNever, x.skips(s) ? next[s + 2] : kNever) + own;
      }
    }
    __syncthreads();
    // The first state of each label adds up all of them, in their order.
    for (i64 s = threadIdx.x; s < x.states; s += blockDim.x) {
      const i64 label = x.labelOf(s);
      bool first = true;
      for (i64 other = 0; first && other < s; other++) first = x.labelOf(other) != label;
      if (!first) continue;
      T sum = kNever;
      for (i64 other = s; other < x.states; other++) {
        if (x.labelOf(other) == label) sum = logSum(sum, alpha[other] + beta[other], kNever);
      }
      row[label] = sum;
    }
    __syncthreads();
    // Through a softmax: what the class has, less what the target makes of it.
    for (i64 c = threadIdx.x; c < x.classes; c += blockDim.x) {
      row[c] = (scalar::exp(y[c]) - scalar::exp(row[c] + loss - y[c])) * slope;
    }
  }
}

}  // namespace cuda
}  // namespace gb
