#include "cuda/ops/reflections.h"

#include <algorithm>

#include "cuda/kernels/matrix_arguments.h"
#include "cuda/ops/units.h"

namespace gb::cuda {
namespace {

constexpr const char* kFile = "reflections.cu";

/** x −= v t (vᵀ x), or with t turned. */
void reflect(const Block& x, const Block& v, const Block& t) {
  if (x.columns == 0) return;
  const Tensor products = emptyTensor({x.batch, v.columns, x.columns}, DType::Float64, x.device);
  const Tensor joined = emptyTensor(products.sizes(), DType::Float64, x.device);
  multiply(Block(products), v.transposed(), x, 1, 0);
  multiply(Block(joined), t, Block(products), 1, 0, true);
  subtractProduct(x, v, Block(joined));
}

GB_UNITS(all) { all.push_back(Unit{kFile, ""}); }

}  // namespace

Reflections::Reflections(const Tensor& a)
    : rows_(a.size(1)),
      steps_(std::min(a.size(1), a.size(2))),
      vectors_(emptyTensor({a.size(0), rows_ * steps_, 1}, DType::Float64, a.device())),
      joins_(emptyTensor({a.size(0), steps_ * kPanel, 1}, DType::Float64, a.device())) {
  static Function kernel;
  const Block x(a);
  const int64_t n = x.columns;
  for (int64_t from = 0; from < steps_; from += kPanel) {
    const Block v = vectors(from), t = joins(from);
    const int64_t to = from + v.columns;
    launchPlain(kernel, kFile, "qrPanel", x.device, gridFor(x.batch, 1), panelThreads(rows_ - from), x.data, v.data, t.data,
                static_cast<long long>(rows_), static_cast<long long>(n), static_cast<long long>(from), int(v.columns),
                static_cast<long long>(v.perMatrix), static_cast<long long>(t.perMatrix));
    // Qᵀ goes to what is not done yet.
    reflect(x.part(from, rows_ - from, to, n - to), v, t.transposed());
  }
}

Block Reflections::vectors(int64_t from) const {
  const int64_t width = std::min<int64_t>(kPanel, steps_ - from);
  return Block(vectors_).shaped(from * rows_, rows_ - from, width);
}

Block Reflections::joins(int64_t from) const {
  const int64_t width = std::min<int64_t>(kPanel, steps_ - from);
  return Block(joins_).shaped(from * kPanel, width, width);
}

void Reflections::apply(const Tensor& q, bool identity) const {
  const Block x(q);
  for (int64_t from = (steps_ - 1) / kPanel * kPanel; from >= 0; from -= kPanel) {
    const int64_t first = identity ? from : 0;
    reflect(x.part(from, rows_ - from, first, x.columns - first), vectors(from), joins(from));
  }
}

namespace {

/** Blocks for each row of each matrix. */
Grid rowsOf(const Tensor& x) {
  Grid grid = gridFor(x.size(1), 1);
  grid.y = unsigned(x.size(0));
  return grid;
}

}  // namespace

void setIdentity(const Tensor& x) {
  static Function kernel;
  launchPlain(kernel, kFile, "identity", x.device(), rowsOf(x), kThreads, x.data(), static_cast<long long>(x.size(1)),
              static_cast<long long>(x.size(2)));
}

void qrInBlocks(const Tensor& a, const Tensor& q, const Tensor& r) {
  static Function uppers;
  const long long m = a.size(1), n = a.size(2), c = q.size(2);
  const Reflections reflections(a);
  setIdentity(q);
  reflections.apply(q, true);
  launchPlain(uppers, kFile, "upperPart", a.device(), rowsOf(r), kThreads, a.data(), r.data(), m, c, n);
}

}  // namespace gb::cuda
