// A BLAS found at run time: OpenBLAS, MKL or Accelerate. Nothing of it is needed to build or to run.
#pragma once
#include <string>

#include "cpu/gemm.h"

namespace gb {

/** The name and file of the library in use; both empty where there is none (or GRADBOOK_BLAS=off). */
struct BlasInfo {
  std::string name, path;
};
BlasInfo blasInfo();

/**
 * Runs a product by the library where that is known to be faster here: a large one, of strides that it can take.
 * False: it was not run. Whether the library is faster is measured once, at the first such product.
 */
template <class T>
bool blasGemm(int64_t m, int64_t n, int64_t k, Matrix<const T> a, Matrix<const T> b, Matrix<T> c,
              const GemmEpilogue<T>& epilogue);

}  // namespace gb
