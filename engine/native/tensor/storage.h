// The memory that views of one tensor share, counted by reference. JavaScript's thread alone counts; worker threads of
// kernels see raw pointers only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

#include "tensor/dtype.h"

namespace gb {

struct Storage {
  void* data;
  void* owner;  // what a device's memory knows the block by
  size_t bytes;
  uint64_t id;
  int32_t references;
  Device device;
  bool pinned;  // memory of the host that cards read and write by themselves
};

/** New memory, not set. One reference. */
Storage* newStorage(size_t bytes, Device device);
/** The same, pinned; on the host. */
Storage* newPinnedStorage(size_t bytes);
void destroyStorage(Storage* storage);

class StorageRef {
 public:
  StorageRef() : storage_(nullptr) {}
  /** Takes over the caller's reference. */
  explicit StorageRef(Storage* storage) : storage_(storage) {}
  StorageRef(const StorageRef& other) : storage_(other.storage_) {
    if (storage_) storage_->references++;
  }
  StorageRef(StorageRef&& other) noexcept : storage_(std::exchange(other.storage_, nullptr)) {}
  StorageRef& operator=(StorageRef other) noexcept {
    std::swap(storage_, other.storage_);
    return *this;
  }
  ~StorageRef() {
    if (storage_ && --storage_->references == 0) destroyStorage(storage_);
  }
  Storage* get() const { return storage_; }
  Storage* operator->() const { return storage_; }
  explicit operator bool() const { return storage_ != nullptr; }

 private:
  Storage* storage_;
};

}  // namespace gb
