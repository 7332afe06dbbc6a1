// Loops of classification losses: [0] float, [1] double.
#pragma once
#include <cstdint>

namespace gb {

struct LossLoops {
  using LogSoftmax = void (*)(const void* x, void* out, int64_t classes, int64_t inner);
  using ScaledExp = void (*)(const void* x, void* out, double scale, int64_t classes, int64_t stride);
  LogSoftmax logSoftmaxFn;
  ScaledExp scaledExpFn;

  /** Over the first dimension of [classes, inner]. */
  template <class T>
  void logSoftmax(const T* x, T* out, int64_t classes, int64_t inner) const {
    logSoftmaxFn(x, out, classes, inner);
  }
  /** out[c·stride] = scale·exp(x[c·stride]) */
  template <class T>
  void scaledExp(const T* x, T* out, T scale, int64_t classes, int64_t stride) const {
    scaledExpFn(x, out, double(scale), classes, stride);
  }
};

namespace base {
extern const LossLoops lossLoops[2];
}
namespace avx2 {
extern const LossLoops lossLoops[2];
}

}  // namespace gb
