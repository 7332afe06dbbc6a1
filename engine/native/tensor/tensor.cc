#include "tensor/tensor.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "tensor/memory.h"
#include "tensor/strided_loop.h"

namespace gb {
namespace {

std::atomic<uint64_t> nextStorage{1};

/** Storage structures are used again: they come and go with every operation. Never freed: finalizers may run late. */
thread_local std::vector<Storage*>* freeStorages = nullptr;

size_t checkedBytes(const Dims& sizes, DType dtype) {
  size_t bytes = itemSize(dtype);
  bool empty = false;
  for (int64_t d : sizes) {
    GB_CHECK(d >= 0, "Trying to create tensor with negative dimension ", d, ": ", sizes);
    empty |= d == 0;
  }
  if (empty) return 0;
  for (int64_t d : sizes) {
    GB_CHECK(!__builtin_mul_overflow(bytes, size_t(d), &bytes) && bytes < (size_t(1) << 62),
             "the size of a tensor of shape ", sizes, " overflows");
  }
  return bytes;
}

int64_t checkedNumel(const Dims& sizes) {
  int64_t n = 1;
  bool overflows = false, empty = false;
  for (int64_t d : sizes) {
    overflows |= __builtin_mul_overflow(n, d, &n);
    empty |= d == 0;
  }
  GB_CHECK(!overflows || empty, "the number of elements of a tensor of shape ", sizes, " overflows");
  return empty ? 0 : n;
}

bool rowMajor(const Dims& sizes, const Dims& strides, int64_t numel) {
  if (numel == 0) return true;
  int64_t expected = 1;
  for (int i = sizes.size() - 1; i >= 0; i--) {
    if (sizes[i] == 1) continue;
    if (strides[i] != expected) return false;
    expected *= sizes[i];
  }
  return true;
}

}  // namespace

namespace {
Storage* storageOf(DeviceBlock block, size_t bytes, Device device, bool pinned) {
  Storage* storage;
  if (freeStorages && !freeStorages->empty()) {
    storage = freeStorages->back();
    freeStorages->pop_back();
  } else {
    storage = new Storage;
  }
  *storage = {block.data, block.owner, bytes, nextStorage++, 1, device, pinned};
  return storage;
}
}  // namespace

Storage* newStorage(size_t bytes, Device device) {
  const DeviceBlock block =
      device == Device::CPU ? DeviceBlock{allocateTensorMemory(bytes), nullptr} : deviceMemory.allocate(bytes, device);
  return storageOf(block, bytes, device, false);
}

Storage* newPinnedStorage(size_t bytes) { return storageOf({allocatePinnedTensorMemory(bytes), nullptr}, bytes, Device::CPU, true); }

void destroyStorage(Storage* storage) {
  if (__builtin_expect(storage->pinned, 0)) {
    freePinnedTensorMemory(storage->data, storage->bytes);
  } else if (storage->device == Device::CPU) {
    freeTensorMemory(storage->data, storage->bytes);
  } else {
    deviceMemory.free(storage->owner, storage->device);
  }
  if (!freeStorages) freeStorages = new std::vector<Storage*>;
  freeStorages->push_back(storage);
}

Tensor::Tensor(StorageRef storage, DType dtype, Dims sizes, Dims strides, int64_t offset)
    : storage_(std::move(storage)),
      sizes_(std::move(sizes)),
      strides_(std::move(strides)),
      offset_(offset),
      numel_(checkedNumel(sizes_)),
      dtype_(dtype),
      contiguous_(rowMajor(sizes_, strides_, numel_)) {}

Dims contiguousStrides(const Dims& sizes) {
  Dims strides;
  strides.resize(sizes.size());
  uint64_t step = 1;  // may wrap, for shapes that are refused afterwards
  for (int i = sizes.size() - 1; i >= 0; i--) {
    strides[i] = int64_t(step);
    step *= uint64_t(std::max<int64_t>(sizes[i], 1));
  }
  return strides;
}

Tensor emptyTensor(const Dims& sizes, DType dtype, Device device) {
  return emptyStrided(sizes, contiguousStrides(sizes), dtype, device);
}

Tensor emptyStrided(Dims sizes, Dims strides, DType dtype, Device device) {
  StorageRef storage(newStorage(checkedBytes(sizes, dtype), device));
  return Tensor(std::move(storage), dtype, std::move(sizes), std::move(strides), 0);
}

Tensor emptyLike(const Tensor& like, DType dtype) { return emptyLikeOn(like, dtype, like.device()); }

Tensor emptyLikeOn(const Tensor& like, DType dtype, Device device) {
  if (like.contiguous()) return emptyTensor(like.sizes(), dtype, device);
  const Tensor* const inputs[] = {&like};
  const Dims strides = isDense(like) ? like.strides() : stridesLike(like.sizes(), inputs, 1);
  return emptyStrided(like.sizes(), strides, dtype, device);
}

bool isDense(const Tensor& x) {
  if (x.contiguous()) return true;
  Dims order;
  for (int i = 0; i < x.ndim(); i++) {
    if (x.size(i) != 1) order.push(i);
  }
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return x.stride(int(a)) < x.stride(int(b)); });
  int64_t expected = 1;
  for (int64_t i : order) {
    if (x.stride(int(i)) != expected) return false;
    expected *= x.size(int(i));
  }
  return true;
}

bool overlapsItself(const Tensor& x) {
  if (x.contiguous()) return false;
  Dims order;
  for (int i = 0; i < x.ndim(); i++) {
    if (x.size(i) > 1) order.push(i);
  }
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return x.stride(int(a)) < x.stride(int(b)); });
  // Each dimension must step beyond everything that the smaller ones reach.
  int64_t reach = 0;
  for (int64_t i : order) {
    if (x.stride(int(i)) <= reach) return true;
    reach += x.stride(int(i)) * (x.size(int(i)) - 1);
  }
  return false;
}

bool partlyOverlaps(const Tensor& a, const Tensor& b) {
  if (a.storage().get() != b.storage().get() || a.numel() == 0 || b.numel() == 0) return false;
  if (!isDense(a) || !isDense(b)) return false;
  const char *aBegin = a.as<char>(), *aEnd = aBegin + a.bytes();
  const char *bBegin = b.as<char>(), *bEnd = bBegin + b.bytes();
  if (aBegin == bBegin && aEnd == bEnd) return a.strides() != b.strides();
  return aBegin < bEnd && bBegin < aEnd;
}

}  // namespace gb
