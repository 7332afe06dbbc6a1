// What a profile has recorded, for the rows that hand it to JavaScript.
#pragma once
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "cuda/api/driver.h"

namespace gb::profile {

struct Options {
  bool inputs, memory, stacks, cuda;
};

/** A row's call, or a span that JavaScript opened. Times in nanoseconds of one clock. */
struct Event {
  int name = 0;
  /** 0 for a row; JavaScript's own kinds of spans. */
  int kind = 0;
  int parent = -1;
  int64_t begin = 0, end = 0;
  bool inPlace = false;
  /** Places in the list of inputs and among the names; -1 where none were asked for. */
  int inputs = -1, stack = -1;
  /** What tensors hold more than before, and what they hold in all. */
  int64_t bytes = 0, allocated = 0, cardBytes = 0, cardAllocated = 0;
  int card = -1;
  cuda::CUevent cardBegin = nullptr, cardEnd = nullptr;
};

struct Record {
  Options options{};
  int64_t began = 0, ended = 0;
  /** In the order in which they began. */
  std::vector<Event> events;
  std::vector<int> open;
  std::vector<std::string> names;
  std::unordered_map<std::string, int> nameIds;
  std::vector<double> inputs;
  /** Of the host, and of cards: bytes that garbage collection has freed. */
  std::map<int, int64_t> collected;
  struct Clock {
    cuda::CUevent event;
    int64_t host;
  };
  std::map<int, Clock> clocks;
  std::map<int, std::vector<cuda::CUevent>> spare;
};

void start(const Options& options);
int enter(const std::string& name, int kind);
void end(int event);
/** Ends what is still open. */
Record& stop();

}  // namespace gb::profile
