// A tensor: a view (shape, strides, offset, dtype) of a storage. A value type; copies share the storage.
#pragma once
#include <optional>
#include <vector>

#include "tensor/dims.h"
#include "tensor/dtype.h"
#include "tensor/storage.h"

namespace gb {

class Tensor {
 public:
  Tensor() : offset_(0), numel_(0), dtype_(DType::Float32), contiguous_(true) {}
  Tensor(StorageRef storage, DType dtype, Dims sizes, Dims strides, int64_t offset);

  const Dims& sizes() const { return sizes_; }
  const Dims& strides() const { return strides_; }
  int64_t size(int dim) const { return sizes_[dim]; }
  int64_t stride(int dim) const { return strides_[dim]; }
  int64_t offset() const { return offset_; }
  int ndim() const { return sizes_.size(); }
  int64_t numel() const { return numel_; }
  DType dtype() const { return dtype_; }
  Device device() const { return storage_->device; }
  bool contiguous() const { return contiguous_; }
  const StorageRef& storage() const { return storage_; }
  size_t itemSize() const { return gb::itemSize(dtype_); }
  size_t bytes() const { return size_t(numel_) * itemSize(); }

  void* data() const { return static_cast<char*>(storage_->data) + offset_ * int64_t(itemSize()); }
  template <class T>
  T* as() const {
    return static_cast<T*>(data());
  }

  /** The same memory seen with another shape; nothing is checked. */
  Tensor viewed(Dims sizes, Dims strides) const { return viewed(std::move(sizes), std::move(strides), offset_); }
  Tensor viewed(Dims sizes, Dims strides, int64_t offset) const {
    return Tensor(storage_, dtype_, std::move(sizes), std::move(strides), offset);
  }

 private:
  StorageRef storage_;
  Dims sizes_, strides_;
  int64_t offset_, numel_;
  DType dtype_;
  bool contiguous_;
};

using MaybeTensor = const Tensor*;
using TensorList = std::vector<const Tensor*>;
/** A list in which null stands for "none here". */
struct MaybeTensorList : TensorList {
  using TensorList::TensorList;
};

/** Row-major strides. */
Dims contiguousStrides(const Dims& sizes);

/** New row-major memory, not set. */
Tensor emptyTensor(const Dims& sizes, DType dtype, Device device = Device::CPU);
/** New memory with the given (dense) strides. */
Tensor emptyStrided(Dims sizes, Dims strides, DType dtype, Device device = Device::CPU);
/** New memory laid out as `like`'s where that is dense, else dense in the order of its dimensions. */
Tensor emptyLike(const Tensor& like, DType dtype);
Tensor emptyLikeOn(const Tensor& like, DType dtype, Device device);

/** Whether every element has a place of its own and no place is left out. */
bool isDense(const Tensor& x);
/** Whether two elements may share a place: a dimension of stride 0, or strides that interleave. */
bool overlapsItself(const Tensor& x);
/** Whether two dense views share memory without being the very same view (others pass, as in PyTorch). */
bool partlyOverlaps(const Tensor& a, const Tensor& b);

}  // namespace gb
