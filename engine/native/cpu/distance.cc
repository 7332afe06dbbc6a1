// Distances of points on the CPU.
#include "ops/distance.h"

#include <type_traits>

#include "cpu/each_row.h"
#include "scalar/distance.h"

namespace gb {
namespace {

using scalar::Order;

/** body(std::integral_constant<Order, …>) for an order that is known only now. */
template <class Body>
void withOrder(double p, const Body& body) {
  using scalar::Order;
  switch (scalar::orderOf(p)) {
    case Order::Zero: return body(std::integral_constant<Order, Order::Zero>());
    case Order::One: return body(std::integral_constant<Order, Order::One>());
    case Order::Two: return body(std::integral_constant<Order, Order::Two>());
    case Order::Infinity: return body(std::integral_constant<Order, Order::Infinity>());
    case Order::Other: return body(std::integral_constant<Order, Order::Other>());
  }
}

/** Coordinates that are summed apart, so that several go at once. */
constexpr int64_t kApart = 8;

template <Order order, class T>
T distance(const T* a, const T* b, int64_t d, T p) {
  T parts[kApart] = {};
  int64_t k = 0;
  for (; k + kApart <= d; k += kApart) {
    for (int64_t j = 0; j < kApart; j++) {
      parts[j] = scalar::joinTerms<order>(parts[j], scalar::distanceTerm<order>(a[k + j] - b[k + j], p));
    }
  }
  for (; k < d; k++) parts[k % kApart] = scalar::joinTerms<order>(parts[k % kApart], scalar::distanceTerm<order>(a[k] - b[k], p));
  for (int64_t step = kApart / 2; step > 0; step /= 2) {
    for (int64_t j = 0; j < step; j++) parts[j] = scalar::joinTerms<order>(parts[j], parts[j + step]);
  }
  return scalar::distanceOf<order>(parts[0], p);
}

template <class T>
void distances(const Tensor& out, const Tensor& a, const Tensor& b, double p) {
  const int64_t n = a.size(1), m = b.size(1), d = a.size(2);
  withOrder(p, [&](auto order) {
    forRows(out.numel() / m, m * std::max<int64_t>(1, d), order() == Order::Other ? 16 : 1, [&](int64_t row) {
      const T *x = a.as<T>() + row * d, *ys = b.as<T>() + row / n * m * d;
      T* to = out.as<T>() + row * m;
      for (int64_t j = 0; j < m; j++) to[j] = distance<order()>(x, ys + j * d, d, T(p));
    });
  });
}

template <class T>
void gradients(const Tensor& da, const Tensor& grad, const Tensor& a, const Tensor& b, const Tensor& distances, double p) {
  const int64_t n = a.size(1), m = b.size(1), d = a.size(2);
  withOrder(p, [&](auto order) {
    forRows(da.numel() / d, m * d, order() == Order::Other ? 32 : 2, [&](int64_t row) {
      const T *x = a.as<T>() + row * d, *ys = b.as<T>() + row / n * m * d;
      const T *g = grad.as<T>() + row * m, *far = distances.as<T>() + row * m;
      T* to = da.as<T>() + row * d;
      for (int64_t k = 0; k < d; k++) to[k] = T(0);
      for (int64_t j = 0; j < m; j++) {
        const T* y = ys + j * d;
        for (int64_t k = 0; k < d; k++) to[k] += scalar::distanceSlope<order()>(x[k] - y[k], g[j], far[j], T(p));
      }
    });
  });
}

void cdistOnCpu(const Tensor& out, const Tensor& a, const Tensor& b, double p) {
  out.dtype() == DType::Float64 ? distances<double>(out, a, b, p) : distances<float>(out, a, b, p);
}

void cdistBackwardOnCpu(const Tensor& da, const Tensor& grad, const Tensor& a, const Tensor& b, const Tensor& distances, double p) {
  da.dtype() == DType::Float64 ? gradients<double>(da, grad, a, b, distances, p) : gradients<float>(da, grad, a, b, distances, p);
}

GB_KERNEL(CPU, cdistKernel, cdistOnCpu)
GB_KERNEL(CPU, cdistBackwardKernel, cdistBackwardOnCpu)

}  // namespace
}  // namespace gb
