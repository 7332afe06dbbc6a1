// Streams and events.
#include "world.h"

using namespace standin;

API int cuStreamCreateWithPriority(void** stream, unsigned flags, int) {
  if (const int error = begin()) return error;
  auto* made = new Stream;
  made->blocking = (flags & 1) == 0;
  allStreams().push_back(made);
  *stream = made;
  return 0;
}
API int cuStreamQuery(void* stream) {
  if (const int error = beginWait(stream, "a question about the stream")) return error;
  Stream& s = streamOf(stream);
  if (s.queue.empty()) return 0;
  // Who asks again and again sees it done some day.
  world().drain(s, s.done + 1);
  return world().error ? world().error : kNotReady;
}
API int cuStreamSynchronize(void* stream) {
  if (const int error = beginWait(stream, "waiting for the stream")) return error;
  Stream& s = streamOf(stream);
  world().drain(s, s.last());
  return world().error;
}
API int cuEventCreate(void** event, unsigned) {
  if (const int error = begin()) return error;
  *event = new Event;
  return 0;
}
API int cuEventDestroy_v2(void* event) {
  delete static_cast<Event*>(event);
  return 0;
}
API int cuEventRecord(void* event, void* stream) {
  if (const int error = beginOn(stream)) return error;
  Event& e = *static_cast<Event*>(event);
  e.stream = &streamOf(stream);
  e.capture = e.stream->capture;
  e.when = nullptr;
  if (e.capture) {
    e.ticket = e.stream->captured;
    return 0;
  }
  e.when = std::make_shared<double>(0);
  e.stream->put([when = e.when] { *when = milliseconds(); });
  e.ticket = e.stream->last();
  return 0;
}
API int cuStreamWaitEvent(void* stream, void* event, unsigned) {
  if (const int error = beginOn(stream)) return error;
  const Event e = *static_cast<Event*>(event);
  Stream& s = streamOf(stream);
  if (e.capture) {
    // The stream becomes part of what is captured; the stream that captures gets it back by waiting for it in turn.
    if (s.capture && s.capture != e.capture) return broken(*s.capture, kCaptureMerge, "waiting for another capture");
    if (!s.capture) {
      s.capture = e.capture;
      s.captured = 0;
      e.capture->joined[&s] = -1;
    }
    if (&s == e.capture->origin && e.stream != &s) e.capture->joined[e.stream] = e.ticket;
    return 0;
  }
  if (!e.when) return 0;
  if (s.capture) return broken(*s.capture, kCaptureIsolation, "waiting for an event from outside");
  s.put([e] { world().work(*e.stream, e.ticket); });
  return 0;
}
API int cuEventQuery(void* event) {
  const Event& e = *static_cast<Event*>(event);
  if (const int error = beginWait(e)) return error;
  if (const int error = beginUnsafe("cuEventQuery")) return error;
  if (!e.when || e.stream->done >= e.ticket) return 0;
  world().drain(*e.stream, e.stream->done + 1);
  return world().error ? world().error : kNotReady;
}
API int cuEventSynchronize(void* event) {
  const Event& e = *static_cast<Event*>(event);
  if (const int error = beginWait(e)) return error;
  if (const int error = beginUnsafe("cuEventSynchronize")) return error;
  if (e.when) world().drain(*e.stream, e.ticket);
  return world().error;
}
API int cuEventElapsedTime(float* result, void* start, void* end) {
  const Event &a = *static_cast<Event*>(start), &b = *static_cast<Event*>(end);
  if (!a.when || !b.when) return kInvalidValue;
  if (a.stream->done < a.ticket || b.stream->done < b.ticket) return kNotReady;
  *result = float(*b.when - *a.when);
  return 0;
}
