// Loops of normalisations, one table per target. Sums run in several lanes within a block and in double between blocks.
#pragma once
#include <cstdint>

namespace gb {

template <class T>
struct NormLoops {
  /* Columns: x has `rows` rows, `stride` elements apart, of `channels` neighbours. */

  /** Mean, and sum of squared deviations from it. */
  void (*columnMoments)(const T* x, int64_t rows, int64_t stride, int64_t channels, double* mean, double* squares);
  /** (x − mean)·scale + shift */
  void (*scaleColumns)(T* y, const T* x, int64_t rows, int64_t stride, int64_t channels, const T* mean, const T* scale,
                       const T* shift);
  /** Σ g and Σ g·(x − mean) */
  void (*columnSums)(const T* g, const T* x, int64_t rows, int64_t stride, int64_t channels, const T* mean, double* sums,
                     double* products);
  /** a·g + b·(x − mean) + c */
  void (*columnGrads)(T* dx, const T* g, const T* x, int64_t rows, int64_t stride, int64_t channels, const T* mean,
                      const T* a, const T* b, const T* c);
  /** Σ g·(x − mean)·inverse and Σ g with a mean and an inverse for every row, `step` apart. Either result may be null. */
  void (*parameterSums)(const T* g, const T* x, int64_t rows, int64_t stride, int64_t channels, const T* mean,
                        const T* inverse, int64_t step, T* dweight, T* dbias);

  /* Runs: n neighbours with the same statistics and factors. */

  void (*scaleRun)(T* y, const T* x, int64_t n, T mean, T scale, T shift);
  void (*runSums)(const T* g, const T* x, int64_t n, T mean, double* sum, double* product);
  void (*runGrads)(T* dx, const T* g, const T* x, int64_t n, T mean, T a, T b, T c);

  /* Rows: n neighbours with the same statistics and factors of their own; weight and bias may be null. */

  /** (x − mean)·inverse·weight + bias */
  void (*scaleRow)(T* y, const T* x, int64_t n, T mean, T inverse, const T* weight, const T* bias);
  /** Σ g·weight and Σ g·weight·(x − mean) */
  void (*rowSums)(const T* g, const T* x, const T* weight, int64_t n, T mean, double* sum, double* product);
  /** a·g·weight + b·(x − mean) + c */
  void (*rowGrads)(T* dx, const T* g, const T* x, const T* weight, int64_t n, T mean, T a, T b, T c);
  /** The same, and to sums of columns g·(x − mean)·inverse and g. */
  void (*rowGradsAndSums)(T* dx, const T* g, const T* x, const T* weight, int64_t n, T mean, T inverse, T a, T b, T c,
                          T* products, T* sums);
};

namespace base {
extern const NormLoops<float> normF32;
extern const NormLoops<double> normF64;
}  // namespace base
namespace avx2 {
extern const NormLoops<float> normF32;
extern const NormLoops<double> normF64;
}  // namespace avx2

template <class T>
const NormLoops<T>& normLoops();

}  // namespace gb
