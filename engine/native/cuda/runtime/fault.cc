#include "cuda/runtime/fault.h"

#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "cuda/runtime/capture.h"
#include "cuda/runtime/device.h"
#include "tensor/error.h"

namespace gb::cuda {
namespace {

/** CU_MEMHOSTALLOC_PORTABLE and …_DEVICEMAP. */
constexpr unsigned kForAllCards = 3;

std::mutex lock;
Fault* faults[kMaxCudaDevices];
std::vector<const char*> names;

}  // namespace

Fault* faultOf(int index) {
  std::lock_guard<std::mutex> guard(lock);
  if (!faults[index]) {
    enter(index);
    const Relaxed relaxed;
    void* block = nullptr;
    GB_CUDA(memHostAlloc, &block, sizeof(Fault), kForAllCards);
    faults[index] = new (block) Fault{};
  }
  return faults[index];
}

int faultCode() {
  std::lock_guard<std::mutex> guard(lock);
  const char* op = currentOp ? currentOp : "";
  for (size_t i = 0; i < names.size(); i++) {
    if (names[i] == op) return int(i) + 1;
  }
  names.push_back(op);
  return int(names.size());
}

void checkFault(int index) {
  Fault* at = faults[index];
  if (__builtin_expect(!at || *static_cast<volatile int*>(&at->op) == 0, 1)) return;
  const Fault found = *at;
  *at = Fault{};
  const OpName op(names[size_t(found.op) - 1]);
  GB_CHECK(found.dimension < 0, "index ", found.value, " is out of bounds for dimension ", found.dimension, " with size ",
           found.size);
  if (found.dimension == kNoProbability) {
    double p;
    std::memcpy(&p, &found.value, sizeof p);
    fail("Expected p_in >= 0 && p_in <= 1 to be true, but got ", p);
  }
  GB_CHECK(found.dimension != kNoPlace, "found an invalid max index: ", found.value, " (planes have ", found.size, " elements)");
  GB_CHECK(found.dimension != kNotFinite, "the algorithm did not converge: the matrix holds NaN or infinity, or numbers too large");
  GB_CHECK(found.dimension != kNoConvergence, "the algorithm did not converge",
           found.size ? " in " + std::to_string(found.size) + " sweeps" : "");
  GB_CHECK(found.dimension != kNoPivot, "pivot ", found.value, " is out of range for matrices of size ", found.size);
  GB_CHECK(found.dimension != kNoByte, "the input must be finite to be quantized, got ", found.value ? "an infinity" : "NaN");
  fail("Target ", found.value, " is out of bounds: expected a class of 0 to ", found.size - 1);
}

Scratch::Scratch(size_t bytes, Device device) : held_(allocate(bytes, cudaIndex(device))), device_(device) {}
Scratch::~Scratch() { release(held_.block, cudaIndex(device_)); }

}  // namespace gb::cuda
