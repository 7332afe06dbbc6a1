// Captures and the graphs that come of them.
#include "world.h"

using namespace standin;

namespace {
bool fails(const char* part) { return world().settings.failGraph == part; }
}  // namespace

API int cuStreamBeginCapture_v2(void* stream, int mode) {
  if (const int error = begin()) return error;
  if (!stream) return kCaptureUnsupported;
  Stream& s = streamOf(stream);
  if (s.capture) return kIllegalState;
  if (fails("begin")) return kCaptureUnsupported;
  s.capture = std::make_shared<Capture>();
  s.capture->origin = &s;
  s.capture->mode = mode;
  s.captured = 0;
  captures.push_back(s.capture);
  return 0;
}
API int cuStreamEndCapture(void* stream, void** graph) {
  *graph = nullptr;
  Stream& s = streamOf(stream);
  const std::shared_ptr<Capture> capture = s.capture;
  if (!capture) return kIllegalState;
  if (capture->origin != &s) return broken(*capture, kCaptureUnmatched, "the end on another stream");
  bool joined = true;
  for (const auto& [other, ticket] : capture->joined) {
    auto* o = static_cast<Stream*>(other);
    joined &= ticket == o->captured;
    o->capture = nullptr;
  }
  s.capture = nullptr;
  captures.erase(std::find(captures.begin(), captures.end(), capture));
  if (world().error) return world().error;
  if (capture->broken) return kCaptureInvalidated;
  if (!joined) return kCaptureUnjoined;
  if (fails("end")) return kCaptureInvalidated;
  *graph = new Nodes(std::move(capture->nodes));
  return 0;
}
API int cuThreadExchangeStreamCaptureMode(int* mode) {
  std::swap(*mode, captureMode);
  return 0;
}
API int cuGraphGetNodes(void* graph, void**, size_t* count) {
  *count = static_cast<Nodes*>(graph)->size();
  return 0;
}
API int cuGraphInstantiateWithFlags(void** exec, void* graph, unsigned long long) {
  if (const int error = begin()) return error;
  if (fails("instantiate")) return kOutOfMemory;
  *exec = new Nodes(*static_cast<Nodes*>(graph));
  return 0;
}
API int cuGraphDestroy(void* graph) {
  delete static_cast<Nodes*>(graph);
  return 0;
}
API int cuGraphExecDestroy(void* exec) {
  delete static_cast<Nodes*>(exec);
  return 0;
}
API int cuGraphLaunch(void* exec, void* stream) {
  if (const int error = beginOn(stream)) return error;
  if (streamOf(stream).capture) return kCaptureUnsupported;
  if (fails("launch")) return kLaunchFailed;
  // Nodes are copied: a kernel may change its own copy of the parameters. They are in an order that was queued once.
  streamOf(stream).put([nodes = *static_cast<Nodes*>(exec)] {
    for (std::function<void()> node : nodes) {
      if (!world().error) node();
    }
  });
  return 0;
}
