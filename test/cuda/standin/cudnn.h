// What the parts of the stand-in for cuDNN share: descriptors, and numbers of every type.
#pragma once
#include <initializer_list>
#include <set>
#include <vector>

#include "door.h"
#include "scalar/half.h"

namespace standin::dnn {

constexpr int kNotInitialized = 1001, kBadParam = 2000, kNotSupported = 3000;
constexpr int kFloat = 0, kDouble = 1, kHalf = 2, kBFloat16 = 9;
constexpr int kTensorMath = 1, kFmaMath = 3;

struct Handle {
  void* stream = nullptr;
};
struct Tensor {
  int type = -1;
  std::vector<int> sizes;
};

std::set<const void*>& alive();
template <class T>
int made(T** out) {
  *out = new T;
  alive().insert(*out);
  return 0;
}
template <class T>
int gone(T* object) {
  if (!alive().erase(object)) return refuse(kBadParam, "cuDNN: a descriptor that is not there is destroyed");
  delete object;
  return 0;
}
inline bool there(std::initializer_list<const void*> objects) {
  for (const void* object : objects) {
    if (!alive().count(object)) return false;
  }
  return true;
}

inline bool isType(int type) { return type == kFloat || type == kDouble || type == kHalf || type == kBFloat16; }
inline size_t sizeOf(int type) { return type == kDouble ? 8 : type == kFloat ? 4 : 2; }
inline size_t volume(const std::vector<int>& sizes) {
  size_t n = 1;
  for (int size : sizes) n *= size_t(size);
  return n;
}
inline size_t bytesOf(const Tensor& x) { return volume(x.sizes) * sizeOf(x.type); }

inline double get(const void* p, int type, size_t i) {
  switch (type) {
    case kDouble: return static_cast<const double*>(p)[i];
    case kHalf: return gb::toFloat(static_cast<const gb::Half*>(p)[i]);
    case kBFloat16: return gb::toFloat(static_cast<const gb::BFloat16*>(p)[i]);
    default: return static_cast<const float*>(p)[i];
  }
}
inline void put(void* p, int type, size_t i, double value) {
  switch (type) {
    case kDouble: static_cast<double*>(p)[i] = value; return;
    case kHalf: static_cast<gb::Half*>(p)[i] = gb::toHalf(float(value)); return;
    case kBFloat16: static_cast<gb::BFloat16*>(p)[i] = gb::toBFloat16(float(value)); return;
    default: static_cast<float*>(p)[i] = float(value);
  }
}

}  // namespace standin::dnn
