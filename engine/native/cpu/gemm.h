// Matrix products of float and double on the CPU.
#pragma once
#include "cpu/simd/gemm.h"

namespace gb {

/** A matrix of any strides. */
template <class T>
struct Matrix {
  T* data;
  int64_t row, column;
};

/** The engine's kernels for this processor, for those who pack and block by themselves. */
template <class T>
const GemmKernels<T>& gemmKernels();

/** C[m][n] = alpha·A[m][k]·B[k][n] + beta·C + bias, by the engine's kernels or, if large, by a BLAS that is faster. */
template <class T>
void gemm(int64_t m, int64_t n, int64_t k, Matrix<const T> a, Matrix<const T> b, Matrix<T> c,
          const GemmEpilogue<T>& epilogue);

/** The same by the engine's own kernels. Threaded; the result does not depend on the number of threads. */
template <class T>
void ownGemm(int64_t m, int64_t n, int64_t k, Matrix<const T> a, Matrix<const T> b, Matrix<T> c,
             const GemmEpilogue<T>& epilogue);

}  // namespace gb
