// Rows about what is queued on cards: streams, events, captured steps. All three go to JavaScript as numbers.
#include <memory>
#include <utility>
#include <vector>

#include "binding/object.h"
#include "binding/row.h"
#include "binding/tables.h"
#include "cuda/runtime/allocator.h"
#include "cuda/runtime/capture.h"
#include "cuda/runtime/device.h"
#include "cuda/runtime/launch.h"

namespace gb {
namespace {

/** Places in these lists. Stream 0 is the default one of its card. */
struct StreamEntry {
  int device;
  cuda::CUstream stream;
};
struct EventEntry {
  int device;
  cuda::CUevent event;
};
std::vector<StreamEntry> streams(1, StreamEntry{0, nullptr});
std::vector<EventEntry> events;
std::vector<int> freeEvents;

cuda::CUstream streamAt(int id, int device) {
  GB_CHECK(id >= 0 && size_t(id) < streams.size(), "no stream ", id);
  GB_CHECK(id == 0 || streams[size_t(id)].device == device, "the stream belongs to cuda:", streams[size_t(id)].device,
           ", not to cuda:", device);
  return id == 0 ? cuda::defaultStream(device) : streams[size_t(id)].stream;
}
EventEntry& eventAt(int id) {
  GB_CHECK(id >= 0 && size_t(id) < events.size() && events[size_t(id)].event, "no event ", id);
  return events[size_t(id)];
}

constexpr const char* kAsking = "it asks what the card has done, and nothing is done before the step is replayed";

int cudaNewStream(int device, int priority) {
  cuda::checkIndex(device);
  streams.push_back({device, cuda::newStream(device, priority)});
  return int(streams.size()) - 1;
}
void cudaSetStream(int device, int stream) {
  cuda::checkIndex(device);
  cuda::setCurrentStream(device, streamAt(stream, device));
}
bool cudaStreamQuery(int device, int stream) {
  cuda::checkIndex(device);
  cuda::refuseInCapture(kAsking);
  cuda::enter(device);
  const cuda::CUresult result = cuda::driver().streamQuery(streamAt(stream, device));
  if (result != cuda::kNotReady) cuda::checkWait(result, device);
  return result != cuda::kNotReady;
}
void cudaStreamSynchronize(int device, int stream) {
  cuda::checkIndex(device);
  cuda::synchronizeStream(device, streamAt(stream, device));
}
int cudaNewEvent(int device, bool timing) {
  cuda::checkIndex(device);
  cuda::enter(device);
  cuda::CUevent event = nullptr;
  GB_CUDA(eventCreate, &event, timing ? 0 : cuda::kEventDisableTiming);
  if (freeEvents.empty()) {
    events.push_back({device, event});
    return int(events.size()) - 1;
  }
  const int id = freeEvents.back();
  freeEvents.pop_back();
  events[size_t(id)] = {device, event};
  return id;
}
void cudaFreeEvent(int event) {
  EventEntry& entry = eventAt(event);
  cuda::driver().eventDestroy(entry.event);
  entry.event = nullptr;
  freeEvents.push_back(event);
}
void cudaRecordEvent(int event, int stream) {
  const EventEntry& entry = eventAt(event);
  cuda::enter(entry.device);
  cuda::queueWaiting();
  GB_CUDA(eventRecord, entry.event, streamAt(stream, entry.device));
}
void cudaWaitEvent(int device, int stream, int event) {
  cuda::checkIndex(device);
  cuda::enter(device);
  cuda::queueWaiting();
  GB_CUDA(streamWaitEvent, streamAt(stream, device), eventAt(event).event, 0);
}
bool cudaEventQuery(int event) {
  cuda::refuseInCapture(kAsking);
  const EventEntry& entry = eventAt(event);
  cuda::enter(entry.device);
  const cuda::CUresult result = cuda::driver().eventQuery(entry.event);
  if (result != cuda::kNotReady) cuda::checkWait(result, entry.device);
  return result != cuda::kNotReady;
}
void cudaEventSynchronize(int event) {
  cuda::refuseInCapture(kAsking);
  const EventEntry& entry = eventAt(event);
  cuda::enter(entry.device);
  cuda::checkWait(cuda::driver().eventSynchronize(entry.event), entry.device);
}
double cudaElapsed(int start, int end) {
  float milliseconds = 0;
  cuda::enter(eventAt(start).device);
  GB_CUDA(eventElapsedTime, &milliseconds, eventAt(start).event, eventAt(end).event);
  return milliseconds;
}
void cudaRecordStream(const Tensor& x, int stream) {
  GB_CHECK(x.device() != Device::CPU, "expected a tensor on a card");
  const int device = cudaIndex(x.device());
  cuda::recordStream(static_cast<cuda::Block*>(x.storage()->owner), device, streamAt(stream, device));
}

std::vector<std::unique_ptr<cuda::Graph>> graphs;

cuda::Graph& graphAt(int id) {
  GB_CHECK(id >= 0 && size_t(id) < graphs.size() && graphs[size_t(id)], "the graph was given up: it holds nothing any more");
  return *graphs[size_t(id)];
}

/** Numbers of graphs whose owners were collected. Collection runs on the thread of JavaScript, as all of this. */
std::vector<int> forgotten;

[[maybe_unused]] const bool registered = [] {
  cuda::dropForgottenGraphs = [] {
    if (cuda::capturing) return;
    for (int graph : std::exchange(forgotten, {})) graphs[size_t(graph)].reset();
  };
  return true;
}();

/** What JavaScript's owner of a graph holds: when it is collected, the graph is forgotten. */
RawResult cudaGraphOwner(int graph) {
  graphAt(graph);
  napi_value owner;
  const auto collected = [](node_api_basic_env, void*, void* number) { forgotten.push_back(int(reinterpret_cast<intptr_t>(number))); };
  const napi_status made =
      napi_create_external(currentEnv, nullptr, collected, reinterpret_cast<void*>(intptr_t(graph)), &owner);
  GB_CHECK(made == napi_ok, "no owner could be made");
  return {owner};
}

/** `pool`: 0 for one of its own. */
int cudaNewGraph(int device, int pool) {
  cuda::checkIndex(device);
  cuda::dropForgottenGraphs();
  graphs.push_back(std::make_unique<cuda::Graph>(device, pool));
  return int(graphs.size()) - 1;
}
void cudaFreeGraph(int graph) {
  cuda::refuseInCapture("giving up a graph waits for the card");
  graphAt(graph);
  graphs[size_t(graph)].reset();
}
void cudaGraphBegin(int graph, int stream, bool join) {
  cuda::Graph& g = graphAt(graph);
  g.begin(streamAt(stream, g.device()), join);
}
void cudaGraphEnd(int graph) { graphAt(graph).end(); }
void cudaGraphAbandon(int graph) { graphAt(graph).abandon(); }
void cudaGraphReplay(int graph) { graphAt(graph).replay(); }
RawResult cudaGraphInfo(int graph) {
  const cuda::Graph& g = graphAt(graph);
  return Object(currentEnv).set("nodes", double(g.nodes())).set("pool", double(g.pool())).result();
}
bool cudaCapturing() { return cuda::capturing != nullptr; }

const double* numbersOf(const HostData& data) {
  GB_CHECK(data.type == napi_float64_array, "expected a Float64Array");
  return static_cast<const double*>(data.data);
}

/** Numbers that the next step of an optimiser reads from the card's memory; what `cudaGraphSetNumbers` calls them. */
int cudaGraphNumbers(const HostData& numbers) {
  GB_CHECK(cuda::capturing, "no step is being captured");
  const double* values = numbersOf(numbers);
  cuda::Graph& g = *cuda::capturing;
  g.stepNumbers = g.takeWords(int(numbers.length));
  g.setWords(g.stepNumbers.id, values, int(numbers.length));
  return g.stepNumbers.id;
}
void cudaGraphSetNumbers(int graph, int id, const HostData& numbers) {
  graphAt(graph).setWords(id, numbersOf(numbers), int(numbers.length));
}

const Row rows[] = {
    GB_ROW(cudaNewStream),
    GB_ROW(cudaSetStream),
    GB_ROW(cudaStreamQuery),
    GB_ROW(cudaStreamSynchronize),
    GB_ROW(cudaNewEvent),
    GB_ROW(cudaFreeEvent),
    GB_ROW(cudaRecordEvent),
    GB_ROW(cudaWaitEvent),
    GB_ROW(cudaEventQuery),
    GB_ROW(cudaEventSynchronize),
    GB_ROW(cudaElapsed),
    GB_ROW(cudaRecordStream),
    GB_ROW(cudaNewGraph),
    GB_ROW(cudaGraphOwner),
    GB_ROW(cudaFreeGraph),
    GB_ROW(cudaGraphBegin),
    GB_ROW(cudaGraphEnd),
    GB_ROW(cudaGraphAbandon),
    GB_ROW(cudaGraphReplay),
    GB_ROW(cudaGraphInfo),
    GB_ROW(cudaCapturing),
    GB_ROW(cudaGraphNumbers),
    GB_ROW(cudaGraphSetNumbers),
};

}  // namespace

GB_UNRECORDED_TABLE(queueRows, rows)

}  // namespace gb
