#include "ops/linalg.h"

#include <algorithm>

#include "ops/copy.h"
#include "ops/shape.h"

namespace gb {

Kernel<void(const Tensor&, const Tensor&, const Tensor&)> luKernel("lu");
Kernel<void(const Tensor&, const Tensor&, const Tensor&)> luSolveKernel("luSolve");
Kernel<void(const Tensor&, const Tensor&)> choleskyKernel("cholesky");
Kernel<void(const Tensor&, const Tensor&, bool, bool)> triangularKernel("triangular");
Kernel<void(const Tensor&, const Tensor&, const Tensor&)> qrKernel("qr");
Kernel<void(const Tensor&, const Tensor&, MaybeTensor)> eighKernel("eigh");
Kernel<void(const Tensor&, MaybeTensor, const Tensor&, MaybeTensor)> svdKernel("svd");
Kernel<std::optional<Three>(const Tensor&)> luLibrary("luLibrary");
Kernel<std::optional<Tensor>(const Tensor&, const Tensor&, const Tensor&)> luSolveLibrary("luSolveLibrary");
Kernel<std::optional<Two>(const Tensor&)> choleskyLibrary("choleskyLibrary");
Kernel<std::optional<Two>(const Tensor&, bool)> qrLibrary("qrLibrary");
Kernel<std::optional<Two>(const Tensor&, bool)> eighLibrary("eighLibrary");
Kernel<std::optional<Three>(const Tensor&, bool)> svdLibrary("svdLibrary");

namespace {

void checkMatrices(const Tensor& a) {
  GB_CHECK(a.ndim() >= 2, "expected a matrix or a batch of them, got shape ", a.sizes());
  GB_CHECK(a.dtype() == DType::Float32 || a.dtype() == DType::Float64,
           "expected a tensor of float32 or float64, got ", nameOf(a.dtype()));
}

void checkSquare(const Tensor& a) {
  checkMatrices(a);
  GB_CHECK(a.size(a.ndim() - 1) == a.size(a.ndim() - 2), "expected square matrices, got shape ", a.sizes());
}

int64_t rowsOf(const Tensor& a) { return a.size(a.ndim() - 2); }
int64_t columnsOf(const Tensor& a) { return a.size(a.ndim() - 1); }

int64_t batchOf(const Tensor& a) {
  int64_t batch = 1;
  for (int i = 0; i < a.ndim() - 2; i++) batch *= a.size(i);
  return batch;
}

/** What a card's library makes of matrices, where it does. */
template <class Result, class... A, class... B>
std::optional<Result> byLibrary(const Kernel<std::optional<Result>(const Tensor&, A...)>& library, const Tensor& a, const B&... more) {
  return kindOf(a.device()) == Device::CUDA ? library(a.device(), a, more...) : std::nullopt;
}

/** A copy as row-major doubles [batch, rows, columns]. */
Tensor doubles(const Tensor& a) {
  const Tensor copy = contiguous(toType(a, DType::Float64));
  return copy.viewed({batchOf(a), rowsOf(a), columnsOf(a)}, {rowsOf(a) * columnsOf(a), columnsOf(a), 1});
}

Tensor made(const Tensor& like, int64_t rows, int64_t columns) {
  return emptyTensor({like.size(0), rows, columns}, DType::Float64, like.device());
}

Tensor numbers(const Tensor& like, int64_t count) { return emptyTensor({like.size(0), count}, DType::Float64, like.device()); }

/** A result with the batch dimensions of `like` before `last`, in its dtype. */
Tensor finished(const Tensor& x, const Tensor& like, std::initializer_list<int64_t> last) {
  Dims sizes;
  for (int i = 0; i < like.ndim() - 2; i++) sizes.push(like.size(i));
  for (int64_t size : last) sizes.push(size);
  const Tensor shaped = x.viewed(sizes, contiguousStrides(sizes));
  return x.dtype() == DType::Float64 ? asType(shaped, like.dtype()) : shaped;
}

Tensor transposedCopy(const Tensor& a) {
  Dims sizes = a.sizes(), strides = a.strides();
  std::swap(sizes[a.ndim() - 1], sizes[a.ndim() - 2]);
  std::swap(strides[a.ndim() - 1], strides[a.ndim() - 2]);
  return contiguous(a.viewed(sizes, strides));
}

/** A wide matrix is the transpose of a tall one, with U and V exchanged. */
Tensor tall(const Tensor& a) { return doubles(rowsOf(a) < columnsOf(a) ? transposedCopy(a) : a); }

void checkRightSide(const Tensor& a, const Tensor& b) {
  GB_CHECK(b.ndim() == a.ndim() && b.dtype() == a.dtype(), "expected right sides of ", a.ndim(), " dimensions and dtype ",
           nameOf(a.dtype()), ", got shape ", b.sizes(), " of ", nameOf(b.dtype()));
  bool fits = rowsOf(b) == rowsOf(a);
  for (int i = 0; i < a.ndim() - 2; i++) fits &= a.size(i) == b.size(i);
  GB_CHECK(fits, "incompatible shapes of the matrices ", a.sizes(), " and the right sides ", b.sizes());
}

}  // namespace

Three luFactor(const Tensor& a) {
  checkMatrices(a);
  if (auto made = byLibrary(luLibrary, a)) return *std::move(made);
  const Tensor lu = doubles(a);
  const int64_t m = rowsOf(a), n = columnsOf(a), k = std::min(m, n);
  const Tensor pivots = emptyTensor({lu.size(0), k}, DType::Int64, a.device());
  const Tensor info = emptyTensor({lu.size(0)}, DType::Int64, a.device());
  luKernel(a.device(), lu, pivots, info);
  return {finished(lu, a, {m, n}), finished(pivots, a, {k}), finished(info, a, {})};
}

Tensor luSolve(const Tensor& lu, const Tensor& pivots, const Tensor& b) {
  checkSquare(lu);
  checkRightSide(lu, b);
  if (auto made = byLibrary(luSolveLibrary, lu, pivots, b)) return *std::move(made);
  const Tensor x = doubles(b);
  luSolveKernel(lu.device(), doubles(lu), contiguous(pivots), x);
  return finished(x, b, {rowsOf(b), columnsOf(b)});
}

Two cholesky(const Tensor& a) {
  checkSquare(a);
  if (auto made = byLibrary(choleskyLibrary, a)) return *std::move(made);
  const Tensor l = doubles(a), info = emptyTensor({l.size(0)}, DType::Int64, a.device());
  choleskyKernel(a.device(), l, info);
  return {finished(l, a, {rowsOf(a), rowsOf(a)}), finished(info, a, {})};
}

Tensor triangularSolve(const Tensor& a, const Tensor& b, bool upper, bool unit) {
  checkSquare(a);
  checkRightSide(a, b);
  const Tensor x = doubles(b);
  triangularKernel(a.device(), doubles(a), x, upper, unit);
  return finished(x, b, {rowsOf(b), columnsOf(b)});
}

Two qr(const Tensor& a, bool complete) {
  checkMatrices(a);
  if (auto made = byLibrary(qrLibrary, a, complete)) return *std::move(made);
  const int64_t m = rowsOf(a), n = columnsOf(a), c = complete ? m : std::min(m, n);
  const Tensor work = doubles(a), q = made(work, m, c), r = made(work, c, n);
  qrKernel(a.device(), work, q, r);
  return {finished(q, a, {m, c}), finished(r, a, {c, n})};
}

Two eigh(const Tensor& a) {
  checkSquare(a);
  if (auto made = byLibrary(eighLibrary, a, true)) return *std::move(made);
  const int64_t n = rowsOf(a);
  const Tensor work = doubles(a), values = numbers(work, n), vectors = made(work, n, n);
  eighKernel(a.device(), work, values, &vectors);
  return {finished(values, a, {n}), finished(vectors, a, {n, n})};
}

Tensor eigvalsh(const Tensor& a) {
  checkSquare(a);
  if (auto made = byLibrary(eighLibrary, a, false)) return made->first;
  const int64_t n = rowsOf(a);
  const Tensor work = doubles(a), values = numbers(work, n);
  eighKernel(a.device(), work, values, nullptr);
  return finished(values, a, {n});
}

Three svd(const Tensor& a) {
  checkMatrices(a);
  if (auto made = byLibrary(svdLibrary, a, true)) return *std::move(made);
  const int64_t m = rowsOf(a), n = columnsOf(a), k = std::min(m, n);
  const bool wide = m < n;
  const Tensor work = tall(a), s = numbers(work, k);
  const Tensor u = made(work, std::max(m, n), k), v = made(work, k, k);
  svdKernel(a.device(), work, &u, s, &v);
  const Tensor left = wide ? v : u, right = transposedCopy(wide ? u : v);
  return {finished(left, a, {m, k}), finished(s, a, {k}), finished(right, a, {k, n})};
}

Tensor svdvals(const Tensor& a) {
  checkMatrices(a);
  if (auto made = byLibrary(svdLibrary, a, false)) return std::get<1>(*made);
  const int64_t k = std::min(rowsOf(a), columnsOf(a));
  const Tensor work = tall(a), s = numbers(work, k);
  svdKernel(a.device(), work, nullptr, s, nullptr);
  return finished(s, a, {k});
}

}  // namespace gb
