// Distances of points on a card.
#include "ops/distance.h"

#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "scalar/distance.h"

namespace gb::cuda {
namespace {

constexpr const char* kOrders[] = {"Zero", "One", "Two", "Infinity", "Other"};
constexpr int kOrderCount = 5, kSquare = 64;

Unit unitOf(DType type, int order) { return ByFloat::unit("distance.cu", type, (std::string("-DGB_ORDER=") + kOrders[order]).c_str()); }

CUfunction kernelOf(Function (&functions)[2][kOrderCount], const char* name, const Tensor& x, double p) {
  const int order = int(scalar::orderOf(p));
  return functions[x.dtype() == DType::Float64][order].get(cudaIndex(x.device()), name, [&] { return unitOf(x.dtype(), order); });
}

/** Calls body(p) with the order in the type of a kernel's parameter. */
template <class Body>
void inType(const Tensor& x, double p, const Body& body) {
  x.dtype() == DType::Float64 ? body(p) : body(float(p));
}

void cdistOnCuda(const Tensor& out, const Tensor& a, const Tensor& b, double p) {
  static Function functions[2][kOrderCount];
  const CUfunction kernel = kernelOf(functions, "cdist", out, p);
  const long long n = a.size(1), m = b.size(1), d = a.size(2);
  const auto squares = [](int64_t points) { return (points + kSquare - 1) / kSquare; };
  constexpr int64_t kMostBlocks = 65535;
  GB_CHECK(squares(n) <= kMostBlocks, "distances of so many points are not possible on a card: ", n);
  inType(out, p, [&](auto order) {
    for (int64_t first = 0; first < a.size(0); first += kMostBlocks) {
      const Grid grid{unsigned(squares(m)), unsigned(squares(n)), unsigned(std::min(kMostBlocks, a.size(0) - first))};
      const auto from = [&](const Tensor& x) { return x.as<char>() + first * x.stride(0) * int64_t(x.itemSize()); };
      launch(kernel, out.device(), grid, kThreads, from(out), from(a), from(b), n, m, d, order);
    }
  });
}

void cdistBackwardOnCuda(const Tensor& da, const Tensor& grad, const Tensor& a, const Tensor& b, const Tensor& distances, double p) {
  static Function functions[2][kOrderCount];
  const CUfunction kernel = kernelOf(functions, "cdistBackward", da, p);
  const long long n = a.size(1), m = b.size(1), d = a.size(2), rows = a.size(0) * n;
  inType(da, p, [&](auto order) {
    launch(kernel, da.device(), gridFor(rows * d, kThreads), kThreads, da.data(), grad.data(), a.data(),
           b.data(), distances.data(), rows, n, m, d, order);
  });
}

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) {
    for (int order = 0; order < kOrderCount; order++) all.push_back(unitOf(type, order));
  }
}

GB_KERNEL(CUDA, cdistKernel, cdistOnCuda)
GB_KERNEL(CUDA, cdistBackwardKernel, cdistBackwardOnCuda)

}  // namespace
}  // namespace gb::cuda
