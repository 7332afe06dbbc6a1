#include "cpu/normal_block.h"

#include <cmath>
#include <initializer_list>

#include "tensor/half.h"

namespace gb {
namespace {

/** Cephes' logf for positive normal x. Every fma below is one in PyTorch's compiled code. */
float logOf(float x) {
  const uint32_t u = bitsOf(x < 1.17549435e-38f ? 1.17549435e-38f : x);
  float e = float(int32_t(u >> 23) - 127) + 1.0f;
  float m = floatOf((u & ~0x7f800000u) | 0x3f000000u);
  const bool low = m < 0.707106781186547524f;
  e -= low ? 1.0f : 0.0f;
  m = (m - 1.0f) + (low ? m : 0.0f);
  const float z = m * m;
  float y = 7.0376836292e-2f;
  for (float c : {-1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
                  2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f}) {
    y = std::fma(y, m, c);
  }
  y = std::fma(y * m, z, e * -2.12194440e-4f);
  y = std::fma(-z, 0.5f, y);
  return std::fma(e, 0.693359375f, m + y);
}

/** Cephes' sinf and cosf together, for x ≥ 0. */
void sinCosOf(float x, float& sine, float& cosine) {
  const int32_t octant = (int32_t(x * 1.27323954473516f) + 1) & ~1;
  const float y = float(octant);
  x = std::fma(y, -0.78515625f, x);
  x = std::fma(y, -2.4187564849853515625e-4f, x);
  x = std::fma(y, -3.77489497744594108e-8f, x);
  const float z = x * x;
  float c = 2.443315711809948e-5f;
  c = std::fma(c, z, -1.388731625493765e-3f);
  c = std::fma(c, z, 4.166664568298827e-2f);
  c = std::fma(c * z, z, -(z * 0.5f)) + 1.0f;
  float s = -1.9515295891e-4f;
  s = std::fma(s, z, 8.3321608736e-3f);
  s = std::fma(s, z, -1.6666654611e-1f);
  s = std::fma(s * z, x, x);
  const bool straight = (octant & 2) == 0;
  sine = straight ? s : c;
  cosine = straight ? c : s;
  if (octant & 4) sine = -sine;
  if (!((octant - 2) & 4)) cosine = -cosine;
}

}  // namespace

void normalBlock(float* data, float mean, float std) {
  for (int j = 0; j < 8; j++) {
    const float radius = std::sqrt(-2.0f * logOf(1.0f - data[j]));
    float sine, cosine;
    sinCosOf(6.283185307179586f * data[j + 8], sine, cosine);
    data[j] = std::fma(radius * cosine, std, mean);
    data[j + 8] = std::fma(radius * sine, std, mean);
  }
}

void normalBlock(double* data, double mean, double std, DType type) {
  const auto rounded = [type](double x) {
    if (type == DType::Float16) return double(toFloat(toHalf(float(x))));
    if (type == DType::BFloat16) return double(toFloat(toBFloat16(float(x))));
    return x;
  };
  if (type == DType::Float64) {
    for (int j = 0; j < 8; j++) {
      const double radius = std::sqrt(-2 * std::log(1 - data[j])), theta = 2 * M_PI * data[j + 8];
      data[j] = std::fma(radius * std::cos(theta), std, mean);
      data[j + 8] = std::fma(radius * std::sin(theta), std, mean);
    }
    return;
  }
  mean = rounded(mean);
  std = rounded(std);
  for (int j = 0; j < 8; j++) {
    const double u1 = rounded(1 - data[j]);
    const double radius = rounded(std::sqrt(float(rounded(-2 * rounded(std::log(float(u1)))))));
    const double theta = rounded(2 * M_PI * data[j + 8]);
    data[j] = rounded(rounded(rounded(radius * rounded(std::cos(float(theta)))) * std) + mean);
    data[j + 8] = rounded(rounded(rounded(radius * rounded(std::sin(float(theta)))) * std) + mean);
  }
}

}  // namespace gb
