// The stop button: a flag in memory shared with JavaScript, that long kernels look at between blocks of work.
#pragma once
#include <cstdint>

#include "tensor/error.h"

namespace gb {

extern const volatile int32_t* interruptFlag;

inline bool interrupted() { return interruptFlag && *interruptFlag != 0; }

/** Throws where the flag is up. */
inline void checkInterrupt() {
  if (__builtin_expect(interrupted(), 0)) fail("interrupted");
}

}  // namespace gb
