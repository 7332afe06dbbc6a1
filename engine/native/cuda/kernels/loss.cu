// Classification losses. A group of GB_LANES threads (32 or 1) takes one element and goes through its classes: 32 where
// they lie behind each other. Macros: GB_T (float or double), GB_LANES.
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

using T = GB_T;
constexpr int kLanes = GB_LANES;

template <class Join, class A>
GB_DEVICE A groupJoin(A value) {
  return kLanes == 1 ? value : warpJoin<Join>(value);
}

/** One element of the loss: where its classes are. */
struct Element {
  i64 e, at, stride;
  int lane;
  bool there;

  GB_DEVICE explicit Element(const LossArguments& a) {
    e = globalThread() / kLanes;
    lane = int(globalThread() % kLanes);
    there = e < a.outer * a.inner;
    at = there ? e / a.inner * a.classes * a.inner + e % a.inner : 0;
    stride = a.inner;
  }
};

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
    return groupJoin<Plus>(own);
  }
  const i64 y = classOf(a, e.e);
  if (y >= 0 && spread > 0) {
    for (i64 c = e.lane; c < a.classes; c += kLanes) own -= spread * weightOf(a, c) * double(logProbs[c * e.stride]);
  }
  const double smooth = groupJoin<Plus>(own);
  return y < 0 ? 0 : smooth - (1 - a.smoothing) * weightOf(a, y) * double(logProbs[y * e.stride]);
}

extern "C" __global__ void crossEntropy(LossArguments a, T* logProbs, T* losses) {
  const Element e(a);
  const T* x = static_cast<const T*>(a.input) + e.at;
  const i64 classes = e.there ? a.classes : 0;
  T top = -scalar::Limits<T>::infinity;
  for (i64 c = e.lane; c < classes; c += kLanes) top = Larger::join(top, x[c * e.stride]);
  top = groupJoin<Larger>(top);
  double sum = 0;
  for (i64 c = e.lane; c < classes; c += kLanes) sum += double(scalar::exp(x[c * e.stride] - top));
  const T log = T(scalar::log(groupJoin<Plus>(sum)));
  if (!e.there) return;
  T* out = logProbs + e.at;
  for (i64 c = e.lane; c < classes; c += kLanes) out[c * e.stride] = x[c * e.stride] - top - log;
  if (kLanes > 1) __syncwarp();
  const double result = loss(a, e, out);
  if (e.lane == 0) losses[e.e] = T(result);
}

extern "C" __global__ void nllLoss(LossArguments a, T* losses) {
  const Element e(a);
  if (!e.there) return;
  const double result = loss(a, e, static_cast<const T*>(a.input) + e.at);
  if (e.lane == 0) losses[e.e] = T(result);
}

/** One block: the weights of the classes that count; with probabilities the number of elements. */
extern "C" __global__ void totalWeight(LossArguments a, double* total) {
  const i64 n = a.outer * a.inner;
  double own = 0;
  for (i64 e = threadIdx.x; a.classTarget && e < n; e += blockDim.x) {
    const i64 y = classOf(a, e);
    if (y >= 0) own += weightOf(a, y);
  }
  const double all = blockJoin<Plus>(own);
  if (threadIdx.x == 0) *total = a.classTarget ? all : double(n);
}

/** `a.input` holds the log-probabilities; `perElement`: grad has an element for each of the loss. `total`: null for 1. */
extern "C" __global__ void crossEntropyBackward(LossArguments a, const T* grad, bool perElement, const double* total, T* out) {
  const Element e(a);
  if (!e.there) return;
  const double g = double(grad[perElement ? e.e : 0]) / (total ? *total : 1.0), spread = a.smoothing / double(a.classes);
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
  double pulls = groupJoin<Plus>(own);
  if (!p) pulls += (1 - a.smoothing) * weightOf(a, y);
  for (i64 c = e.lane; c < a.classes; c += kLanes) {
    const double share = p ? double(p[c * e.stride]) * (1 - a.smoothing) + spread : (c == y ? 1 - a.smoothing : 0) + spread;
    dx[c * e.stride] = T(scalar::exp(logProbs[c * e.stride]) * T(g * pulls)) - T(g * weightOf(a, c) * share);
  }
}

/** `out` is zero everywhere. */
extern "C" __global__ void nllLossBackward(LossArguments a, const T* grad, bool perElement, const double* total, T* out) {
  const Element e(a);
  if (!e.there || e.lane != 0) return;
  const i64 y = classOf(a, e.e);
  if (y < 0) return;
  const double g = double(grad[perElement ? e.e : 0]) / (total ? *total : 1.0);
  out[e.at + y * e.stride] = T(-g * weightOf(a, y));
}

}  // namespace cuda
}  // namespace gb
