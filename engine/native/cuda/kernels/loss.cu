// Classification losses. A group of GB_LANES threads (32 or 1) takes one element and goes through its classes: 32 where
// they lie behind each other. Macros: GB_T (float or double), GB_LANES.
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

using T = GB_T;
constexpr int kLanes = GB_LANES;

template <class Join, class A>
GB_DEVICE A lanesJoin(A value) {
  return kLanes == 1 ? value : warpJoin<Join>(value);
}

/** One element of the loss: where its classes are. */
struct Element {
  i64 e, at, stride;
  int lane;

  GB_DEVICE Element(const LossArguments& a, i64 element)
      : e(element), at(e / a.inner * a.classes * a.inner + e % a.inner), stride(a.inner), lane(int(threadIdx.x % kLanes)) {}
};

/** f(element) for all elements, by groups of threads that go on together. */
template <class F>
GB_DEVICE void eachElement(const LossArguments& a, const F& f) {
  const i64 step = i64(gridDim.x) * (blockDim.x / kLanes);
  for (i64 e = globalThread() / kLanes; e < a.outer * a.inner; e += step) f(Element(a, e));
}

GB_DEVICE double weightOf(const LossArguments& a, i64 c) { return a.weight ? double(static_cast<const T*>(a.weight)[c]) : 1.0; }

/** The class of an element; −1 where it is ignored, or out of bounds. */
GB_DEVICE i64 classOf(const LossArguments& a, i64 e) {
  const i64 y = static_cast<const i64*>(a.target)[e];
  if (y == a.ignoreIndex) return -1;
  if (y >= 0 && y < a.classes) return y;
  report(a.fault, a.op, kNoClass, y, a.classes);
  return -1;
}

GB_DEVICE double loss(const LossArguments& a, const Element& e, const T* logProbs) {
  const double spread = a.smoothing / double(a.classes);
  double own = 0;
  if (!a.classTarget) {
    const T* p = static_cast<const T*>(a.target) + e.at;
    for (i64 c = e.lane; c < a.classes; c += kLanes) {
      own -= weightOf(a, c) * (double(p[c * e.stride]) * (1 - a.smoothing) + spread) * double(logProbs[c * e.stride]);
    }
    return lanesJoin<Plus>(own);
  }
  const i64 y = classOf(a, e.e);
  if (y >= 0 && spread > 0) {
    for (i64 c = e.lane; c < a.classes; c += kLanes) own -= spread * weightOf(a, c) * double(logProbs[c * e.stride]);
  }
  const double smooth = lanesJoin<Plus>(own);
  return y < 0 ? 0 : smooth - (1 - a.smoothing) * weightOf(a, y) * double(logProbs[y * e.stride]);
}

/** One thread: what a reduction makes of all losses and weights. */
GB_DEVICE void settle(const LossSums& to, double loss, double weight) {
  *to.total = weight;
  *static_cast<T*>(to.result) = T(to.mean ? loss / weight : loss);
}

/** Losses of all elements, and their sums with those of the weights of what counts; with probabilities that is every element. */
template <class F>
GB_DEVICE void storeLosses(const LossArguments& a, const LossSums& to, T* losses, const F& lossOf) {
  double sum = 0, weights = 0;
  eachElement(a, [&](const Element& e) {
    const T own = T(lossOf(e));
    if (e.lane != 0) return;
    losses[e.e] = own;
    const i64 y = a.classTarget ? classOf(a, e.e) : 0;
    sum += double(own);
    weights += !a.classTarget ? 1.0 : y < 0 ? 0.0 : weightOf(a, y);
  });
  if (!to.total) return;
  sum = blockJoin<Plus>(sum);
  weights = blockJoin<Plus>(weights);
  if (threadIdx.x != 0) return;
  if (gridDim.x == 1) return settle(to, sum, weights);
  to.parts[2 * i64(blockIdx.x)] = sum;
  to.parts[2 * i64(blockIdx.x) + 1] = weights;
}

