// Rows of torch.profiler: engine/profiler has the names and the arithmetic.
#include <string>
#include <vector>

#include "binding/object.h"
#include "binding/profile.h"
#include "binding/profile_record.h"
#include "binding/tables.h"
#include "cuda/runtime/device.h"
#include "cuda/runtime/launch.h"

namespace gb {
namespace {

void profilerStart(bool inputs, bool memory, bool stacks, bool cuda) {
  profile::start({inputs, memory, stacks, cuda && cuda::problem().empty()});
}

int profilerEnter(RawValue name, int kind) {
  size_t length = 0;
  if (napi_get_value_string_utf8(name.env, name.value, nullptr, 0, &length) != napi_ok) {
    wrongArgument(name.env, name.value, 0, "a string");
  }
  std::string text(length + 1, '\0');
  napi_get_value_string_utf8(name.env, name.value, text.data(), length + 1, &length);
  text.resize(length);
  return profile::enter(text, kind);
}
void profilerLeave(int event) { profile::end(event); }

napi_value numbers(const std::vector<double>& values) {
  napi_value buffer, result;
  void* data = nullptr;
  GB_CHECK(napi_create_arraybuffer(currentEnv, values.size() * sizeof(double), &data, &buffer) == napi_ok, "no room for the record");
  std::copy(values.begin(), values.end(), static_cast<double*>(data));
  napi_create_typedarray(currentEnv, napi_float64_array, values.size(), buffer, 0, &result);
  return result;
}

double elapsed(cuda::CUevent begin, cuda::CUevent end) {
  float milliseconds = 0;
  GB_CUDA(eventElapsedTime, &milliseconds, begin, end);
  return double(milliseconds) * 1000;
}

/** Microseconds since the profile began: when the card began with an event, and for how long it was at it. */
std::pair<double, double> cardTimes(profile::Record& record, const profile::Event& event) {
  if (!event.cardBegin || !event.cardEnd) return {0, 0};
  const profile::Record::Clock& clock = record.clocks[event.card];
  cuda::enter(event.card);
  cuda::checkWait(cuda::driver().eventSynchronize(event.cardEnd), event.card);
  const double offset = double(clock.host - record.began) / 1000;
  return {offset + elapsed(clock.event, event.cardBegin), elapsed(event.cardBegin, event.cardEnd)};
}

/** For each event fifteen numbers, named in engine/core/native/system.ts. */
RawResult profilerStop() {
  profile::Record& record = profile::stop();
  const auto since = [&](int64_t time) { return double(time - record.began) / 1000; };
  std::vector<double> events;
  for (const profile::Event& event : record.events) {
    const auto [cardBegin, cardTime] = cardTimes(record, event);
    for (double number :
         {double(event.name), double(event.kind), double(event.parent), since(event.begin), since(event.end), double(event.inPlace),
          double(event.inputs), double(event.stack), double(event.bytes), double(event.allocated), double(event.card), cardBegin,
          cardTime, double(event.cardBytes), double(event.cardAllocated)}) {
      events.push_back(number);
    }
  }
  for (const profile::Event& event : record.events) {
    for (cuda::CUevent mark : {event.cardBegin, event.cardEnd}) {
      if (mark) record.spare[event.card].push_back(mark);
    }
  }
  for (const auto& [card, clock] : record.clocks) record.spare[card].push_back(clock.event);
  std::vector<napi_value> names;
  for (const std::string& name : record.names) names.push_back(writeText(currentEnv, name));
  std::vector<double> collected;
  for (const auto& [place, bytes] : record.collected) collected.insert(collected.end(), {double(place - 1), double(bytes)});
  Object result(currentEnv);
  result.set("names", names).set("duration", since(record.ended));
  result.set("events", numbers(events)).set("inputs", numbers(record.inputs)).set("collected", numbers(collected));
  record.events.clear();
  record.events.shrink_to_fit();
  record.inputs.clear();
  record.clocks.clear();
  return result.result();
}

const Row rows[] = {
    GB_ROW(profilerStart),
    GB_ROW(profilerEnter),
    GB_ROW(profilerLeave),
    GB_ROW(profilerStop),
};

}  // namespace

GB_UNRECORDED_TABLE(profileRows, rows)

}  // namespace gb
