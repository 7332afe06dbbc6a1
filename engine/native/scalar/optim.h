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

}  // namespace scalar
}  // namespace gb
