// Compiled kernels: from the disk, or by NVRTC.
#pragma once
#include <string>
#include <vector>

#include "cuda/runtime/kernel_files.h"

namespace gb::cuda {

/** One compilation: a source with its macros, separated by blanks ("-DGB_OP=add -DGB_T=float"). */
struct Unit {
  const char* file;
  std::string options;
  std::string text = {};  // of a kernel that is no file: `file` is its name in messages
};

/** A file of cuda/ops says which units it may ask for, so that a test can compile them all without a card. */
using UnitList = std::vector<Unit>;
bool announceUnits(void (*list)(UnitList& all));
UnitList allUnits();

/** A unit's code for cards of this compute capability. */
class KernelCode {
 public:
  KernelCode(const Unit& unit, int capability);
  bool isKept() const { return kept_.exists(); }
  /** From the disk; empty where it is not there. */
  std::string found() const { return kept_.read(); }
  /** Compiles, and keeps it on the disk. */
  std::string compiled() const;

 private:
  const Unit& unit_;
  const int capability_;
  const CachedKernel kept_;
};

/** Compiles for a card of this compute capability, which need not be there; the report on registers and spills. */
std::string compileUnit(const Unit& unit, int capability);

/**
 * What most networks use, the most common first: compiled by programs beside the first one that uses a card on a machine
 * (engine/cuda/compileAhead.ts), whose first training step would wait for one compilation after the other.
 */
const UnitList& commonUnits();

}  // namespace gb::cuda
