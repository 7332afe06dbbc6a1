// Matrix products of float and double on the CPU, by the engine's own kernels.
#pragma once
#include "cpu/simd/gemm.h"

namespace gb {

/** A matrix of any strides. */
template <class T>
struct Matrix {
  T* data;
  int64_t row, column;
};

/** C[m][n] = alpha·A[m][k]·B[k][n] + beta·C + bias. Threaded; the result does not depend on the number of threads. */
template <class T>
void gemm(int64_t m, int64_t n, int64_t k, Matrix<const T> a, Matrix<const T> b, Matrix<T> c,
          const GemmEpilogue<T>& epilogue);

extern template void gemm<float>(int64_t, int64_t, int64_t, Matrix<const float>, Matrix<const float>, Matrix<float>,
                                 const GemmEpilogue<float>&);
extern template void gemm<double>(int64_t, int64_t, int64_t, Matrix<const double>, Matrix<const double>, Matrix<double>,
                                  const GemmEpilogue<double>&);

}  // namespace gb
