// Kernels of cuda/kernels: compiled for the card when first used, kept on disk, launched on the card's current stream.
#pragma once
#include <cstdint>
#include <string>

#include "cuda/runtime/device.h"
#include "tensor/tensor.h"

namespace gb::cuda {

/** One compilation: a source with its macros, separated by blanks ("-DGB_OP=add -DGB_T=float"). */
struct Unit {
  const char* file;
  std::string options;
  std::string text = {};  // of a kernel that is no file: `file` is its name in messages
};

/** Compiles, or takes from the disk, and loads. Slow but for the first time; see Function. */
CUfunction kernelOf(int index, const Unit& unit, const char* name);

/** A file of cuda/ops says which units it may ask for, so that a test can compile them all without a card. */
using UnitList = std::vector<Unit>;
bool announceUnits(void (*list)(UnitList& all));
UnitList allUnits();
/** Compiles for a card of this compute capability, which need not be there; the report on registers and spills. */
std::string compileUnit(const Unit& unit, int capability);

/** A kernel on each card, looked up once. Lives in a static table, one for each unit that a caller may choose. */
struct Function {
  CUfunction on[kMaxCudaDevices];

  /** `unit` makes the Unit when it is needed. */
  template <class MakeUnit>
  CUfunction get(int index, const char* name, const MakeUnit& unit) {
    if (__builtin_expect(!on[index], 0)) on[index] = kernelOf(index, unit(), name);
    return on[index];
  }
};

struct Grid {
  unsigned x, y = 1, z = 1;
};

/** Work was queued for the current op: it is named where a later wait fails, and waited for where the user asks for that. */
void queued(int index, CUstream stream);
void launchWith(CUfunction kernel, int index, Grid grid, unsigned threads, void** arguments);

/** Queues a kernel. The arguments' types must be those of the kernel's parameters. */
template <class... A>
void launch(CUfunction kernel, Device device, Grid grid, unsigned threads, const A&... arguments) {
  void* pointers[] = {const_cast<void*>(static_cast<const void*>(&arguments))...};
  launchWith(kernel, cudaIndex(device), grid, threads, pointers);
}

/** Blocks of `threads` for `n` elements, at most as many as a grid has in x. */
Grid gridFor(int64_t n, int64_t perBlock);

/** Elements of a launch at most; see mostElements() in cuda/ops/walk.h. Tests lower it: what is divided then is small. */
extern int64_t launchLimit;
void setLaunchLimit(int64_t elements);

/** The result of waiting: an error is one of some kernel before, whose op may be another than the present one. */
void checkWait(CUresult result, int index);

/** A type's name in kernels: float, double, gb::Half, … */
const char* kernelType(DType dtype);

/** For tests: kernels compiled, found in the cache on disk, and launched by this thread. */
struct CompileStats {
  int compiled, found;
  unsigned launched;
};
CompileStats compileStats();

}  // namespace gb::cuda
