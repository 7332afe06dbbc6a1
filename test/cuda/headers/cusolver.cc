// Our declarations of cuSOLVER against NVIDIA's, and against a library: it has the functions, and settings need no card.
#include <cusolverDn.h>

#include "alike.h"
#include "cuda/api/cusolver.h"
#include "same.h"

using Ours = solver::Functions;

SAME(solver::kFloat, CUDA_R_32F);
SAME(solver::kDouble, CUDA_R_64F);
SAME(solver::kNoVectors, CUSOLVER_EIG_MODE_NOVECTOR);
SAME(solver::kVectors, CUSOLVER_EIG_MODE_VECTOR);
SAME(solver::kLower, CUBLAS_FILL_MODE_LOWER);
SAME(solver::kUpper, CUBLAS_FILL_MODE_UPPER);
SAME(solver::kAsIs, CUBLAS_OP_N);
TAKES_ALIKE(create, cusolverDnCreate);
TAKES_ALIKE(setStream, cusolverDnSetStream);
TAKES_ALIKE(property, cusolverGetProperty);
TAKES_ALIKE(paramsCreate, cusolverDnCreateParams);
TAKES_ALIKE(syevdSize, cusolverDnXsyevd_bufferSize);
TAKES_ALIKE(syevd, cusolverDnXsyevd);
TAKES_ALIKE(syevjCreate, cusolverDnCreateSyevjInfo);
TAKES_ALIKE(floatSyevjSize, cusolverDnSsyevj_bufferSize);
TAKES_ALIKE(floatSyevj, cusolverDnSsyevj);
TAKES_ALIKE(gesvdjCreate, cusolverDnCreateGesvdjInfo);
TAKES_ALIKE(gesvdjTolerance, cusolverDnXgesvdjSetTolerance);
TAKES_ALIKE(gesvdjSweeps, cusolverDnXgesvdjSetMaxSweeps);
TAKES_ALIKE(floatGesvdjSize, cusolverDnSgesvdj_bufferSize);
TAKES_ALIKE(floatGesvdj, cusolverDnSgesvdj);
TAKES_ALIKE(floatGesvdjBatchedSize, cusolverDnSgesvdjBatched_bufferSize);
TAKES_ALIKE(floatGesvdjBatched, cusolverDnSgesvdjBatched);
TAKES_ALIKE(doubleGesvdjSize, cusolverDnDgesvdj_bufferSize);
TAKES_ALIKE(doubleGesvdj, cusolverDnDgesvdj);
TAKES_ALIKE(doubleGesvdjBatchedSize, cusolverDnDgesvdjBatched_bufferSize);
TAKES_ALIKE(doubleGesvdjBatched, cusolverDnDgesvdjBatched);
TAKES_ALIKE(gesvdSize, cusolverDnXgesvd_bufferSize);
TAKES_ALIKE(gesvd, cusolverDnXgesvd);
TAKES_ALIKE(floatOrgqrSize, cusolverDnSorgqr_bufferSize);
TAKES_ALIKE(floatOrgqr, cusolverDnSorgqr);
TAKES_ALIKE(doubleOrgqrSize, cusolverDnDorgqr_bufferSize);
TAKES_ALIKE(doubleOrgqr, cusolverDnDorgqr);
TAKES_ALIKE(potrfSize, cusolverDnXpotrf_bufferSize);
TAKES_ALIKE(potrf, cusolverDnXpotrf);
TAKES_ALIKE(getrfSize, cusolverDnXgetrf_bufferSize);
TAKES_ALIKE(getrf, cusolverDnXgetrf);
TAKES_ALIKE(getrs, cusolverDnXgetrs);
TAKES_ALIKE(geqrfSize, cusolverDnXgeqrf_bufferSize);
TAKES_ALIKE(geqrf, cusolverDnXgeqrf);
#if CUSOLVER_VERSION >= 11701
TAKES_ALIKE(syevBatchedSize, cusolverDnXsyevBatched_bufferSize);
TAKES_ALIKE(syevBatched, cusolverDnXsyevBatched);
#endif

int main(int, char** arguments) {
  Library library;
  library.handle = dlopen(arguments[1], RTLD_NOW);
  if (!library.handle) return std::printf("%s\n", dlerror()), 1;
  solver::BaseFunctions f;
  f.load(library);
  solver::SyevjInfo syevj;
  solver::GesvdjInfo gesvdj;
  solver::Params params;
  const int answers[] = {
      f.syevjCreate(&syevj),
      f.gesvdjCreate(&gesvdj),
      f.gesvdjTolerance(gesvdj, 1e-7),
      f.gesvdjSweeps(gesvdj, 400),
      f.paramsCreate(&params),
  };
  int failed = 0;
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    if (answers[i]) failed += std::printf("answer %zu: status %d\n", i, answers[i]) > 0;
  }
  return failed ? 1 : 0;
}
