#include "cuda/runtime/constants.h"

#include <mutex>
#include <string>
#include <unordered_map>

#include "cuda/runtime/capture.h"
#include "cuda/runtime/device.h"
#include "tensor/error.h"

namespace gb::cuda {
namespace {

/** Bytes that are kept on each card at most. Nothing is ever given back: a captured graph may read it. */
constexpr size_t kMostKept = size_t(64) << 20;

std::mutex lock;
std::unordered_map<std::string, CUdeviceptr> tables[kMaxCudaDevices];
size_t kept[kMaxCudaDevices];

}  // namespace

Constant::Constant(const void* bytes, size_t size, Device device) {
  const int index = cudaIndex(device);
  enter(index);
  const CUstream stream = currentStream(index);
  std::lock_guard<std::mutex> guard(lock);
  const std::string key(static_cast<const char*>(bytes), size);
  const auto found = tables[index].find(key);
  if (found != tables[index].end()) {
    data_ = reinterpret_cast<const char*>(found->second);
    return;
  }
  refuseInCapture("a table is copied from the host when an op is called so for the first time. Run the step once before");
  CUdeviceptr block = 0;
  if (kept[index] + size > kMostKept || driver().memAlloc(&block, size) != kSuccess) {
    own_.emplace(size, device);
    data_ = static_cast<const char*>(own_->data());
    GB_CUDA(memcpyHtoDAsync, CUdeviceptr(reinterpret_cast<size_t>(data_)), bytes, size, stream);
    return;
  }
  GB_CUDA(memcpyHtoDAsync, block, bytes, size, stream);
  // Other streams may read it from now on.
  synchronizeStream(index, stream);
  kept[index] += size;
  tables[index].emplace(key, block);
  data_ = reinterpret_cast<const char*>(block);
}

}  // namespace gb::cuda
