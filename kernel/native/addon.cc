// What the kernel needs of the operating system and Node does not offer: its own standard output and error as pipes that
// it reads itself (child processes and native code write there), and SIGINT as records in a pipe, whatever runs. And of V8:
// what happens when JavaScript's heap is full.
//
//   capture(): number            from now on descriptors 1 and 2 are pipes; the standard error as it was
//   take(step): {order, stdout?, stderr?} | order
//                                what was written to the pipes since the last call, on any thread; `step` is added to the order
//   watchOutput(callback)        calls back when something waits in the pipes, and again after the next take(0)
//   watchInterrupts(): number    descriptor that gives a record for each SIGINT, and others (kStop, kHeapFull, kDying)
//   lastWordsTold()              the front ends know by now why the process ends
//   watchHeap(fields?, zeroed?): boolean
//                                where the calling thread's heap is full its JavaScript is terminated; before, the elements
//                                `zeroed` of the Uint32Array `fields` become 0. False where V8 cannot
//   takeHeapBack()               what the heap was given for that it has no more
#include "kernel.h"

namespace {

napi_value Init(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      {"capture", nullptr, kernel::Capture, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"take", nullptr, kernel::Take, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"watchOutput", nullptr, kernel::WatchOutput, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"watchInterrupts", nullptr, kernel::WatchInterrupts, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"takeHeapBack", nullptr, kernel::TakeHeapBack, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"lastWordsTold", nullptr, kernel::LastWordsTold, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"watchHeap", nullptr, kernel::WatchHeap, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}

}  // namespace

NAPI_MODULE(gradbook_kernel, Init)
