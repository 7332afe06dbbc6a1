// One formula per optimiser: the new value of one element. Every step is rounded where PyTorch's single ops round.
#pragma once
#include "scalar/math.h"

namespace gb {
namespace scalar {

template <class T>
struct Sgd {
  T lr, momentum, undamped, weightDecay, sign;
  bool nesterov;

  GB_FN T direction(const Sgd& s, T p, T g) { return mulAdd(s.weightDecay, p, s.sign * g); }
  GB_FN T buffer(const Sgd& s, T b, T d) { return mulAdd(s.undamped, d, b * s.momentum); }
  GB_FN T step(const Sgd& s, T d, T b) { return s.nesterov ? mulAdd(s.momentum, b, d) : b; }
  GB_FN T apply(const Sgd& s, T p, T step) { return mulAdd(-s.lr, step, p); }
};

/**
 * The optimisers below get their constants as doubles, the first three the same everywhere: the gradient's sign, the
 * factor of the parameter that is added to it (L2), the factor that the parameter shrinks by (decoupled decay).
 */
template <class T>
struct Decay {
  T sign, weightDecay, keep;
  GB_FN Decay of(const double* c) { return {T(c[0]), T(c[1]), T(c[2])}; }
  GB_FN T shrunk(const Decay& d, T p) { return p * d.keep; }
  GB_FN T gradient(const Decay& d, T p, T g) { return mulAdd(d.weightDecay, p, d.sign * g); }
};
constexpr int kDecayConstants = 3;

/** PyTorch's lerp by a number: exact at both ends. */
template <class T>
GB_FN T lerp(T start, T end, T weight) {
  return weight < T(0.5) ? mulAdd(weight, end - start, start) : mulAdd(weight - T(1), end - start, end);
}

/** m, v; Max keeps the largest v (AMSGrad). */
template <class T, bool Max>
struct Adam {
  static constexpr int kStates = Max ? 3 : 2, kConstants = kDecayConstants + 6;
  Decay<T> decay;
  T weight1, beta2, weight2, root2, eps, step;
  GB_FN Adam of(const double* c) {
    return {Decay<T>::of(c), T(c[3]), T(c[4]), T(c[5]), T(c[6]), T(c[7]), T(c[8])};
  }
  GB_FN T next(const Adam& o, T p, T g, T& m, T& v, T& largest) {
    p = Decay<T>::shrunk(o.decay, p);
    g = Decay<T>::gradient(o.decay, p, g);
    m = lerp(m, g, o.weight1);
    v = v * o.beta2 + o.weight2 * g * g;
    if (Max) largest = largest > v || largest != largest ? largest : v;
    const T denominator = sqrt(Max ? largest : v) / o.root2 + o.eps;
    return p + o.step * m / denominator;
  }
};

/** The mean square; then the momentum's buffer and the mean gradient where they are used. */
template <class T, bool Momentum, bool Centered>
struct RmsProp {
  static constexpr int kStates = 1 + Momentum + Centered, kConstants = kDecayConstants + 5;
  Decay<T> decay;
  T alpha, weight, eps, momentum, lr;
  GB_FN RmsProp of(const double* c) { return {Decay<T>::of(c), T(c[3]), T(c[4]), T(c[5]), T(c[6]), T(c[7])}; }
  GB_FN T next(const RmsProp& o, T p, T g, T& square, T& second, T& third) {
    g = Decay<T>::gradient(o.decay, p, g);
    square = square * o.alpha + o.weight * g * g;
    T spread = square;
    if (Centered) {
      T& mean = Momentum ? third : second;
      mean = lerp(mean, g, o.weight);
      spread = square - mean * mean;
    }
    const T root = sqrt(spread) + o.eps;
    if (!Momentum) return p - o.lr * g / root;
    second = second * o.momentum + g / root;
    return mulAdd(-o.lr, second, p);
  }
};

/** The sum of squares. */
template <class T>
struct Adagrad {
  static constexpr int kStates = 1, kConstants = kDecayConstants + 2;
  Decay<T> decay;
  T lr, eps;
  GB_FN Adagrad of(const double* c) { return {Decay<T>::of(c), T(c[3]), T(c[4])}; }
  GB_FN T next(const Adagrad& o, T p, T g, T& sum, T&, T&) {
    g = Decay<T>::gradient(o.decay, p, g);
    sum = sum + g * g;
    return p - o.lr * g / (sqrt(sum) + o.eps);
  }
};

/** Mean squares of gradients and of updates. */
template <class T>
struct Adadelta {
  static constexpr int kStates = 2, kConstants = kDecayConstants + 4;
  Decay<T> decay;
  T lr, rho, weight, eps;
  GB_FN Adadelta of(const double* c) { return {Decay<T>::of(c), T(c[3]), T(c[4]), T(c[5]), T(c[6])}; }
  GB_FN T next(const Adadelta& o, T p, T g, T& square, T& updates, T&) {
    g = Decay<T>::gradient(o.decay, p, g);
    square = square * o.rho + o.weight * g * g;
    const T update = sqrt(updates + o.eps) / sqrt(square + o.eps) * g;
    updates = updates * o.rho + o.weight * update * update;
    return mulAdd(-o.lr, update, p);
  }
};

/** m, and the decaying largest gradient. */
template <class T>
struct Adamax {
  static constexpr int kStates = 2, kConstants = kDecayConstants + 4;
  Decay<T> decay;
  T weight1, beta2, eps, step;
  GB_FN Adamax of(const double* c) { return {Decay<T>::of(c), T(c[3]), T(c[4]), T(c[5]), T(c[6])}; }
  GB_FN T next(const Adamax& o, T p, T g, T& m, T& largest, T&) {
    g = Decay<T>::gradient(o.decay, p, g);
    m = lerp(m, g, o.weight1);
    const T before = largest * o.beta2, now = fabs(g) + o.eps;
    largest = before > now || before != before ? before : now;
    return p + o.step * m / largest;
  }
};

/** m, v; the step has a part along the gradient and one along m. */
template <class T>
struct NAdam {
  static constexpr int kStates = 2, kConstants = kDecayConstants + 7;
  Decay<T> decay;
  T weight1, beta2, weight2, bias2, eps, alongGradient, alongMean;
  GB_FN NAdam of(const double* c) {
    return {Decay<T>::of(c), T(c[3]), T(c[4]), T(c[5]), T(c[6]), T(c[7]), T(c[8]), T(c[9])};
  }
  GB_FN T next(const NAdam& o, T p, T g, T& m, T& v, T&) {
    p = Decay<T>::shrunk(o.decay, p);
    g = Decay<T>::gradient(o.decay, p, g);
    m = lerp(m, g, o.weight1);
    v = v * o.beta2 + o.weight2 * g * g;
    const T denominator = sqrt(v / o.bias2) + o.eps;
    p = p + o.alongGradient * g / denominator;
    return p + o.alongMean * m / denominator;
  }
};

/** m, v; `rectified` is 0 while the variance is not to be trusted: then the step is m's alone. */
template <class T>
struct RAdam {
  static constexpr int kStates = 2, kConstants = kDecayConstants + 8;
  Decay<T> decay;
  T weight1, beta2, weight2, bias1, lr, eps, root2, rectified;
  GB_FN RAdam of(const double* c) {
    return {Decay<T>::of(c), T(c[3]), T(c[4]), T(c[5]), T(c[6]), T(c[7]), T(c[8]), T(c[9]), T(c[10])};
  }
  GB_FN T next(const RAdam& o, T p, T g, T& m, T& v, T&) {
    p = Decay<T>::shrunk(o.decay, p);
    g = Decay<T>::gradient(o.decay, p, g);
    m = lerp(m, g, o.weight1);
    v = v * o.beta2 + o.weight2 * g * g;
    const T plain = m / o.bias1 * o.lr;
    return p - (o.rectified == T(0) ? plain : plain * (o.root2 / (sqrt(v) + o.eps)) * o.rectified);
  }
};

/** The gradient before, and the step of every element, which grows while the sign stays and shrinks where it turns. */
template <class T>
struct Rprop {
  static constexpr int kStates = 2, kConstants = kDecayConstants + 4;
  Decay<T> decay;
  T shrink, grow, least, most;
  GB_FN Rprop of(const double* c) { return {Decay<T>::of(c), T(c[3]), T(c[4]), T(c[5]), T(c[6])}; }
  GB_FN T next(const Rprop& o, T p, T g, T& before, T& step, T&) {
    g = o.decay.sign * g;
    const T turn = g * before;
    const T factor = turn > T(0) ? o.grow : turn < T(0) ? o.shrink : T(1);
    const T wanted = step * factor;
    step = wanted < o.least ? o.least : wanted > o.most ? o.most : wanted;
    g = turn < T(0) ? T(0) : g;
    before = g;
    return g > T(0) ? p - step : g < T(0) ? p + step : p;
  }
};

}  // namespace scalar
}  // namespace gb
