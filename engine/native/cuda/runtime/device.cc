#include "cuda/runtime/device.h"

#include <atomic>
#include <mutex>
#include <vector>

#include "cuda/api/nvrtc.h"
#include "cuda/runtime/capture.h"
#include "cuda/runtime/launch.h"
#include "tensor/error.h"

namespace gb::cuda {
namespace {

struct Card {
  Properties properties{};
  CUcontext context = nullptr;
};

/** Streams that a program may ask for before it gets earlier ones again. */
constexpr size_t kStreams = 32;

std::mutex lock;
std::atomic<Card*> cards[kMaxCudaDevices];
CUstream defaults[kMaxCudaDevices];
std::vector<CUstream> pools[kMaxCudaDevices];
size_t nextStream[kMaxCudaDevices];

thread_local int current = 0;
thread_local int entered = -1;
thread_local CUstream streams[kMaxCudaDevices];

int attribute(Attribute which, CUdevice device) {
  int value = 0;
  GB_CUDA(deviceGetAttribute, &value, which, device);
  return value;
}

Card* open(int index) {
  CUdevice device;
  GB_CUDA(deviceGet, &device, index);
  Card* card = new Card;
  char name[256] = "";
  GB_CUDA(deviceGetName, name, int(sizeof name), device);
  Properties& p = card->properties;
  p.name = name;
  p.major = attribute(kMajor, device);
  p.minor = attribute(kMinor, device);
  p.multiProcessorCount = attribute(kMultiprocessors, device);
  p.maxThreadsPerMultiProcessor = attribute(kMaxThreadsPerMultiprocessor, device);
  p.maxThreadsPerBlock = attribute(kMaxThreadsPerBlock, device);
  p.warpSize = attribute(kWarpSize, device);
  p.sharedMemPerBlock = attribute(kMaxSharedPerBlock, device);
  p.sharedMemPerBlockOptin = attribute(kMaxSharedOptin, device);
  GB_CUDA(deviceTotalMem, &p.totalMemory, device);
  GB_CUDA(primaryCtxRetain, &card->context, device);
  return card;
}

const Card& card(int index) {
  if (index >= 0 && index < kMaxCudaDevices) {
    if (const Card* known = cards[index].load(std::memory_order_acquire)) return *known;
  }
  checkIndex(index);
  std::lock_guard<std::mutex> guard(lock);
  if (!cards[index]) cards[index] = open(index);
  return *cards[index];
}

}  // namespace

const std::string& problem() {
  if (!driverProblem().empty()) return driverProblem();
  return Compiler::problem();
}

void checkIndex(int index) {
  if (!knownDriver) openedDriver();
  GB_CHECK(Compiler::problem().empty(), "no CUDA: ", Compiler::problem());
  GB_CHECK(index >= 0 && index < deviceCount(), "no CUDA device ", index, ": there ", deviceCount() == 1 ? "is " : "are ",
           deviceCount());
}

const Properties& properties(int index) { return card(index).properties; }
CUcontext contextOf(int index) { return card(index).context; }

void enter(int index) {
  if (__builtin_expect(entered == index, 1)) return;
  GB_CUDA(ctxSetCurrent, card(index).context);
  entered = index;
}

Visit::Visit(int index) : before_(entered) {
  const Card* there = cards[index];
  if (there && driver().ctxSetCurrent(there->context) == kSuccess) {
    entered = index;
    inside = true;
  }
}
Visit::~Visit() {
  if (before_ >= 0 && driver().ctxSetCurrent(cards[before_].load()->context) == kSuccess) entered = before_;
}

int currentDevice() { return current; }
void setCurrentDevice(int index) {
  checkIndex(index);
  current = index;
}

CUstream defaultStream(int index) {
  enter(index);
  std::lock_guard<std::mutex> guard(lock);
  const Relaxed relaxed;
  if (!defaults[index]) GB_CUDA(streamCreate, &defaults[index], kStreamNonBlocking, 0);
  return defaults[index];
}

CUstream chosenStream(int index) {
  CUstream& chosen = streams[index];
  if (__builtin_expect(!chosen, 0)) chosen = defaultStream(index);
  return chosen;
}
CUstream currentStream(int index) {
  queueWaiting();
  return chosenStream(index);
}
void setCurrentStream(int index, CUstream stream) {
  queueWaiting();
  streams[index] = stream;
}

CUstream newStream(int index, int priority) {
  enter(index);
  std::lock_guard<std::mutex> guard(lock);
  std::vector<CUstream>& pool = pools[index];
  if (pool.size() >= kStreams) return pool[nextStream[index]++ % kStreams];
  CUstream stream = nullptr;
  GB_CUDA(streamCreate, &stream, kStreamNonBlocking, priority);
  pool.push_back(stream);
  return stream;
}

namespace {
constexpr const char* kWaiting = "it waits for the card, and nothing is done before the step is replayed. Do it after the step";
}

void synchronize(int index) {
  refuseInCapture(kWaiting);
  enter(index);
  checkWait(driver().ctxSynchronize(), index);
}

void synchronizeStream(int index, CUstream stream) {
  refuseInCapture(kWaiting);
  enter(index);
  checkWait(driver().streamSynchronize(stream), index);
}

}  // namespace gb::cuda
