// NVIDIA's libraries of kernels. None of them must be there: without one the engine's own kernels do its work, and the
// doctor says so.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cuda/api/library.h"

namespace gb::cuda {

/** What was found of one of them. */
struct VendorLibrary {
  LibraryKind kind;
  Library library;
  std::string problem;  // why it is not used: a sentence; empty where it is
  std::string version;  // as it says itself: 12.9.1
};

/** Opens the library that fits the driver; `load` finds its functions, and may fail too. Never throws. */
VendorLibrary openVendor(LibraryKind kind, const std::function<void(VendorLibrary&)>& load);

/** The version in words, by the library's own function: `property(which, &value)` with 0 for the major number, 1, 2. */
std::string versionBy(int (*property)(int, int*));

/** Whether the driver knows CUDA 13, whose libraries an older one cannot run. */
bool hasCuda13();

/** All of them, for the doctor. */
std::vector<const VendorLibrary*> vendorLibraries();

}  // namespace gb::cuda
