#include "tensor/error.h"

#include "tensor/interrupt.h"

namespace gb {

thread_local const char* currentOp = nullptr;
const volatile int32_t* interruptFlag = nullptr;

}  // namespace gb
