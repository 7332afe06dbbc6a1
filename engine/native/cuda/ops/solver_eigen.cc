// Eigenvalues of symmetric matrices by cuSOLVER, by the routines that PyTorch chooses.
#include <algorithm>

#include "cuda/ops/solver.h"

namespace gb::cuda {
namespace {

/** Rows between which Jacobi's rotations are faster than divide and conquer, for floats. */
constexpr int64_t kRotatedFrom = 32, kRotatedTo = 512;

/** What is below the diagonal of our rows is above that of the library's columns. */
constexpr int kTriangle = solver::kUpper;

void byDivision(const solver::Session& s, int job, const Matrices& a, const Matrices& values, const Tensor& info) {
  const int64_t n = a.memory.size(a.memory.ndim() - 1);
  const int type = a.type();
  size_t bytes = 0, hostBytes = 0;
  GB_CUSOLVER(syevdSize, s.handle, s.params, job, kTriangle, n, type, a.at(0), n, type, values.at(0), type, &bytes,
              &hostBytes);
  Workspace work(bytes, hostBytes, a.memory.device());
  for (int64_t i = 0; i < a.batch; i++) {
    GB_CUSOLVER(syevd, s.handle, s.params, job, kTriangle, n, type, a.at(i), n, type, values.at(i), type,
                work.card.data(), bytes, work.onHost(), hostBytes, info.as<int32_t>() + i);
  }
}

void byRotation(const solver::Session& s, int job, const Matrices& a, const Matrices& values, const Tensor& info) {
  const int n = int(a.memory.size(a.memory.ndim() - 1));
  int count = 0;
  GB_CUSOLVER(floatSyevjSize, s.handle, job, kTriangle, n, a.as<float>(0), n, values.as<float>(0), &count, s.syevj);
  Workspace work(size_t(count) * sizeof(float), 0, a.memory.device());
  for (int64_t i = 0; i < a.batch; i++) {
    GB_CUSOLVER(floatSyevj, s.handle, job, kTriangle, n, a.as<float>(i), n, values.as<float>(i),
                static_cast<float*>(work.card.data()), count, info.as<int32_t>() + i, s.syevj);
  }
}

/** Elements of the matrices that one call takes: its workspace is counted in 32 bits. */
constexpr int64_t kInOneCall = int64_t(1) << 26;

void together(const solver::Session& s, int job, const Matrices& a, const Matrices& values, const Tensor& info) {
  const int64_t n = a.memory.size(a.memory.ndim() - 1), most = std::max<int64_t>(1, kInOneCall / a.each);
  const int type = a.type();
  for (int64_t i = 0; i < a.batch; i += most) {
    const int64_t count = std::min(most, a.batch - i);
    size_t bytes = 0, hostBytes = 0;
    GB_CUSOLVER(syevBatchedSize, s.handle, s.params, job, kTriangle, n, type, a.at(i), n, type, values.at(i), type,
                &bytes, &hostBytes, count);
    Workspace work(bytes, hostBytes, a.memory.device());
    GB_CUSOLVER(syevBatched, s.handle, s.params, job, kTriangle, n, type, a.at(i), n, type, values.at(i), type,
                work.card.data(), bytes, work.onHost(), hostBytes, info.as<int32_t>() + i, count);
  }
}

std::optional<Two> eighBySolver(const Tensor& a, bool wantsVectors) {
  const int64_t n = a.size(a.ndim() - 1);
  if (n <= kSmall) return std::nullopt;
  const solver::Session* session = solverFor(a);
  if (!session) return std::nullopt;
  const int64_t batch = a.numel() / (n * n);
  const bool all = batch > 1 && solver::functions()->syevBatched;
  if (!all && !oneByOne(batch, n * n)) return std::nullopt;
  const Tensor vectors = byRows(a), values = madeLike(a, {n}, a.dtype());
  const Tensor info = emptyTensor({batch}, DType::Int32, a.device());
  const Scaled scaled(vectors, true);
  const Matrices matrices(vectors);
  // A row of values is as a matrix of one.
  const Matrices rows(values.viewed({batch, 1, n}, {n, n, 1}));
  const bool rotated = a.dtype() == DType::Float32 && n >= kRotatedFrom && n <= kRotatedTo;
  (all ? together : rotated ? byRotation : byDivision)(*session, wantsVectors ? solver::kVectors : solver::kNoVectors, matrices, rows, info);
  queued(cudaIndex(a.device()), currentStream(a.device()));
  scaled.finish(values, &info);
  return Two{values, wantsVectors ? turned(vectors) : Tensor()};
}

GB_KERNEL(CUDA, eighLibrary, eighBySolver)

}  // namespace
}  // namespace gb::cuda
