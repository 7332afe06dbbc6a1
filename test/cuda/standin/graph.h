// What the stand-in driver keeps of a capture.
#pragma once
#include <functional>
#include <map>
#include <vector>

namespace standin {

/** Who may disturb a capture: the values of CUstreamCaptureMode. */
constexpr int kGlobal = 0, kRelaxed = 2;

/** In an order in which they can be done. */
using Nodes = std::vector<std::function<void()>>;

struct Capture {
  Nodes nodes;
  void* origin = nullptr;
  int mode = kGlobal;
  /** After a call that a capture forbids: nothing more is taken, and there will be no graph. */
  bool broken = false;
  /** Streams that came in through an event, and how much of their work the origin waits for. */
  std::map<void*, long> joined;
};

}  // namespace standin
