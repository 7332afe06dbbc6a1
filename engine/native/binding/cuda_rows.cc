// Rows about cards: what is there, memory, kernels. They work without a card as far as that makes sense.
#include "binding/object.h"
#include "binding/row.h"
#include "binding/tables.h"
#include "cuda/api/nvrtc.h"
#include "cuda/api/vendor.h"
#include "cuda/ops/limits.h"
#include "cuda/runtime/allocator.h"
#include "cuda/runtime/device.h"
#include "cuda/runtime/launch.h"
#include "cuda/runtime/launch_thread.h"
#include "cuda/runtime/pinned.h"
#include "cuda/runtime/switches.h"

namespace gb {
namespace {

/** What was found of CUDA. Null where all is well: the problem; null where it was not found: a path. */
RawResult cudaInfo() {
  const cuda::Library& driver = cuda::driverLibrary();
  Object result(currentEnv);
  result.set("problem", cuda::problem())
      .set("driverPath", driver ? driver.path : "")
      .set("driverProblem", cuda::driverProblem())
      .set("driverVersion", double(cuda::driverVersion()))
      .set("devices", double(cuda::problem().empty() ? cuda::deviceCount() : 0));
  // The version that is looked for follows from the driver; without one no compiler is of use.
  const bool hasDriver = cuda::driverProblem().empty();
  result.set("compilerPath", hasDriver && cuda::Compiler::library() ? cuda::Compiler::library().path : "")
      .set("compilerVersion", hasDriver ? cuda::Compiler::version() : "")
      .set("compilerProblem", hasDriver ? cuda::Compiler::problem() : "");
  std::vector<napi_value> libraries;
  if (hasDriver) {
    for (const cuda::VendorLibrary* vendor : cuda::vendorLibraries()) {
      libraries.push_back(Object(currentEnv)
                              .set("title", vendor->kind.title)
                              .set("purpose", vendor->kind.purpose)
                              .set("path", vendor->library ? vendor->library.path : "")
                              .set("version", vendor->version)
                              .set("problem", vendor->problem)
                              .result()
                              .value);
    }
  }
  return result.set("libraries", libraries).result();
}

/** Every card with its memory; where it cannot be used, why. None without a compiler for their kernels. */
RawResult cudaCards() {
  std::vector<napi_value> cards;
  const int count = cuda::problem().empty() ? cuda::deviceCount() : 0;
  for (int index = 0; index < count; index++) {
    Object card(currentEnv);
    try {
      const OpName none(nullptr);
      size_t free = 0, total = 0;
      cuda::cardMemoryInfo(index, free, total);
      const cuda::Properties& p = cuda::properties(index);
      card.set("name", p.name)
          .set("capability", std::to_string(p.major) + "." + std::to_string(p.minor))
          .set("freeBytes", double(free))
          .set("totalBytes", double(total));
    } catch (const Error& error) {
      card.set("problem", error.what());
    }
    cards.push_back(card.result().value);
  }
  return Object(currentEnv).set("cards", cards).result();
}

bool cudaSwitch(int which) {
  GB_CHECK(which >= 0 && which < cuda::kSwitches, "no switch ", which);
  return cuda::switches[which];
}
void cudaSetSwitch(int which, bool on) {
  GB_CHECK(which >= 0 && which < cuda::kSwitches, "no switch ", which);
  cuda::switches[which] = on;
}

int cudaDeviceCount() { return cuda::problem().empty() ? cuda::deviceCount() : 0; }
int cudaCurrentDevice() {
  cuda::checkIndex(cuda::currentDevice());
  return cuda::currentDevice();
}
void cudaSetDevice(int index) { cuda::setCurrentDevice(index); }
void cudaSynchronize(int index) {
  cuda::checkIndex(index);
  cuda::synchronize(index);
}

RawResult cudaProperties(int index) {
  const cuda::Properties& p = cuda::properties(index);
  return Object(currentEnv)
      .set("name", p.name)
      .set("major", double(p.major))
      .set("minor", double(p.minor))
      .set("totalMemory", double(p.totalMemory))
      .set("multiProcessorCount", double(p.multiProcessorCount))
      .set("maxThreadsPerMultiProcessor", double(p.maxThreadsPerMultiProcessor))
      .set("warpSize", double(p.warpSize))
      .set("sharedMemoryPerBlock", double(p.sharedMemPerBlock))
      .set("sharedMemoryPerBlockOptin", double(p.sharedMemPerBlockOptin))
      .result();
}

/** What was taken from the driver, piece by piece; blocks by their bytes, negative where they are free. */
RawResult cudaSegments(int index) {
  cuda::checkIndex(index);
  napi_value list;
  napi_create_array(currentEnv, &list);
  uint32_t count = 0;
  for (const cuda::Segment& segment : cuda::cardSegments(index)) {
    napi_value parts;
    napi_create_array_with_length(currentEnv, segment.parts.size(), &parts);
    for (size_t i = 0; i < segment.parts.size(); i++) {
      const cuda::Segment::Part& part = segment.parts[i];
      napi_set_element(currentEnv, parts, uint32_t(i), write(currentEnv, part.used ? double(part.size) : -double(part.size)));
    }
    Object entry(currentEnv);
    entry.set("address", double(reinterpret_cast<size_t>(segment.address)))
        .set("bytes", double(segment.size))
        .set("stream", segment.stream == cuda::defaultStream(index) ? 0.0 : double(reinterpret_cast<size_t>(segment.stream)))
        .set("pool", double(segment.pool))
        .set("small", double(segment.small));
    napi_set_named_property(currentEnv, entry.result().value, "blocks", parts);
    napi_set_element(currentEnv, list, count++, entry.result().value);
  }
  return {list};
}

RawResult cudaMemoryStats(int index) {
  cuda::checkIndex(index);
  const cuda::CardMemory s = cuda::cardMemory(index);
  size_t free = 0, total = 0;
  cuda::cardMemoryInfo(index, free, total);
  return Object(currentEnv)
      .set("allocatedBytes", double(s.allocated))
      .set("allocatedPeakBytes", double(s.allocatedPeak))
      .set("reservedBytes", double(s.reserved))
      .set("reservedPeakBytes", double(s.reservedPeak))
      .set("segments", double(s.segments))
      .set("activeBlocks", double(s.activeBlocks))
      .set("cachedBlocks", double(s.cachedBlocks))
      .set("collections", double(s.collections))
      .set("freeBytes", double(free))
      .set("totalBytes", double(total))
      .result();
}
/** Pinned memory of the host. */
RawResult cudaPinnedStats() {
  const cuda::PinnedMemory p = cuda::pinnedMemory();
  return Object(currentEnv).set("allocatedBytes", double(p.allocated)).set("reservedBytes", double(p.reserved)).result();
}
/**
 * What PyTorch's `memory_summary` prints: current, peak, allocated, freed of each metric, for all pools, the large and the small
 * ones; at the end, how often memory was not enough and how often the cache was emptied for more.
 */
RawResult cudaMemoryCounts(int index) {
  cuda::checkIndex(index);
  const cuda::MemoryCounts counts = cuda::memoryCounts(index);
  napi_value list;
  napi_create_array(currentEnv, &list);
  uint32_t at = 0;
  const auto put = [&](int64_t n) { napi_set_element(currentEnv, list, at++, write(currentEnv, double(n))); };
  for (const auto& pools : counts.of) {
    for (const cuda::MemoryCount& c : pools) {
      for (int64_t n : {c.current, c.peak, c.allocated, c.freed}) put(n);
    }
  }
  put(counts.outOfMemory);
  put(counts.retries);
  return {list};
}
void cudaResetPeak(int index) {
  cuda::checkIndex(index);
  cuda::resetPeak(index);
}
void cudaSetLimit(int index, double bytes) {
  cuda::checkIndex(index);
  GB_CHECK(bytes >= 0 && bytes < 0x1p62, "expected a number of bytes, got ", bytes);
  cuda::setCardLimit(index, size_t(bytes));
}
void cudaEmptyCache() {
  if (cuda::problem().empty()) cuda::emptyCardCache();
}
void cudaManualSeed(int index, Seed seed) {
  cuda::checkIndex(index);
  defaultGenerator(cudaDevice(index)).manualSeed(seed.value);
}
UnsignedBig cudaInitialSeed(int index) {
  cuda::checkIndex(index);
  return {defaultGenerator(cudaDevice(index)).initialSeed()};
}
RawResult cudaCompileStats() {
  const cuda::CompileStats s = cuda::compileStats();
  return Object(currentEnv)
      .set("compiled", double(s.compiled))
      .set("found", double(s.found))
      .set("launched", double(s.launched))
      .result();
}

double cudaCallsByThread() { return double(cuda::callsByThread()); }

/** [file, macros] of everything that kernels are compiled from. */
RawResult listOf(const cuda::UnitList& units) {
  napi_value list;
  napi_create_array(currentEnv, &list);
  uint32_t count = 0;
  for (const cuda::Unit& unit : units) {
    napi_value pair;
    napi_create_array_with_length(currentEnv, 2, &pair);
    napi_set_element(currentEnv, pair, 0, writeText(currentEnv, unit.file));
    napi_set_element(currentEnv, pair, 1, writeText(currentEnv, unit.options));
    napi_set_element(currentEnv, list, count++, pair);
  }
  return {list};
}
RawResult cudaUnits() { return listOf(cuda::allUnits()); }
/** Those that most networks use, in this form too. */
RawResult cudaCommonUnits() { return listOf(cuda::commonUnits()); }

/** Places in the list of common units of those that are not on the disk for cards of this capability. */
RawResult cudaMissingUnits(int capability) {
  napi_value list;
  napi_create_array(currentEnv, &list);
  uint32_t count = 0;
  const cuda::UnitList& all = cuda::commonUnits();
  for (size_t i = 0; i < all.size(); i++) {
    if (!cuda::KernelCode(all[i], capability).isKept()) napi_set_element(currentEnv, list, count++, write(currentEnv, double(i)));
  }
  return {list};
}
/** Compiles the common unit at a place, if nobody has done so by now. */
void cudaCompileCommon(int place, int capability) {
  const cuda::UnitList& all = cuda::commonUnits();
  GB_CHECK(place >= 0 && size_t(place) < all.size(), "no common unit ", place);
  const cuda::KernelCode kernel(all[size_t(place)], capability);
  if (!kernel.isKept()) kernel.compiled();
}
/** Compiles the unit at a place of all of them, unless it is on the disk, and keeps it there. */
void cudaCompileKept(int unit, int capability) {
  const cuda::UnitList all = cuda::allUnits();
  GB_CHECK(unit >= 0 && size_t(unit) < all.size(), "no unit ", unit);
  const cuda::KernelCode kernel(all[size_t(unit)], capability);
  if (!kernel.isKept()) kernel.compiled();
}
/** Compiles the unit at a place of that list; the compiler's report. */
RawResult cudaCompile(int unit, int capability) {
  const cuda::UnitList all = cuda::allUnits();
  GB_CHECK(unit >= 0 && size_t(unit) < all.size(), "no unit ", unit);
  return {writeText(currentEnv, cuda::compileUnit(all[size_t(unit)], capability))};
}

const Row rows[] = {
    GB_ROW(cudaInfo),
    GB_ROW(cudaCards),
    GB_ROW(cudaSwitch),
    GB_ROW(cudaSetSwitch),
    GB_ROW(cudaDeviceCount),
    GB_ROW(cudaCurrentDevice),
    GB_ROW(cudaSetDevice),
    GB_ROW(cudaSynchronize),
    GB_ROW(cudaProperties),
    GB_ROW(cudaMemoryStats),
    GB_ROW(cudaPinnedStats),
    GB_ROW(cudaMemoryCounts),
    GB_ROW(cudaSegments),
    GB_ROW(cudaResetPeak),
    GB_ROW(cudaSetLimit),
    GB_ROW(cudaEmptyCache),
    GB_ROW(cudaManualSeed),
    GB_ROW(cudaInitialSeed),
    GB_ROW(cudaCompileStats),
    GB_ROW_AS(cudaSetLaunchLimit, &cuda::setLaunchLimit),
    GB_ROW_AS(cudaSetLargeFrom, &cuda::setLargeFrom),
    GB_ROW(cudaCallsByThread),
    GB_ROW(cudaUnits),
    GB_ROW(cudaCommonUnits),
    GB_ROW(cudaMissingUnits),
    GB_ROW(cudaCompileCommon),
    GB_ROW(cudaCompileKept),
    GB_ROW(cudaCompile),
};

}  // namespace

GB_UNRECORDED_TABLE(cudaRows, rows)

}  // namespace gb
