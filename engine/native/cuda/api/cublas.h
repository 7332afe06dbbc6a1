// cuBLASLt, NVIDIA's matrix products, as far as the engine uses it: our own declarations. Names and values are those of
// NVIDIA's documentation; they are the same in the libraries of CUDA 12 and 13 (test/cuda/headers.test.ts compares them).
#pragma once
#include "cuda/api/driver.h"
#include "cuda/api/vendor.h"

namespace gb::cuda::lt {

using Handle = struct cublasLtContext*;
using Operation = struct cublasLtMatmulDescOpaque*;
using Layout = struct cublasLtMatrixLayoutOpaque*;
using Preference = struct cublasLtMatmulPreferenceOpaque*;

struct Algorithm {
  uint64_t data[8];
};
/** One answer of the heuristics. */
struct Choice {
  Algorithm algorithm;
  size_t workspace;
  int state;  // 0: it can be used
  float waves;
  int reserved[4];
};

constexpr int kNotSupported = 15;

/** cudaDataType. */
enum DataType : int { kFloat = 0, kDouble = 1, kHalf = 2, kBFloat16 = 14 };
/** cublasComputeType_t. */
enum ComputeType : int { kCompute32 = 68, kCompute64 = 70, kComputeTf32 = 77 };
/** cublasOperation_t. */
enum Transpose : int { kAsIs = 0, kTransposed = 1 };
/** cublasLtEpilogue_t. */
enum Epilogue : int { kBias = 4 };
/** cublasLtReductionScheme_t: how parts of a sum may be joined. */
enum Reduction : unsigned { kReduceNone = 0, kReduceInPlace = 1, kReduceInCompute = 2 };

/** Attributes of an operation, a layout and a preference. */
enum OperationAttribute : int { kTransA = 3, kTransB = 4, kEpilogue = 7, kBiasPointer = 8 };
enum LayoutAttribute : int { kBatchCount = 5, kBatchOffset = 6 };
enum PreferenceAttribute : int { kMostWorkspace = 1, kReductions = 3, kAlignA = 5, kAlignB = 6, kAlignC = 7, kAlignD = 8 };

#define GB_CUBLASLT_FUNCTIONS(X)                                                                                        \
  X(create, "cublasLtCreate", (Handle*))                                                                                \
  X(property, "cublasLtGetProperty", (int, int*))                                                                       \
  X(operationCreate, "cublasLtMatmulDescCreate", (Operation*, int, int))                                                \
  X(operationSet, "cublasLtMatmulDescSetAttribute", (Operation, int, const void*, size_t))                              \
  X(operationDestroy, "cublasLtMatmulDescDestroy", (Operation))                                                         \
  X(layoutCreate, "cublasLtMatrixLayoutCreate", (Layout*, int, uint64_t, uint64_t, int64_t))                            \
  X(layoutSet, "cublasLtMatrixLayoutSetAttribute", (Layout, int, const void*, size_t))                                  \
  X(layoutDestroy, "cublasLtMatrixLayoutDestroy", (Layout))                                                             \
  X(preferenceCreate, "cublasLtMatmulPreferenceCreate", (Preference*))                                                  \
  X(preferenceSet, "cublasLtMatmulPreferenceSetAttribute", (Preference, int, const void*, size_t))                      \
  X(preferenceDestroy, "cublasLtMatmulPreferenceDestroy", (Preference))                                                 \
  X(heuristic, "cublasLtMatmulAlgoGetHeuristic",                                                                        \
    (Handle, Operation, Layout, Layout, Layout, Layout, Preference, int, Choice*, int*))                                \
  X(matmul, "cublasLtMatmul",                                                                                           \
    (Handle, Operation, const void*, const void*, Layout, const void*, Layout, const void*, const void*, Layout, void*, \
     Layout, const Algorithm*, void*, size_t, CUstream))

GB_LIBRARY_FUNCTIONS(Functions, GB_CUBLASLT_FUNCTIONS)

/** What was found; looked for when first asked for. */
const VendorLibrary& library();
/** The library's functions, behind all that was handed over; null where it is not used, and `library().problem` says why. */
const Functions* functions();
/** The library's handle for a card, made when first used; null where the library does not work with this driver. */
Handle handleOf(int index);
/** Throws "cuBLASLt: matmul: CUBLAS_STATUS_INVALID_VALUE" for anything but success. */
void check(int status, const char* call);

/** GB_CUBLASLT(matmul, …): calls and checks. */
#define GB_CUBLASLT(FIELD, ...) ::gb::cuda::lt::check(::gb::cuda::lt::functions()->FIELD(__VA_ARGS__), #FIELD)

}  // namespace gb::cuda::lt
