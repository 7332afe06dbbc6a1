// cuSOLVER, NVIDIA's factorisations of dense matrices, as far as the engine uses it: the functions that take a type as an argument
// where there is one, those for float and for double where there is none. Our own declarations; names and values are those of NVIDIA's
// documentation, the same in the libraries of CUDA 12 and 13 (test/cuda/headers.test.ts compares them).
#pragma once
#include "cuda/api/driver.h"
#include "cuda/api/vendor.h"
#include "tensor/dtype.h"

namespace gb::cuda::solver {

using Handle = struct cusolverDnContext*;
using Params = struct cusolverDnParams*;
using SyevjInfo = struct syevjInfo*;
using GesvdjInfo = struct gesvdjInfo*;

/** cudaDataType. */
enum DataType : int { kFloat = 0, kDouble = 1 };
/** cusolverEigMode_t, cublasFillMode_t, cublasOperation_t. */
constexpr int kNoVectors = 0, kVectors = 1, kLower = 0, kUpper = 1, kAsIs = 0;

/** X(field, name, parameters of the function for T), once for float and once for double. */
#define GB_CUSOLVER_TYPED(X, T, S, FIELD)                                                                                      \
  X(FIELD##GesvdjSize, "cusolverDn" S "gesvdj_bufferSize",                                                                    \
    (Handle, int, int, int, int, const T*, int, const T*, const T*, int, const T*, int, int*, GesvdjInfo))                     \
  X(FIELD##Gesvdj, "cusolverDn" S "gesvdj",                                                                                   \
    (Handle, int, int, int, int, T*, int, T*, T*, int, T*, int, T*, int, int*, GesvdjInfo))                                    \
  X(FIELD##GesvdjBatchedSize, "cusolverDn" S "gesvdjBatched_bufferSize",                                                      \
    (Handle, int, int, int, const T*, int, const T*, const T*, int, const T*, int, int*, GesvdjInfo, int))                     \
  X(FIELD##GesvdjBatched, "cusolverDn" S "gesvdjBatched",                                                                     \
    (Handle, int, int, int, T*, int, T*, T*, int, T*, int, T*, int, int*, GesvdjInfo, int))                                    \
  X(FIELD##OrgqrSize, "cusolverDn" S "orgqr_bufferSize", (Handle, int, int, int, const T*, int, const T*, int*))               \
  X(FIELD##Orgqr, "cusolverDn" S "orgqr", (Handle, int, int, int, T*, int, const T*, T*, int, int*))

#define GB_CUSOLVER_FUNCTIONS(X)                                                                                               \
  X(create, "cusolverDnCreate", (Handle*))                                                                                    \
  X(setStream, "cusolverDnSetStream", (Handle, CUstream))                                                                     \
  X(property, "cusolverGetProperty", (int, int*))                                                                             \
  X(paramsCreate, "cusolverDnCreateParams", (Params*))                                                                        \
  X(syevdSize, "cusolverDnXsyevd_bufferSize",                                                                                 \
    (Handle, Params, int, int, int64_t, int, const void*, int64_t, int, const void*, int, size_t*, size_t*))                   \
  X(syevd, "cusolverDnXsyevd",                                                                                                \
    (Handle, Params, int, int, int64_t, int, void*, int64_t, int, void*, int, void*, size_t, void*, size_t, int*))             \
  X(syevjCreate, "cusolverDnCreateSyevjInfo", (SyevjInfo*))                                                                   \
  X(floatSyevjSize, "cusolverDnSsyevj_bufferSize",                                                                            \
    (Handle, int, int, int, const float*, int, const float*, int*, SyevjInfo))                                                \
  X(floatSyevj, "cusolverDnSsyevj", (Handle, int, int, int, float*, int, float*, float*, int, int*, SyevjInfo))               \
  X(gesvdjCreate, "cusolverDnCreateGesvdjInfo", (GesvdjInfo*))                                                                \
  X(gesvdjTolerance, "cusolverDnXgesvdjSetTolerance", (GesvdjInfo, double))                                                   \
  X(gesvdjSweeps, "cusolverDnXgesvdjSetMaxSweeps", (GesvdjInfo, int))                                                         \
  GB_CUSOLVER_TYPED(X, float, "S", float)                                                                                     \
  GB_CUSOLVER_TYPED(X, double, "D", double)                                                                                   \
  X(gesvdSize, "cusolverDnXgesvd_bufferSize",                                                                                 \
    (Handle, Params, signed char, signed char, int64_t, int64_t, int, const void*, int64_t, int, const void*, int,             \
     const void*, int64_t, int, const void*, int64_t, int, size_t*, size_t*))                                                  \
  X(gesvd, "cusolverDnXgesvd",                                                                                                \
    (Handle, Params, signed char, signed char, int64_t, int64_t, int, void*, int64_t, int, void*, int, void*, int64_t, int,    \
     void*, int64_t, int, void*, size_t, void*, size_t, int*))                                                                 \
  X(potrfSize, "cusolverDnXpotrf_bufferSize",                                                                                 \
    (Handle, Params, int, int64_t, int, const void*, int64_t, int, size_t*, size_t*))                                         \
  X(potrf, "cusolverDnXpotrf", (Handle, Params, int, int64_t, int, void*, int64_t, int, void*, size_t, void*, size_t, int*))   \
  X(getrfSize, "cusolverDnXgetrf_bufferSize",                                                                                 \
    (Handle, Params, int64_t, int64_t, int, const void*, int64_t, int, size_t*, size_t*))                                     \
  X(getrf, "cusolverDnXgetrf",                                                                                                \
    (Handle, Params, int64_t, int64_t, int, void*, int64_t, int64_t*, int, void*, size_t, void*, size_t, int*))                \
  X(getrs, "cusolverDnXgetrs",                                                                                                \
    (Handle, Params, int, int64_t, int64_t, int, const void*, int64_t, const int64_t*, int, void*, int64_t, int*))             \
  X(geqrfSize, "cusolverDnXgeqrf_bufferSize",                                                                                 \
    (Handle, Params, int64_t, int64_t, int, const void*, int64_t, int, const void*, int, size_t*, size_t*))                    \
  X(geqrf, "cusolverDnXgeqrf",                                                                                                \
    (Handle, Params, int64_t, int64_t, int, void*, int64_t, int, void*, int, void*, size_t, void*, size_t, int*))

/** Those that came with CUDA 12.6: null in a library that is older. */
#define GB_CUSOLVER_NEWER_FUNCTIONS(X)                                                                                         \
  X(syevBatchedSize, "cusolverDnXsyevBatched_bufferSize",                                                                     \
    (Handle, Params, int, int, int64_t, int, const void*, int64_t, int, const void*, int, size_t*, size_t*, int64_t))          \
  X(syevBatched, "cusolverDnXsyevBatched",                                                                                    \
    (Handle, Params, int, int, int64_t, int, void*, int64_t, int, void*, int, void*, size_t, void*, size_t, int*, int64_t))

GB_LIBRARY_FUNCTIONS(BaseFunctions, GB_CUSOLVER_FUNCTIONS)

struct Functions : BaseFunctions {
  GB_CUSOLVER_NEWER_FUNCTIONS(GB_LIBRARY_FIELD)
  void load(const Library& library);
};

/** The functions for T. */
template <class T>
struct Typed;
#define GB_CUSOLVER_OF(T, FIELD)                                             \
  template <>                                                               \
  struct Typed<T> {                                                         \
    static constexpr auto gesvdjSize = &Functions::FIELD##GesvdjSize;         \
    static constexpr auto gesvdj = &Functions::FIELD##Gesvdj;                 \
    static constexpr auto gesvdjBatchedSize = &Functions::FIELD##GesvdjBatchedSize; \
    static constexpr auto gesvdjBatched = &Functions::FIELD##GesvdjBatched;   \
    static constexpr auto orgqrSize = &Functions::FIELD##OrgqrSize;           \
    static constexpr auto orgqr = &Functions::FIELD##Orgqr;                   \
  };
GB_CUSOLVER_OF(float, float)
GB_CUSOLVER_OF(double, double)

/** What was found; looked for when first asked for. */
const VendorLibrary& library();
/** The library's functions, behind all that was handed over; null where it is not used, and `library().problem` says why. */
const Functions* functions();

/** What calls need beside their matrices, made once for a card. */
struct Session {
  Handle handle = nullptr;
  Params params = nullptr;
  SyevjInfo syevj = nullptr;
  /** With the tolerance of float and of double. */
  GesvdjInfo gesvdj[2] = {};
};
/** That of a card, on the card's current stream; null where the library does not work there. */
const Session* sessionOf(int index);
/** Throws "cuSOLVER: syevd: CUSOLVER_STATUS_INVALID_VALUE" for anything but success. */
void check(int status, const char* call);

/** GB_CUSOLVER(syevd, …): calls and checks. GB_CUSOLVER_FOR(T, gesvdj, …): the function for T. */
#define GB_CUSOLVER(FIELD, ...) ::gb::cuda::solver::check(::gb::cuda::solver::functions()->FIELD(__VA_ARGS__), #FIELD)
#define GB_CUSOLVER_FOR(T, FIELD, ...) \
  ::gb::cuda::solver::check((::gb::cuda::solver::functions()->*::gb::cuda::solver::Typed<T>::FIELD)(__VA_ARGS__), #FIELD)

}  // namespace gb::cuda::solver
