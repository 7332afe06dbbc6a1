#include "cuda/runtime/capture.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "cuda/runtime/device.h"
#include "cuda/runtime/launch.h"
#include "cuda/runtime/launch_thread.h"
#include "tensor/deferred.h"
#include "tensor/error.h"
#include "tensor/memory.h"

namespace gb::cuda {

thread_local Graph* capturing = nullptr;
void (*dropForgottenGraphs)() = [] {};
WaitingWork waitingWork{nullptr, nullptr};
thread_local bool waits = false;

namespace {

Unit wordsUnit() { return {"words.cu", ""}; }
/** A replay as it is handed over. */
struct Replay {
  CUgraphExec exec;
  CUstream stream;
  void make() const {
    const CUresult result = knownDriver->graphLaunch(exec, stream);
    GB_CHECK(result == kSuccess, "CUDA: the captured step could not be started: ", describe(result));
  }
};

[[maybe_unused]] const bool announced = announceUnits([](UnitList& all) { all.push_back(wordsUnit()); });

}  // namespace

void refuseInCapture(const char* why) { GB_CHECK(!capturing, "not possible in a captured step: ", why); }

Relaxed::Relaxed() {
  if (capturing) driver().exchangeCaptureMode(&before_);
}
Relaxed::~Relaxed() {
  if (capturing) driver().exchangeCaptureMode(&before_);
}

Graph::Graph(int device, int pool) : device_(device), pool_(joinPool(device, pool)) {}

Graph::~Graph() {
  try {
    enter(device_);
  } catch (const std::exception&) {
    // A context that is lost has nothing to wait for.
  }
  // The errors of earlier kernels come out where somebody waits for their results.
  driver().ctxSynchronize();
  if (exec_) driver().graphExecDestroy(exec_);
  for (const Page& page : pages_) release(page.held.block, device_);
  leavePool(device_, pool_);
}

void Graph::begin(CUstream stream, bool join) {
  GB_CHECK(!capturing, "a step is being captured already");
  GB_CHECK(stream != defaultStream(device_), "the default stream cannot be captured");
  // Nothing may wait for the card from now on, so what could make room is done before.
  collectGarbage(true);
  synchronize(device_);
  emptyCardCache();
  setCurrentStream(device_, stream);
  GB_CUDA(streamBeginCapture, stream, kCaptureThreadLocal);
  stream_ = stream;
  join_ = join;
  capturing = this;
  openPool(device_, pool_);
  firstOwn_ = emptyTensor({1}, DType::UInt8).storage()->id;
  tensorWatch = [](const Tensor& tensor) {
    if (capturing) capturing->hold(tensor);
  };
}

void Graph::hold(const Tensor& tensor) {
  const StorageRef& memory = tensor.storage();
  if (memory && memory->device == cudaDevice(device_) && memory->id < firstOwn_) held_.emplace(memory->id, memory);
}

void Graph::leave() {
  tensorWatch = nullptr;
  capturing = nullptr;
  stepNumbers = {};
  closePool(device_);
}

void Graph::end() {
  try {
    queueWaiting();
  } catch (const std::exception&) {
    abandon();
    throw;
  }
  CUgraph graph = nullptr;
  const CUresult ended = driver().streamEndCapture(stream_, &graph);
  leave();
  GB_CHECK(ended == kSuccess, "CUDA: the step could not be captured: ", describe(ended));
  driver().graphGetNodes(graph, nullptr, &nodes_);
  const CUresult made = driver().graphInstantiate(&exec_, graph, 0);
  driver().graphDestroy(graph);
  GB_CHECK(made == kSuccess, "CUDA: the captured step could not be made ready to run: ", describe(made));
}

void Graph::abandon() {
  if (waits) waitingWork.drop();
  CUgraph graph = nullptr;
  // An error of the capture itself is what the caller knows already.
  if (driver().streamEndCapture(stream_, &graph) == kSuccess && graph) driver().graphDestroy(graph);
  leave();
}

void Graph::replay() {
  refuseInCapture("a graph cannot hold another");
  GB_CHECK(exec_, "nothing was captured yet");
  enter(device_);
  if (randomWords_.at) {
    Generator& generator = defaultGenerator(cudaDevice(device_));
    const Place& place = places_[size_t(randomWords_.id)];
    unsigned long long* words = pages_[place.page].values.data() + place.first;
    words[0] = generator.initialSeed();
    words[1] = generator.takePhilox(drawn_);
  }
  static Function functions;
  for (const Page& page : pages_) {
    for (size_t first = 0; first < page.values.size(); first += kMostWords) {
      WordsArguments a;
      a.to = page.memory + first;
      a.count = int(std::min(page.values.size() - first, size_t(kMostWords)));
      std::copy_n(page.values.begin() + int64_t(first), a.count, a.values);
      const CUfunction kernel = functions.get(device_, "setWords", wordsUnit);
      launch(kernel, cudaDevice(device_), Grid{1}, 512, a);
    }
  }
  const CUstream stream = currentStream(device_);
  handOver(device_, Replay{exec_, stream});
}

Graph::Words Graph::takeWords(int count) {
  const size_t n = size_t(count);
  if (pages_.empty() || pages_.back().values.size() + n > pages_.back().room) {
    const size_t room = std::max(n, size_t(kMostWords));
    const Held held = allocate(room * sizeof(unsigned long long), device_, true);
    pages_.push_back({held, static_cast<unsigned long long*>(held.data), room, {}});
  }
  Page& page = pages_.back();
  const size_t first = page.values.size();
  page.values.resize(first + n);
  places_.push_back({pages_.size() - 1, first, n});
  return {int(places_.size()) - 1, page.memory + first, count};
}

void Graph::setWords(int id, const double* values, int count) {
  GB_CHECK(id >= 0 && size_t(id) < places_.size() && places_[size_t(id)].count == size_t(count), "the graph takes other numbers");
  const Place& place = places_[size_t(id)];
  std::memcpy(pages_[place.page].values.data() + place.first, values, sizeof(double) * size_t(count));
}

PhiloxState Graph::random(Generator& generator, uint64_t count) {
  GB_CHECK(&generator == &defaultGenerator(cudaDevice(device_)),
           "not possible in a captured step: random numbers of another generator than the card's default one");
  if (!randomWords_.at) randomWords_ = takeWords(2);
  const uint64_t offset = drawn_;
  drawn_ += (count + 3) / 4 * 4;
  return {0, offset, randomWords_.at};
}

PhiloxState philoxFor(Generator& generator, uint64_t count) {
  if (capturing) return capturing->random(generator, count);
  return {generator.initialSeed(), generator.takePhilox(count), nullptr};
}

StepNumbers takeStepNumbers() {
  if (!capturing) return {nullptr, 0};
  const Graph::Words words = std::exchange(capturing->stepNumbers, {});
  GB_CHECK(words.at, "not possible in a captured step: the learning rate would stay as it is now");
  return {reinterpret_cast<const double*>(words.at), words.count};
}

}  // namespace gb::cuda
