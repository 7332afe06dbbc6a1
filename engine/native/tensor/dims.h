// A short list of integers: shapes, strides, axes. Up to six stand inline; no heap for the tensors of everyday.
#pragma once
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <ostream>
#include <utility>

#include "tensor/error.h"

namespace gb {

/** As many dimensions as PyTorch's operations take. */
constexpr int kMaxDims = 64;

class Dims {
 public:
  Dims() : data_(inline_), size_(0), capacity_(kInline) {}
  explicit Dims(int n, int64_t value) : Dims() {
    resize(n);
    for (int i = 0; i < n; i++) data_[i] = value;
  }
  Dims(std::initializer_list<int64_t> values) : Dims() {
    for (int64_t v : values) push(v);
  }
  Dims(const Dims& other) : Dims() { assign(other); }
  Dims(Dims&& other) noexcept : Dims() { take(other); }
  Dims& operator=(const Dims& other) {
    if (this != &other) assign(other);
    return *this;
  }
  Dims& operator=(Dims&& other) noexcept {
    if (this != &other) take(other);
    return *this;
  }
  ~Dims() {
    if (data_ != inline_) delete[] data_;
  }

  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  int64_t* data() { return data_; }
  const int64_t* data() const { return data_; }
  int64_t* begin() { return data_; }
  int64_t* end() { return data_ + size_; }
  const int64_t* begin() const { return data_; }
  const int64_t* end() const { return data_ + size_; }
  int64_t& operator[](int i) { return data_[i]; }
  int64_t operator[](int i) const { return data_[i]; }
  int64_t back() const { return data_[size_ - 1]; }

  void push(int64_t value) {
    reserve(size_ + 1);
    data_[size_++] = value;
  }
  /** New elements are not set. */
  void resize(int n) {
    reserve(n);
    size_ = n;
  }
  void insert(int at, int64_t value) {
    push(0);
    for (int i = size_ - 1; i > at; i--) data_[i] = data_[i - 1];
    data_[at] = value;
  }
  void erase(int at) {
    for (int i = at; i + 1 < size_; i++) data_[i] = data_[i + 1];
    size_--;
  }
  bool operator==(const Dims& other) const {
    if (size_ != other.size_) return false;
    for (int i = 0; i < size_; i++) {
      if (data_[i] != other.data_[i]) return false;
    }
    return true;
  }
  bool operator!=(const Dims& other) const { return !(*this == other); }

 private:
  static constexpr int kInline = 6;

  void assign(const Dims& other) {
    if (other.data_ == other.inline_) {
      std::memcpy(data_, other.inline_, sizeof inline_);  // as below
      size_ = other.size_;
    } else {
      resize(other.size_);
      std::memcpy(data_, other.data_, sizeof(int64_t) * size_t(size_));
    }
  }
  void take(Dims& other) {
    if (other.data_ == other.inline_) {
      std::memcpy(data_, other.inline_, sizeof inline_);  // there is room for it in either place
      size_ = other.size_;
    } else {
      std::swap(size_, other.size_);
      if (data_ == inline_) {
        data_ = other.data_;
        capacity_ = other.capacity_;
        other.data_ = other.inline_;
        other.capacity_ = kInline;
        other.size_ = 0;
      } else {
        std::swap(data_, other.data_);
        std::swap(capacity_, other.capacity_);
      }
    }
  }
  void reserve(int n) {
    if (__builtin_expect(n > capacity_, 0)) grow(n);
  }
  __attribute__((noinline)) void grow(int n) {
    GB_CHECK(n <= 2 * kMaxDims, "tensors have at most ", kMaxDims, " dimensions");
    const int capacity = n < 16 ? 16 : 2 * kMaxDims;
    int64_t* grown = new int64_t[size_t(capacity)];
    std::memcpy(grown, data_, sizeof(int64_t) * size_t(size_));
    if (data_ != inline_) delete[] data_;
    data_ = grown;
    capacity_ = capacity;
  }

  int64_t* data_;
  int32_t size_;
  int32_t capacity_;
  int64_t inline_[kInline];
};

/** As PyTorch writes a shape: [2, 3] */
inline std::ostream& operator<<(std::ostream& out, const Dims& dims) {
  out << "[";
  for (int i = 0; i < dims.size(); i++) out << (i ? ", " : "") << dims[i];
  return out << "]";
}

/** Wraps where it overflows: a tensor's own constructor refuses such shapes. */
inline int64_t product(const Dims& dims) {
  uint64_t n = 1;
  for (int64_t d : dims) n *= uint64_t(d);
  return int64_t(n);
}

/** The dimension that `dim` names in a tensor of `ndim` dimensions; negative ones count from the end. */
inline int wrapDim(int64_t dim, int ndim) {
  const int64_t n = ndim == 0 ? 1 : ndim;
  GB_CHECK(dim >= -n && dim < n, "Dimension out of range (expected to be in range of [", -n, ", ", n - 1, "], but got ",
           dim, ")");
  return int(dim < 0 ? dim + n : dim);
}

}  // namespace gb
