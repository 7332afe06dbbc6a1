// Errors. Every message begins with the op that runs: "[matmul] …". The binding names the op before it calls.
#pragma once
#include <sstream>
#include <stdexcept>
#include <string>

namespace gb {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/** The op that this thread runs, for messages. */
extern thread_local const char* currentOp;

template <class... Parts>
[[noreturn]] __attribute__((noinline, cold)) void fail(const Parts&... parts) {
  std::ostringstream text;
  if (currentOp) text << "[" << currentOp << "] ";
  (text << ... << parts);
  throw Error(text.str());
}

/** Fails with the message unless the condition holds. The parts are only put together in the error's case. */
#define GB_CHECK(condition, ...)                       \
  do {                                                 \
    if (__builtin_expect(!(condition), 0)) ::gb::fail(__VA_ARGS__); \
  } while (0)

/** Sets the op's name for messages while it lives. */
class OpName {
 public:
  explicit OpName(const char* name) : before_(currentOp) { currentOp = name; }
  ~OpName() { currentOp = before_; }
  OpName(const OpName&) = delete;

 private:
  const char* before_;
};

}  // namespace gb
