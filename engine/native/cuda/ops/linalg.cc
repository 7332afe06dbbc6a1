// Factorisations on a card: a warp takes a small matrix of a batch, a block takes one, or many take a large one.
#include "ops/linalg.h"

#include <algorithm>

#include "cuda/kernels/matrix_arguments.h"
#include "cuda/ops/jacobi.h"
#include "cuda/ops/linalg_blocks.h"
#include "cuda/ops/reflections.h"
#include "cuda/ops/units.h"
#include "cuda/runtime/capture.h"
#include "cuda/runtime/fault.h"

namespace gb::cuda {
namespace {

/** A kernel over the matrices of a batch. `size`: rows or columns that keep threads busy. */
template <class... A>
void overMatrices(Function& kernel, const char* file, const char* name, const Tensor& a, int64_t size, const A&... arguments) {
  if (a.size(0) == 0) return;
  unsigned threads = 32;
  while (threads < kThreads && threads < size * size / 4) threads *= 2;
  launchPlain(kernel, file, name, a.device(), gridFor(a.size(0), 1), threads, arguments...);
}

constexpr const char* kSmallFile = "small_matrices.cu";

/** Triangular factors of matrices of so few rows and columns: a warp for each, or for `parts` of each. */
bool isSmall(int64_t rows, int64_t columns) { return std::max(rows, columns) <= kSmallSide; }
template <class... A>
void bySmallWarps(Function& kernel, const char* name, const Tensor& a, int64_t parts, const A&... arguments) {
  if (a.size(0) * parts == 0) return;
  launchPlain(kernel, kSmallFile, name, a.device(), gridFor(a.size(0) * parts, kSmallWarps), kSmallWarps * 32, arguments...);
}

/** Warps that share the columns of a matrix's right sides. */
int64_t sidesOf(const Tensor& b) { return (b.size(2) + 31) / 32; }

constexpr const char *kSolve = "solve.cu", *kQr = "qr.cu", *kEigh = "eigh.cu", *kSvd = "svd.cu";

void luOnCuda(const Tensor& a, const Tensor& pivots, const Tensor& info) {
  if (inBlocks(a.size(0), a.size(1), a.size(2))) return luInBlocks(a, pivots, info);
  static Function kernel, small;
  const long long m = a.size(1), n = a.size(2), batch = a.size(0);
  if (isSmall(m, n)) return bySmallWarps(small, "luSmall", a, 1, a.data(), pivots.data(), info.data(), int(m), int(n), batch);
  overMatrices(kernel, kSolve, "lu", a, std::max(m, n), a.data(), pivots.data(), info.data(), m, n);
}

void luSolveOnCuda(const Tensor& lu, const Tensor& pivots, const Tensor& b) {
  if (inBlocks(b.size(0), b.size(1), std::max(b.size(1), b.size(2)))) return luSolveInBlocks(lu, pivots, b);
  static Function kernel, small;
  const long long n = lu.size(1), k = b.size(2), batch = b.size(0);
  if (isSmall(n, n)) {
    return bySmallWarps(small, "luSolveSmall", lu, sidesOf(b), lu.data(), pivots.data(), b.data(), int(n), k, batch,
                        faultOf(cudaIndex(lu.device())), faultCode());
  }
  overMatrices(kernel, kSolve, "luSolve", lu, n, lu.data(), pivots.data(), b.data(), n, k, faultOf(cudaIndex(lu.device())),
               faultCode());
}

void choleskyOnCuda(const Tensor& a, const Tensor& info) {
  if (inBlocks(a.size(0), a.size(1), a.size(2))) return choleskyInBlocks(a, info);
  static Function kernel, small;
  const long long n = a.size(1), batch = a.size(0);
  if (isSmall(n, n)) return bySmallWarps(small, "choleskySmall", a, 1, a.data(), info.data(), int(n), batch);
  overMatrices(kernel, kSolve, "cholesky", a, n, a.data(), info.data(), n);
}

void triangularOnCuda(const Tensor& a, const Tensor& b, bool upper, bool unit) {
  if (inBlocks(b.size(0), b.size(1), std::max(b.size(1), b.size(2)))) return triangularInBlocks(a, b, upper, unit);
  static Function kernel, small;
  const long long n = a.size(1), k = b.size(2), batch = b.size(0);
  if (isSmall(n, n)) {
    return bySmallWarps(small, "triangularSmall", a, sidesOf(b), a.data(), b.data(), int(n), k, batch, upper, unit);
  }
  overMatrices(kernel, kSolve, "triangular", a, std::max(n, k), a.data(), b.data(), n, k, upper, unit);
}

void qrOnCuda(const Tensor& a, const Tensor& q, const Tensor& r) {
  if (inBlocks(a.size(0), a.size(1), a.size(2))) return qrInBlocks(a, q, r);
  static Function kernel;
  const long long m = a.size(1), n = a.size(2), c = q.size(2);
  const Scratch taus(size_t(a.size(0) * std::min(m, n)) * 8, a.device());
  overMatrices(kernel, kQr, "qr", a, std::max(m, n), a.data(), q.data(), r.data(), taus.data(), m, n, c);
}

/** The same where the host looks on, which it cannot in a captured step. */
bool inSweeps(const Tensor& a) { return !capturing && inBlocks(a.size(0), a.size(1), a.size(2)); }

void eighOnCuda(const Tensor& a, const Tensor& values, MaybeTensor vectors) {
  if (inSweeps(a)) return eighInBlocks(a, values, vectors);
  static Function kernel;
  const long long n = a.size(1);
  const Scratch turns(vectors ? a.bytes() : 0, a.device());
  overMatrices(kernel, kEigh, "eigh", a, n, a.data(), values.data(), dataOf(vectors), vectors ? turns.data() : nullptr, n,
               faultOf(cudaIndex(a.device())), faultCode());
}

void svdOnCuda(const Tensor& a, MaybeTensor u, const Tensor& s, MaybeTensor v) {
  if (inSweeps(a)) return svdInBlocks(a, u, s, v);
  static Function kernel;
  const long long m = a.size(1), n = a.size(2);
  const Scratch work(size_t(a.size(0) * (2 * n * n + 2 * n)) * 8, a.device());
  overMatrices(kernel, kSvd, "svd", a, std::max(m, n), a.data(), dataOf(u), s.data(), dataOf(v), work.data(), m, n,
               faultOf(cudaIndex(a.device())), faultCode());
}

GB_UNITS(all) {
  for (const char* file : {kSolve, kSmallFile, kQr, kEigh, kSvd}) all.push_back(Unit{file, ""});
}

GB_KERNEL(CUDA, luKernel, luOnCuda)
GB_KERNEL(CUDA, luSolveKernel, luSolveOnCuda)
GB_KERNEL(CUDA, choleskyKernel, choleskyOnCuda)
GB_KERNEL(CUDA, triangularKernel, triangularOnCuda)
GB_KERNEL(CUDA, qrKernel, qrOnCuda)
GB_KERNEL(CUDA, eighKernel, eighOnCuda)
GB_KERNEL(CUDA, svdKernel, svdOnCuda)

}  // namespace
}  // namespace gb::cuda
