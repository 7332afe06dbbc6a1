// Our declarations of cuBLASLt against NVIDIA's, and against a library: what a descriptor accepts needs no card.
#include <cublasLt.h>

#include <cstdio>

#include "cuda/api/cublas.h"
#include "same.h"

SAME(lt::kFloat, CUDA_R_32F);
SAME(lt::kDouble, CUDA_R_64F);
SAME(lt::kHalf, CUDA_R_16F);
SAME(lt::kBFloat16, CUDA_R_16BF);
SAME(lt::kCompute32, CUBLAS_COMPUTE_32F);
SAME(lt::kCompute64, CUBLAS_COMPUTE_64F);
SAME(lt::kComputeTf32, CUBLAS_COMPUTE_32F_FAST_TF32);
SAME(lt::kAsIs, CUBLAS_OP_N);
SAME(lt::kTransposed, CUBLAS_OP_T);
SAME(lt::kBias, CUBLASLT_EPILOGUE_BIAS);
SAME(lt::kReduceNone, CUBLASLT_REDUCTION_SCHEME_NONE);
SAME(lt::kReduceInCompute, CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE);
SAME(lt::kTransA, CUBLASLT_MATMUL_DESC_TRANSA);
SAME(lt::kTransB, CUBLASLT_MATMUL_DESC_TRANSB);
SAME(lt::kEpilogue, CUBLASLT_MATMUL_DESC_EPILOGUE);
SAME(lt::kBiasPointer, CUBLASLT_MATMUL_DESC_BIAS_POINTER);
SAME(lt::kBatchCount, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT);
SAME(lt::kBatchOffset, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET);
SAME(lt::kMostWorkspace, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES);
SAME(lt::kReductions, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK);
SAME(lt::kAlignA, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES);
SAME(lt::kAlignB, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES);
SAME(lt::kAlignC, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES);
SAME(lt::kAlignD, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES);
SAME(lt::kNotSupported, CUBLAS_STATUS_NOT_SUPPORTED);
SAME(sizeof(lt::Algorithm), sizeof(cublasLtMatmulAlgo_t));
SAME(sizeof(lt::Choice), sizeof(cublasLtMatmulHeuristicResult_t));
SAME(offsetof(lt::Choice, workspace), offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize));
SAME(offsetof(lt::Choice, state), offsetof(cublasLtMatmulHeuristicResult_t, state));

int main(int, char** arguments) {
  Library library;
  library.handle = dlopen(arguments[1], RTLD_NOW);
  if (!library.handle) return std::printf("%s\n", dlerror()), 1;
  lt::Functions f;
  f.load(library);
  const int one = 1, bias = lt::kBias;
  const void* pointer = &one;
  const int64_t stride = 12;
  const uint64_t bytes = 4096;
  const uint32_t small = 16, reductions = lt::kReduceNone | lt::kReduceInCompute;
  lt::Operation operation;
  lt::Layout layout;
  lt::Preference preference;
  const int answers[] = {
      f.operationCreate(&operation, lt::kComputeTf32, lt::kFloat),
      f.operationSet(operation, lt::kTransA, &one, sizeof one),
      f.operationSet(operation, lt::kTransB, &one, sizeof one),
      f.operationSet(operation, lt::kEpilogue, &bias, sizeof bias),
      f.operationSet(operation, lt::kBiasPointer, &pointer, sizeof pointer),
      f.layoutCreate(&layout, lt::kHalf, 3, 4, 3),
      f.layoutSet(layout, lt::kBatchCount, &one, sizeof one),
      f.layoutSet(layout, lt::kBatchOffset, &stride, sizeof stride),
      f.preferenceCreate(&preference),
      f.preferenceSet(preference, lt::kMostWorkspace, &bytes, sizeof bytes),
      f.preferenceSet(preference, lt::kReductions, &reductions, sizeof reductions),
      f.preferenceSet(preference, lt::kAlignA, &small, sizeof small),
      f.preferenceSet(preference, lt::kAlignD, &small, sizeof small),
      f.operationDestroy(operation),
      f.layoutDestroy(layout),
      f.preferenceDestroy(preference),
  };
  int failed = 0;
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    if (answers[i]) failed += std::printf("answer %zu: status %d\n", i, answers[i]) > 0;
  }
  return failed ? 1 : 0;
}
