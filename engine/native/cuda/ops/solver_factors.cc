// LU, Cholesky's factors and QR by cuSOLVER.
#include <algorithm>

#include "cuda/ops/solver.h"
#include "cuda/ops/units.h"
#include "ops/shape.h"

namespace gb::cuda {
namespace {

constexpr const char* kFile = "solver.cu";

void done(const Tensor& a) { queued(cudaIndex(a.device()), currentStream(a.device())); }

std::optional<Two> choleskyBySolver(const Tensor& a) {
  const solver::Session* s = solverForFactors(a);
  if (!s) return std::nullopt;
  const Tensor l = byColumns(a);
  const Matrices all(l);
  const int64_t n = a.size(a.ndim() - 1);
  const int type = all.type();
  const Tensor found = emptyTensor({all.batch}, DType::Int32, a.device()), info = madeLike(a, {}, DType::Int64);
  size_t bytes = 0, hostBytes = 0;
  // Below the diagonal, as PyTorch asks for it: the library takes more than twice as long for what is above.
  GB_CUSOLVER(potrfSize, s->handle, s->params, solver::kLower, n, type, all.at(0), n, type, &bytes, &hostBytes);
  Workspace work(bytes, hostBytes, a.device());
  for (int64_t i = 0; i < all.batch; i++) {
    GB_CUSOLVER(potrf, s->handle, s->params, solver::kLower, n, type, all.at(i), n, type, work.card.data(), bytes, work.onHost(),
                hostBytes, found.as<int32_t>() + i);
  }
  done(a);
  static ByFloat lowers;
  Grid grid = gridFor(n, 1);
  grid.y = unsigned(all.batch);
  launch(lowers.get(a.device(), kFile, "lowerFactor", a.dtype()), a.device(), grid, kThreads, l.data(), found.data(), info.data(),
         static_cast<long long>(n));
  return Two{turned(l), info};
}

std::optional<Three> luBySolver(const Tensor& a) {
  const solver::Session* s = solverForFactors(a);
  if (!s) return std::nullopt;
  const Tensor lu = byColumns(a);
  const Matrices all(lu);
  const int64_t m = a.size(a.ndim() - 2), n = a.size(a.ndim() - 1), k = std::min(m, n);
  const int type = all.type();
  const Tensor pivots = madeLike(a, {k}, DType::Int64), info = madeLike(a, {}, DType::Int64);
  const Tensor found = emptyTensor({all.batch}, DType::Int32, a.device());
  size_t bytes = 0, hostBytes = 0;
  GB_CUSOLVER(getrfSize, s->handle, s->params, m, n, type, all.at(0), m, type, &bytes, &hostBytes);
  Workspace work(bytes, hostBytes, a.device());
  for (int64_t i = 0; i < all.batch; i++) {
    GB_CUSOLVER(getrf, s->handle, s->params, m, n, type, all.at(i), m, pivots.as<int64_t>() + i * k, type, work.card.data(), bytes,
                work.onHost(), hostBytes, found.as<int32_t>() + i);
  }
  done(a);
  static ByFloat lowered;
  const long long count = pivots.numel(), batch = all.batch;
  launch(lowered.get(a.device(), kFile, "pivotsFromZero", a.dtype()), a.device(), gridFor(count, kThreads), kThreads, pivots.data(),
         count, found.data(), info.data(), batch);
  return Three{turned(lu), pivots, info};
}

std::optional<Tensor> luSolveBySolver(const Tensor& lu, const Tensor& pivots, const Tensor& b) {
  const solver::Session* s = solverForFactors(lu);
  if (!s || b.numel() == 0) return std::nullopt;
  // As the library left it, mostly.
  const Tensor columns = contiguous(turned(lu)), x = byColumns(b), own = contiguous(pivots);
  const Tensor places = emptyTensor(own.sizes(), DType::Int64, b.device()), info = emptyTensor({1}, DType::Int32, b.device());
  const Matrices factors(columns), sides(x);
  const int64_t n = lu.size(lu.ndim() - 1), k = b.size(b.ndim() - 1);
  const int type = factors.type();
  static ByFloat raised;
  const long long count = own.numel();
  launch(raised.get(b.device(), kFile, "pivotsFromOne", b.dtype()), b.device(), gridFor(count, kThreads), kThreads, own.data(),
         places.data(), count, static_cast<long long>(n), faultOf(cudaIndex(b.device())), faultCode());
  for (int64_t i = 0; i < factors.batch; i++) {
    GB_CUSOLVER(getrs, s->handle, s->params, solver::kAsIs, n, k, type, factors.at(i), n, places.as<int64_t>() + i * n, type,
                sides.at(i), n, info.as<int32_t>());
  }
  done(b);
  return turned(x);
}

/** Columns of Q [m, c] from k reflections below the diagonals of q, in their place. */
template <class T>
void orthogonal(const solver::Session& s, const Matrices& q, const Matrices& taus, int m, int c, int k, int32_t* info) {
  int count = 0;
  GB_CUSOLVER_FOR(T, orgqrSize, s.handle, m, c, k, q.as<T>(0), m, taus.as<T>(0), &count);
  Workspace work(size_t(count) * sizeof(T), 0, q.memory.device());
  for (int64_t i = 0; i < q.batch; i++) {
    GB_CUSOLVER_FOR(T, orgqr, s.handle, m, c, k, q.as<T>(i), m, taus.as<T>(i), static_cast<T*>(work.card.data()), count, info);
  }
}

std::optional<Two> qrBySolver(const Tensor& a, bool complete) {
  const solver::Session* s = solverForFactors(a);
  if (!s) return std::nullopt;
  const int64_t m = a.size(a.ndim() - 2), n = a.size(a.ndim() - 1), k = std::min(m, n), c = complete ? m : k;
  const Tensor work = byColumns(a), taus = madeLike(a, {1, k}, a.dtype()), info = emptyTensor({1}, DType::Int32, a.device());
  const Matrices all(work), scales(taus);
  const int type = all.type();
  {
    size_t bytes = 0, hostBytes = 0;
    GB_CUSOLVER(geqrfSize, s->handle, s->params, m, n, type, all.at(0), m, type, scales.at(0), type, &bytes, &hostBytes);
    Workspace space(bytes, hostBytes, a.device());
    for (int64_t i = 0; i < all.batch; i++) {
      GB_CUSOLVER(geqrf, s->handle, s->params, m, n, type, all.at(i), m, type, scales.at(i), type, space.card.data(), bytes,
                  space.onHost(), hostBytes, info.as<int32_t>());
    }
  }
  done(a);
  const Tensor r = triu(slice(turned(work), -2, 0, c, 1), 0);
  Tensor q = work;
  if (c != n) {
    q = madeLike(a, {c, m}, a.dtype());
    if (c > k) fillWith(q, Scalar::of(0.0));
    copyInto(slice(q, -2, 0, k, 1), slice(work, -2, 0, k, 1));
  }
  const Matrices columns(q);
  (a.dtype() == DType::Float64 ? orthogonal<double> : orthogonal<float>)(*s, columns, scales, int(m), int(c), int(k), info.as<int32_t>());
  done(a);
  return Two{turned(q), r};
}

GB_KERNEL(CUDA, choleskyLibrary, choleskyBySolver)
GB_KERNEL(CUDA, luLibrary, luBySolver)
GB_KERNEL(CUDA, luSolveLibrary, luSolveBySolver)
GB_KERNEL(CUDA, qrLibrary, qrBySolver)

}  // namespace
}  // namespace gb::cuda
