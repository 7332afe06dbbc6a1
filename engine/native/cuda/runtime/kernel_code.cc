#include "cuda/runtime/kernel_code.h"

#include <algorithm>

#include "cuda/api/nvrtc.h"

namespace gb::cuda {
namespace {

std::vector<std::string> optionsOf(const Unit& unit) {
  std::vector<std::string> options{"--std=c++17", "-I" + kernelFolder(), "--fmad=false", "--device-as-default-execution-space"};
  size_t at = 0;
  while (at < unit.options.size()) {
    const size_t end = std::min(unit.options.find(' ', at), unit.options.size());
    if (end > at) options.push_back(unit.options.substr(at, end - at));
    at = end + 1;
  }
  return options;
}

std::string sourceOf(const Unit& unit) { return unit.text.empty() ? kernelSource(unit.file) : unit.text; }

std::vector<void (*)(UnitList&)>& lists() {
  static std::vector<void (*)(UnitList&)> all;
  return all;
}

}  // namespace

bool announceUnits(void (*list)(UnitList&)) {
  lists().push_back(list);
  return true;
}

UnitList allUnits() {
  UnitList all;
  for (const auto list : lists()) list(all);
  return all;
}

std::string compileUnit(const Unit& unit, int capability) {
  std::vector<std::string> options = optionsOf(unit);
  options.push_back("--ptxas-options=-v");
  std::string log;
  Compiler::compile(sourceOf(unit), unit.file, options, capability, &log);
  return log;
}

KernelCode::KernelCode(const Unit& unit, int capability)
    : unit_(unit),
      capability_(capability),
      kept_(std::string(unit.file) + "\n" + unit.options + "\n" + std::to_string(capability) + "\n" + Compiler::identity() +
            (unit.text.empty() ? "" : "\n" + unit.text)) {}

std::string KernelCode::compiled() const {
  std::string code = Compiler::compile(sourceOf(unit_), unit_.file, optionsOf(unit_), capability_);
  kept_.write(code);
  return code;
}

}  // namespace gb::cuda
