// Tables of kernels by the type that they are compiled for.
#pragma once
#include <string>

#include "cuda/kernels/arguments.h"
#include "cuda/runtime/launch.h"

namespace gb::cuda {

constexpr unsigned kThreads = 256;

/** Whether memory can be read and written by so many bytes at once. */
inline bool isAligned(const void* p, size_t bytes = 16) { return reinterpret_cast<size_t>(p) % bytes == 0; }

/** The types that arithmetic runs in, and in kernels' words. */
constexpr DType kComputes[] = {DType::Float32, DType::Float64, DType::Int64};
inline const char* computeName(DType compute) {
  return compute == DType::Float32 ? "float" : compute == DType::Float64 ? "double" : "gb::i64";
}

/** A kernel for each compute type: `-DGB_C=…` and what `more` adds. */
class ByCompute {
 public:
  static Unit unit(const char* file, DType compute, const std::string& more = "") {
    return {file, std::string("-DGB_C=") + computeName(compute) + " " + more};
  }
  CUfunction get(Device device, const char* file, const char* name, DType compute, const std::string& more = "") {
    Function& f = functions_[compute == DType::Float32 ? 0 : compute == DType::Float64 ? 1 : 2];
    return f.get(cudaIndex(device), name, [&] { return unit(file, compute, more); });
  }

 private:
  Function functions_[3];
};

/** A kernel for float and one for double: `-DGB_T=…` and what `more` adds. */
class ByFloat {
 public:
  static Unit unit(const char* file, DType type, const char* more = "") {
    return {file, std::string("-DGB_T=") + (type == DType::Float64 ? "double" : "float") + " " + more};
  }
  CUfunction get(Device device, const char* file, const char* name, DType type, const char* more = "") {
    Function& f = functions_[type == DType::Float64];
    return f.get(cudaIndex(device), name, [&] { return unit(file, type, more); });
  }

 private:
  Function functions_[2];
};

/** A kernel for each size of an element, or of what is moved as one (up to 16 bytes): `-DGB_SIZE=…`. */
class BySize {
 public:
  static Unit unit(const char* file, size_t size) { return {file, "-DGB_SIZE=" + std::to_string(size)}; }
  CUfunction get(Device device, const char* file, const char* name, size_t size) {
    Function& f = functions_[size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : size == 8 ? 3 : 4];
    return f.get(cudaIndex(device), name, [&] { return unit(file, size); });
  }

 private:
  Function functions_[5];
};

/** Queues a kernel of a file that has no macros. */
template <class... A>
void launchPlain(Function& kernel, const char* file, const char* name, Device device, Grid grid, unsigned threads,
                 const A&... arguments) {
  launch(kernel.get(cudaIndex(device), name, [file] { return Unit{file, ""}; }), device, grid, threads, arguments...);
}

/** GB_UNITS(all) { all.push_back(…); }: the units that this file asks for. */
#define GB_UNITS(ALL)                                                        \
  void listUnits(UnitList& ALL);                                             \
  [[maybe_unused]] const bool announced = announceUnits(listUnits);          \
  void listUnits(UnitList& ALL)

}  // namespace gb::cuda
