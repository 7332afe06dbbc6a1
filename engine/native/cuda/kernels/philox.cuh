// Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011) and the ways from its bits to numbers, as cuRAND has them: the same
// seed gives PyTorch's numbers.
#pragma once
#include "cuda/kernels/prelude.cuh"

namespace gb {
namespace cuda {

struct Words {
  u32 x, y, z, w;
};

/** The whole product. The compiler alone adds the upper half of a constant, which is 0. */
#if defined(__CUDA_ARCH__)
GB_DEVICE u64 product(u32 a, u32 b) {
  u64 x;
  asm("mul.wide.u32 %0, %1, %2;" : "=l"(x) : "r"(a), "r"(b));
  return x;
}
#else
GB_DEVICE u64 product(u32 a, u32 b) { return u64(a) * b; }
#endif

/** The draws of one thread: a subsequence, from a counter on. */
class Philox {
 public:
  GB_DEVICE Philox(const PhiloxState& state, u64 subsequence) : s_(subsequence), c_(state.offset / 4) {
    const u64 seed = state.at ? state.at[0] : state.seed;
    if (state.at) c_ += state.at[1] / 4;
    k0_ = u32(seed);
    k1_ = u32(seed >> 32);
  }

  GB_DEVICE Words next() {
    Words c{u32(c_), u32(c_ >> 32), u32(s_), u32(s_ >> 32)};
    u32 k0 = k0_, k1 = k1_;
    for (int round = 0; round < 10; round++) {
      const u64 first = product(0xd2511f53u, c.x), second = product(0xcd9e8d57u, c.z);
      c = {u32(second >> 32) ^ c.y ^ k0, u32(second), u32(first >> 32) ^ c.w ^ k1, u32(first)};
      k0 += 0x9e3779b9u;
      k1 += 0xbb67ae85u;
    }
    c_++;
    return c;
  }

 private:
  u32 k0_, k1_;
  u64 s_, c_;
};

// (0, 1]
GB_DEVICE float uniformOf(u32 x) { return float(x) * 2.3283064e-10f + 1.1641532e-10f; }
GB_DEVICE double uniformOf(u32 x, u32 y) {
  return double(u64(x) ^ (u64(y) << 21)) * 1.1102230246251565e-16 + 5.5511151231257827e-17;
}

/** Two normal numbers from two words. */
GB_DEVICE void normals(u32 x, u32 y, float& first, float& second) {
  const float u = uniformOf(x), v = float(y) * 1.46291807e-09f + 7.31459036e-10f;
  const float radius = scalar::sqrt(-2.0f * scalar::log(u));
  float s, c;
  __sincosf(v, &s, &c);
  first = radius * s;
  second = radius * c;
}
GB_DEVICE void normals(const Words& w, double& first, double& second) {
  const double u = uniformOf(w.x, w.y);
  const double v = double(u64(w.z) ^ (u64(w.w) << 21)) * (1.1102230246251565e-16 * 2) + 1.1102230246251565e-16;
  const double radius = scalar::sqrt(-2.0 * scalar::log(u));
  double s, c;
  sincospi(v, &s, &c);
  first = radius * s;
  second = radius * c;
}

}  // namespace cuda
}  // namespace gb
