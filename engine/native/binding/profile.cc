#include "binding/profile.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "binding/profile_record.h"
#include "binding/tables.h"
#include "cuda/runtime/allocator.h"
#include "cuda/runtime/capture.h"
#include "cuda/runtime/device.h"
#include "cuda/runtime/launch.h"
#include "tensor/memory.h"

namespace gb::profile {

std::atomic<bool> recording{false};

namespace {

Record record;
std::thread::id recorded;

constexpr const char* kReplay = "cudaGraphReplay";

/** A call of a row. */
struct Call {
  napi_env env;
  const char* name;
  const napi_value* arguments;
  int given;
  Parameters parameters;
};

int64_t now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

int64_t allocatedOn(int card) {
  return card < 0 ? int64_t(memoryStats().allocatedBytes) : int64_t(cuda::cardMemory(card).allocated);
}

/** What tensors hold, as if garbage collection had freed nothing since the profile began. */
int64_t holding(int card) { return allocatedOn(card) + record.collected[card + 1]; }

int nameOf(const std::string& name) {
  const auto [at, fresh] = record.nameIds.try_emplace(name, int(record.names.size()));
  if (fresh) record.names.push_back(name);
  return at->second;
}

/** Rows that are recorded, by the address of their name: what it is called. -1 for names that no event has had yet. */
std::unordered_map<const char*, int>& rowNames() {
  static std::unordered_map<const char*, int> names = [] {
    std::unordered_map<const char*, int> all;
    for (const RowList& list : allRows()) {
      for (size_t i = 0; i < list.count; i++) {
        const std::string name = list.rows[i].name;
        // Where the host waits for a card is worth seeing, and what a whole captured step takes.
        if (list.recorded || name == "cudaSynchronize" || name == "cudaStreamSynchronize" || name == "cudaEventSynchronize" ||
            name == kReplay) {
          all[list.rows[i].name] = -1;
        }
      }
    }
    return all;
  }();
  return names;
}

void noteTensor(const Tensor& x) {
  record.inputs.push_back(x.ndim());
  for (int64_t size : x.sizes()) record.inputs.push_back(double(size));
  record.inputs.push_back(int(x.dtype()));
}

/** Inputs: how many, and for each its kind (0 nothing that has a shape, 1 a tensor, 2 a list of so many), rank, sizes, dtype. */
void noteInputs(const Call& call, const std::vector<const Tensor*>& tensors) {
  record.inputs.push_back(call.given);
  for (int i = 0; i < call.given; i++) {
    if (tensors[size_t(i)]) {
      record.inputs.push_back(1);
      noteTensor(*tensors[size_t(i)]);
      continue;
    }
    std::vector<const Tensor*> list;
    uint32_t length = 0;
    bool isArray = false;
    napi_is_array(call.env, call.arguments[i], &isArray);
    if (isArray) napi_get_array_length(call.env, call.arguments[i], &length);
    for (uint32_t j = 0; j < length; j++) {
      napi_value element;
      if (napi_get_element(call.env, call.arguments[i], j, &element) != napi_ok) break;
      const Tensor* tensor = tensorOf(call.env, element);
      if (!tensor) break;
      list.push_back(tensor);
    }
    record.inputs.push_back(list.empty() ? 0 : 2);
    if (list.empty()) continue;
    record.inputs.push_back(double(list.size()));
    for (const Tensor* tensor : list) noteTensor(*tensor);
  }
}

/** The first tensor of a list; null for anything else. */
const Tensor* firstOf(napi_env env, napi_value value) {
  bool isArray = false;
  napi_value element;
  if (napi_is_array(env, value, &isArray) != napi_ok || !isArray || napi_get_element(env, value, 0, &element) != napi_ok) return nullptr;
  return tensorOf(env, element);
}

/** The card that a call is about, or -1. */
int cardOf(const Call& call, const std::vector<const Tensor*>& tensors) {
  for (int i = 0; i < call.given; i++) {
    const Tensor* tensor = tensors[size_t(i)] ? tensors[size_t(i)] : firstOf(call.env, call.arguments[i]);
    if (tensor && tensor->device() != Device::CPU) return cudaIndex(tensor->device());
  }
  double code = 0;
  if (std::string(call.name) == kReplay) return cuda::currentDevice();
  const int place = call.parameters.device;
  if (place >= 0 && place < call.given) napi_get_value_double(call.env, call.arguments[place], &code);
  return code >= 1 && code <= kMaxCudaDevices ? int(code) - 1 : -1;
}

cuda::CUevent mark(int card) {
  cuda::enter(card);
  const cuda::CUstream stream = cuda::currentStream(card);
  std::vector<cuda::CUevent>& spare = record.spare[card];
  cuda::CUevent event = nullptr;
  if (spare.empty()) {
    GB_CUDA(eventCreate, &event, 0);
  } else {
    event = spare.back();
    spare.pop_back();
  }
  GB_CUDA(eventRecord, event, stream);
  return event;
}

/** Where the card's time stands beside the host's. */
void alignClock(int card) {
  if (record.clocks.count(card)) return;
  const cuda::CUevent event = mark(card);
  cuda::checkWait(cuda::driver().eventSynchronize(event), card);
  record.clocks[card] = {event, now()};
}

int stackOf(napi_env env) {
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return -1;
  napi_value message, error, text;
  size_t length = 0;
  std::string stack;
  if (napi_create_string_utf8(env, "", 0, &message) == napi_ok && napi_create_error(env, nullptr, message, &error) == napi_ok &&
      napi_get_named_property(env, error, "stack", &text) == napi_ok &&
      napi_get_value_string_utf8(env, text, nullptr, 0, &length) == napi_ok) {
    stack.resize(length + 1);
    napi_get_value_string_utf8(env, text, stack.data(), length + 1, &length);
    stack.resize(length);
  }
  napi_close_handle_scope(env, scope);
  return nameOf(stack);
}

int push(Event event) {
  event.parent = record.open.empty() ? -1 : record.open.back();
  const int id = int(record.events.size());
  record.events.push_back(event);
  record.open.push_back(id);
  return id;
}

/** The number of the event, or -1 where nothing is recorded of it. */
int begin(const Call& call) {
  if (std::this_thread::get_id() != recorded) return -1;
  const auto row = rowNames().find(call.name);
  if (row == rowNames().end()) return -1;
  if (row->second < 0) row->second = nameOf(call.name);
  Event event;
  event.name = row->second;
  std::vector<const Tensor*> tensors;
  for (int i = 0; i < call.given; i++) tensors.push_back(tensorOf(call.env, call.arguments[i]));
  const auto at = [&](int i) { return i >= 0 && i < call.given ? tensors[size_t(i)] : nullptr; };
  event.inPlace = at(call.parameters.out) && at(call.parameters.out) == at(0);
  if (record.options.inputs) {
    event.inputs = int(record.inputs.size());
    noteInputs(call, tensors);
  }
  if (record.options.stacks) event.stack = stackOf(call.env);
  if (record.options.cuda && !cuda::capturing) event.card = cardOf(call, tensors);
  if (event.card >= 0) {
    alignClock(event.card);
    event.cardBegin = mark(event.card);
  }
  if (record.options.memory) {
    event.bytes = -holding(-1);
    if (event.card >= 0) event.cardBytes = -holding(event.card);
  }
  event.begin = now();
  return push(event);
}

}  // namespace

napi_value around(napi_callback row, napi_env env, napi_callback_info info, const Parameters& parameters) {
  std::vector<napi_value> arguments(size_t(parameters.count) + 1);
  size_t given = size_t(parameters.count);
  void* name;
  int event = -1;
  if (napi_get_cb_info(env, info, &given, arguments.data(), nullptr, &name) == napi_ok) {
    const OpName op(static_cast<const char*>(name));
    try {
      event = begin({env, static_cast<const char*>(name), arguments.data(), int(std::min(given, size_t(parameters.count))), parameters});
    } catch (...) {
      throwCurrent(env);
      return nullptr;
    }
  }
  const napi_value result = row(env, info);
  end(event);
  return result;
}

int enter(const std::string& name, int kind) {
  if (!recording || std::this_thread::get_id() != recorded) return -1;
  Event event;
  event.name = nameOf(name);
  event.kind = kind;
  if (record.options.memory) event.bytes = -holding(-1);
  event.begin = now();
  return push(event);
}

void end(int id) {
  if (id < 0 || size_t(id) >= record.events.size() || record.events[size_t(id)].end != 0) return;
  Event& event = record.events[size_t(id)];
  event.end = now();
  const auto at = std::find(record.open.rbegin(), record.open.rend(), id);
  // What began within it and goes on, as blocks that awaited may, stands beside it.
  for (auto later = record.open.rbegin(); later != at; later++) {
    if (record.events[size_t(*later)].parent == id) record.events[size_t(*later)].parent = event.parent;
  }
  if (at != record.open.rend()) record.open.erase(std::next(at).base());
  if (record.options.memory) {
    event.bytes += holding(-1);
    event.allocated = allocatedOn(-1);
    if (event.card >= 0) {
      event.cardBytes += holding(event.card);
      event.cardAllocated = allocatedOn(event.card);
    }
  }
  if (event.card < 0 || cuda::capturing) return;
  try {
    event.cardEnd = mark(event.card);
  } catch (const Error&) {
    // The op's own error says what is wrong with the card.
  }
}

void start(const Options& options) {
  GB_CHECK(!recording, "a profile is being recorded already");
  auto spare = std::move(record.spare);
  record = Record();
  record.spare = std::move(spare);
  record.options = options;
  for (auto& [row, id] : rowNames()) id = -1;
  recorded = std::this_thread::get_id();
  record.began = now();
  recording = true;
}

Record& stop() {
  GB_CHECK(recording, "no profile is being recorded");
  recording = false;
  record.ended = now();
  for (int id : std::vector<int>(record.open)) end(id);
  return record;
}

namespace {
int collectedCard = -1;
int64_t collectedBefore = 0;
}  // namespace

void collecting(const Tensor& tensor) {
  // Other threads' collections are no part of this profile.
  if (std::this_thread::get_id() != recorded) return;
  collectedCard = tensor.device() == Device::CPU ? -1 : cudaIndex(tensor.device());
  collectedBefore = record.options.memory ? allocatedOn(collectedCard) : 0;
}
void collected() {
  if (std::this_thread::get_id() == recorded && record.options.memory) record.collected[collectedCard + 1] += collectedBefore - allocatedOn(collectedCard);
}

}  // namespace gb::profile
