#include "cuda/ops/rnn_dropout.h"

#include <optional>

#include "cuda/runtime/capture.h"
#include "cuda/runtime/device.h"
#include "ops/transfer.h"

namespace gb::cuda {
namespace {

struct States {
  /** Stays where it is when it is seeded again: a captured graph may draw from it. */
  Tensor memory;
  std::optional<uint64_t> seeding;
  /** The last draw, and its stream: states that two streams change at once would be no states. */
  CUevent drawn = nullptr;
  CUstream stream = nullptr;
};

States& statesOf(int index) {
  // Never destroyed: the driver may be gone when the program ends.
  static States* const all = new States[kMaxCudaDevices];
  return all[index];
}

void seed(States& s, int index, double p, Generator& generator) {
  refuseInCapture(
      "dropout between recurrent layers that is used for the first time after a seed reads a random number. Run the step once before");
  const Tensor number = emptyTensor({}, DType::Int64, cudaDevice(index));
  random_(number, generator, 0, 0);
  const int64_t value = *onHost(number).as<int64_t>();
  const dnn::Handle handle = dnn::handleOf(index);
  if (!s.seeding) {
    size_t bytes = 0;
    GB_CUDNN(dropoutStates, handle, &bytes);
    s.memory = emptyTensor({int64_t(bytes)}, DType::UInt8, cudaDevice(index));
    GB_CUDA(eventCreate, &s.drawn, kEventDisableTiming);
    s.stream = currentStream(index);
  }
  const dnn::OwnedDropout made;
  GB_CUDNN(dropoutSet, made, handle, float(p), s.memory.data(), s.memory.bytes(), static_cast<unsigned long long>(value));
  s.seeding = generator.seedings();
}

}  // namespace

void prepareDropout(int index, double p) {
  States& s = statesOf(index);
  // What is captured comes after what was queued before it, by the events of the capture itself.
  if (s.seeding && !capturing && s.stream != currentStream(index)) GB_CUDA(streamWaitEvent, currentStream(index), s.drawn, 0);
  Generator& generator = defaultGenerator(cudaDevice(index));
  if (s.seeding != generator.seedings()) seed(s, index, p, generator);
}

void dropoutQueued(int index) {
  if (capturing) return;
  States& s = statesOf(index);
  s.stream = currentStream(index);
  GB_CUDA(eventRecord, s.drawn, s.stream);
}

void describeDropout(dnn::DropoutDesc to, dnn::Handle handle, int index, double p) {
  const Tensor& memory = statesOf(index).memory;
  GB_CUDNN(dropoutRestore, to, handle, float(p), memory.data(), memory.bytes(), 0ull);
}

}  // namespace gb::cuda
