#include "cuda/ops/solver.h"

#include <algorithm>

#include "cuda/ops/units.h"
#include "cuda/runtime/capture.h"
#include "ops/shape.h"

namespace gb::cuda {
namespace {

constexpr const char* kFile = "solver.cu";
constexpr int64_t kMostThreads = 1024;

ByFloat prepares, finishes;

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) all.push_back(ByFloat::unit(kFile, type));
}

}  // namespace

const solver::Session* solverFor(const Tensor& a) {
  // The functions for one type count in 32 bits, and a matrix's workspace is a few times its size.
  constexpr int64_t most = int64_t(1) << 28;
  const int64_t elements = a.size(a.ndim() - 1) * a.size(a.ndim() - 2);
  if (capturing || a.numel() == 0 || elements > most) return nullptr;
  return solver::sessionOf(cudaIndex(a.device()));
}

const solver::Session* solverForFactors(const Tensor& a) {
  const int64_t m = a.size(a.ndim() - 2), n = a.size(a.ndim() - 1);
  if (std::max(m, n) <= kSmallFactor || !oneByOne(a.numel() / std::max<int64_t>(1, m * n), m * n)) return nullptr;
  return solverFor(a);
}

Matrices::Matrices(const Tensor& x) : memory(x), each(x.size(x.ndim() - 1) * x.size(x.ndim() - 2)) { batch = x.numel() / each; }

Tensor turned(const Tensor& x) { return transpose(x, -1, -2); }

Tensor byRows(const Tensor& a) {
  const Tensor copy = emptyTensor(a.sizes(), a.dtype(), a.device());
  copyInto(copy, a);
  return copy;
}

Tensor byColumns(const Tensor& a) { return byRows(turned(a)); }

Tensor madeLike(const Tensor& a, std::initializer_list<int64_t> last, DType dtype) {
  Dims sizes;
  for (int i = 0; i < a.ndim() - 2; i++) sizes.push(a.size(i));
  for (int64_t size : last) sizes.push(size);
  return emptyTensor(sizes, dtype, a.device());
}

Scaled::Scaled(const Tensor& matrices, bool triangle) {
  const Matrices all(matrices);
  const Device device = matrices.device();
  scales_ = emptyTensor({all.batch}, DType::Float64, device);
  const long long rows = matrices.size(matrices.ndim() - 2), columns = matrices.size(matrices.ndim() - 1);
  const unsigned threads = unsigned(std::clamp<int64_t>(all.each / 32 * 32, 32, kMostThreads));
  launch(prepares.get(device, kFile, "prepare", matrices.dtype()), device, gridFor(all.batch, 1), threads, matrices.data(), rows,
         columns, triangle, scales_.data(), faultOf(cudaIndex(device)), faultCode());
}

void Scaled::finish(const Tensor& values, MaybeTensor info) const {
  const Device device = values.device();
  const long long n = values.size(values.ndim() - 1), count = values.numel();
  launch(finishes.get(device, kFile, "finish", values.dtype()), device, gridFor(count, kThreads), kThreads, values.data(),
         scales_.data(), info ? info->data() : nullptr, n, count, faultOf(cudaIndex(device)), faultCode());
}

}  // namespace gb::cuda
