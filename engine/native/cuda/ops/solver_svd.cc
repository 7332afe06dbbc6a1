// Singular values by cuSOLVER: by Jacobi's rotations, as PyTorch chooses, and where they do not end by a bidiagonal matrix.
#include <algorithm>

#include "cuda/ops/solver.h"
#include "ops/shape.h"
#include "ops/transfer.h"

namespace gb::cuda {
namespace {

/** Rows and columns up to which the library rotates all matrices of a batch in one call. */
constexpr int64_t kTogether = 32;

/** Tall matrices [batch, k, m] by columns, and what is found of them: u [batch, …, m], s [batch, k], v [batch, k, k] by columns. */
struct Parts {
  const solver::Session& session;
  Matrices a, u, s, v;
  Tensor info;
  int m, k;
  /** u and v are wanted; their memory is there either way, which some versions of the library write to. */
  bool vectors;
};

template <class T>
void rotate(const Parts& p, bool together) {
  const solver::Handle handle = p.session.handle;
  const solver::GesvdjInfo settings = p.session.gesvdj[sizeof(T) == 8];
  constexpr int kFewColumns = 1;
  const int job = p.vectors ? solver::kVectors : solver::kNoVectors;
  const int m = p.m, k = p.k, batch = int(p.a.batch);
  T *a = p.a.as<T>(0), *s = p.s.as<T>(0), *u = p.u.as<T>(0), *v = p.v.as<T>(0);
  int32_t* info = p.info.as<int32_t>();
  int count = 0;
  if (together) {
    GB_CUSOLVER_FOR(T, gesvdjBatchedSize, handle, job, m, k, a, m, s, u, m, v, k, &count, settings, batch);
  } else {
    GB_CUSOLVER_FOR(T, gesvdjSize, handle, job, kFewColumns, m, k, a, m, s, u, m, v, k, &count, settings);
  }
  Workspace work(size_t(count) * sizeof(T), 0, p.info.device());
  T* space = static_cast<T*>(work.card.data());
  if (together) {
    GB_CUSOLVER_FOR(T, gesvdjBatched, handle, job, m, k, a, m, s, u, m, v, k, space, count, info, settings, batch);
    return;
  }
  for (int64_t i = 0; i < batch; i++) {
    GB_CUSOLVER_FOR(T, gesvdj, handle, job, kFewColumns, m, k, p.a.as<T>(i), m, p.s.as<T>(i), p.u.as<T>(i), m, p.v.as<T>(i), k, space,
                    count, info + i, settings);
  }
}

/** Those of `again`, of matrices that nothing was done to yet. */
void bidiagonal(const Parts& p, const std::vector<int64_t>& again) {
  const int type = p.a.type();
  const signed char job = p.vectors ? 'S' : 'N';
  const Tensor turnedV = emptyTensor({p.k, p.k}, p.a.memory.dtype(), p.info.device());
  size_t bytes = 0, hostBytes = 0;
  GB_CUSOLVER(gesvdSize, p.session.handle, p.session.params, job, job, p.m, p.k, type, p.a.at(0), p.m, type, p.s.at(0), type, p.u.at(0),
              p.m, type, turnedV.data(), p.k, type, &bytes, &hostBytes);
  Workspace work(bytes, hostBytes, p.info.device());
  for (int64_t i : again) {
    GB_CUSOLVER(gesvd, p.session.handle, p.session.params, job, job, p.m, p.k, type, p.a.at(i), p.m, type, p.s.at(i), type, p.u.at(i),
                p.m, type, turnedV.data(), p.k, type, work.card.data(), bytes, work.onHost(), hostBytes, p.info.as<int32_t>() + i);
    if (!p.vectors) continue;
    const Tensor to = p.v.memory.viewed({p.k, p.k}, {p.k, 1}, p.v.memory.offset() + i * p.v.each);
    copyInto(to, turned(turnedV));
  }
}

std::optional<Three> svdBySolver(const Tensor& a, bool vectors) {
  const int64_t rows = a.size(a.ndim() - 2), columns = a.size(a.ndim() - 1), m = std::max(rows, columns), k = std::min(rows, columns);
  if (k <= kSmall) return std::nullopt;
  const solver::Session* session = solverFor(a);
  if (!session) return std::nullopt;
  const int64_t batch = a.numel() / (m * k);
  const bool together = batch > 1 && m <= kTogether, wide = rows < columns;
  if (!together && !oneByOne(batch, m * k)) return std::nullopt;
  // A wide matrix is the transpose of a tall one, with U and V exchanged.
  const auto tall = [&] { return wide ? byRows(a) : byColumns(a); };
  const Tensor work = tall(), u = madeLike(a, {together ? m : k, m}, a.dtype()), v = madeLike(a, {k, k}, a.dtype());
  const Tensor s = madeLike(a, {k}, a.dtype()), info = emptyTensor({batch}, DType::Int32, a.device());
  const auto partsOf = [&](const Tensor& matrices) {
    return Parts{*session, Matrices(matrices), Matrices(u), Matrices(s.viewed({batch, 1, k}, {k, k, 1})), Matrices(v), info, int(m), int(k), vectors};
  };
  const Scaled scaled(work, false);
  (a.dtype() == DType::Float64 ? rotate<double> : rotate<float>)(partsOf(work), together);
  queued(cudaIndex(a.device()), currentStream(a.device()));
  std::vector<int64_t> again;
  const Tensor found = onHost(info);
  for (int64_t i = 0; i < batch; i++) {
    if (found.as<int32_t>()[i] != 0) again.push_back(i);
  }
  if (!again.empty()) {
    const Tensor fresh = tall();
    const Scaled same(fresh, false);
    solver::sessionOf(cudaIndex(a.device()));
    bidiagonal(partsOf(fresh), again);
  }
  scaled.finish(s, again.empty() ? nullptr : &info);
  if (!vectors) return Three{Tensor(), s, Tensor()};
  const Tensor left = together ? slice(u, -2, 0, k, 1) : u;
  return wide ? Three{turned(v), s, left} : Three{turned(left), s, v};
}

GB_KERNEL(CUDA, svdLibrary, svdBySolver)

}  // namespace
}  // namespace gb::cuda