/** One block joins the sums of the others. */
extern "C" __global__ void __launch_bounds__(512, 1) joinLosses(LossSums to, i64 parts) {
  double sum = 0, weights = 0;
  for (i64 i = threadIdx.x; i < parts; i += blockDim.x) {
    sum += to.parts[2 * i];
    weights += to.parts[2 * i + 1];
  }
  sum = blockJoin<Plus>(sum);
  weights = blockJoin<Plus>(weights);
  if (threadIdx.x == 0) settle(to, sum, weights);
}

extern "C" __global__ void __launch_bounds__(512, 1) crossEntropy(LossArguments a, LossSums to, T* losses, T* logProbs) {
  storeLosses(a, to, losses, [&](const Element& e) {
    const T* x = static_cast<const T*>(a.input) + e.at;
    T top = -scalar::Limits<T>::infinity;
    for (i64 c = e.lane; c < a.classes; c += kLanes) top = Larger::join(top, x[c * e.stride]);
    top = lanesJoin<Larger>(top);
    double sum = 0;
    for (i64 c = e.lane; c < a.classes; c += kLanes) sum += double(scalar::exp(x[c * e.stride] - top));
    const T log = T(scalar::log(lanesJoin<Plus>(sum)));
    T* out = logProbs + e.at;
    for (i64 c = e.lane; c < a.classes; c += kLanes) out[c * e.stride] = x[c * e.stride] - top - log;
    if (kLanes > 1) __syncwarp();
    return loss(a, e, out);
  });
}

extern "C" __global__ void __launch_bounds__(512, 1) nllLoss(LossArguments a, LossSums to, T* losses) {
  storeLosses(a, to, losses, [&](const Element& e) { return loss(a, e, static_cast<const T*>(a.input) + e.at); });
}

/** Where the gradient of the loss is and what it is divided by. */
struct LossGradient {
  const T* grad;
  bool perElement;  // an element for each of the loss
  const double* total;  // null for 1

  GB_DEVICE double of(const Element& e) const { return double(grad[perElement ? e.e : 0]) / (total ? *total : 1.0); }
};

/** `a.input` holds the log-probabilities. */
extern "C" __global__ void __launch_bounds__(512, 1) crossEntropyBackward(LossArguments a, T* out, const T* grad, bool perElement,
                                                                          const double* total) {
  const LossGradient gradient{grad, perElement, total};
  eachElement(a, [&](const Element& e) {
    const double g = gradient.of(e), spread = a.smoothing / double(a.classes);
    const T* logProbs = static_cast<const T*>(a.input) + e.at;
    T* dx = out + e.at;
    const i64 y = a.classTarget ? classOf(a, e.e) : 0;
    const T* p = a.classTarget ? nullptr : static_cast<const T*>(a.target) + e.at;
    if (y < 0) {
      for (i64 c = e.lane; c < a.classes; c += kLanes) dx[c * e.stride] = T(0);
      return;
    }
    // d loss / d logit = softmax · Σ pull − pull, where pull is what the loss takes of each log-probability.
    double own = 0;
    for (i64 c = e.lane; c < a.classes; c += kLanes) {
      own += weightOf(a, c) * (p ? double(p[c * e.stride]) * (1 - a.smoothing) + spread : spread);
    }
    double pulls = lanesJoin<Plus>(own);
    if (!p) pulls += (1 - a.smoothing) * weightOf(a, y);
    for (i64 c = e.lane; c < a.classes; c += kLanes) {
      const double share = p ? double(p[c * e.stride]) * (1 - a.smoothing) + spread : (c == y ? 1 - a.smoothing : 0) + spread;
      dx[c * e.stride] = T(scalar::exp(logProbs[c * e.stride]) * T(g * pulls)) - T(g * weightOf(a, c) * share);
    }
  });
}

extern "C" __global__ void __launch_bounds__(512, 1) nllLossBackward(LossArguments a, T* out, const T* grad, bool perElement,
                                                                     const double* total) {
  const LossGradient gradient{grad, perElement, total};
  eachElement(a, [&](const Element& e) {
    const i64 y = classOf(a, e.e);
    const double own = y < 0 ? 0 : -gradient.of(e) * weightOf(a, y);
    for (i64 c = e.lane; c < a.classes; c += kLanes) out[e.at + c * e.stride] = c == y ? T(own) : T(0);
  });
}

}  // namespace cuda
}  // namespace gb
