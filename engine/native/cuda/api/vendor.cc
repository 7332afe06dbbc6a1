#include "cuda/api/vendor.h"

#include "cuda/api/cublas.h"
#include "cuda/api/cudnn.h"
#include "cuda/api/cusolver.h"
#include "cuda/api/driver.h"
#include "tensor/error.h"

namespace gb::cuda {

VendorLibrary openVendor(LibraryKind kind, const std::function<void(VendorLibrary&)>& load) {
  VendorLibrary vendor{std::move(kind), {}, "", ""};
  // Which version fits follows from the driver.
  vendor.problem = driverProblem();
  if (!vendor.problem.empty()) return vendor;
  vendor.library = openLibrary(vendor.kind);
  vendor.problem = vendor.library.problem;
  if (!vendor.problem.empty()) return vendor;
  try {
    const OpName none(nullptr);
    load(vendor);
  } catch (const Error& error) {
    vendor.problem = error.what();
  }
  return vendor;
}

std::string versionBy(int (*property)(int, int*)) {
  std::string version;
  for (int part = 0; part < 3; part++) {
    int value = 0;
    property(part, &value);
    version += (part ? "." : "") + std::to_string(value);
  }
  return version;
}

bool hasCuda13() { return driverVersion() >= 13000; }

std::vector<const VendorLibrary*> vendorLibraries() { return {&lt::library(), &dnn::library(), &solver::library()}; }

}  // namespace gb::cuda
