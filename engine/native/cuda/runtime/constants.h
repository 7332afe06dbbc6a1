// Tables that ops compute on the host and kernels read: the same bytes are copied to a card once and stay there, so that
// a layer that is called again copies nothing.
#pragma once
#include <cstddef>
#include <optional>

#include "cuda/runtime/fault.h"

namespace gb::cuda {

class Constant {
 public:
  Constant(const void* bytes, size_t size, Device device);
  /** Valid for work that is queued while this lives. */
  const char* data() const { return data_; }

 private:
  const char* data_ = nullptr;
  /** Where what is kept would have become too much. */
  std::optional<Scratch> own_;
};

}  // namespace gb::cuda
