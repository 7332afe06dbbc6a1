#include "cuda/ops/row_plan.h"

#include "cuda/ops/walk.h"

namespace gb::cuda {
namespace {

const RowKernel& kernelOf(DType type, int index) { return type == DType::Float64 ? kDoubleRows[index] : kFloatRows[index]; }
int kernelsOf(DType type) { return int(type == DType::Float64 ? std::size(kDoubleRows) : std::size(kFloatRows)); }

/** Whether all begins at whole vectors of four elements of float, or of a half type. */
bool aligned(std::initializer_list<const void*> memory, size_t bytes) {
  return std::all_of(memory.begin(), memory.end(), [&](const void* p) { return isAligned(p, bytes); });
}

/** Told no number of blocks, the compiler aims at many beside each other: it spills where vectors are not four. */
Unit unitOf(const char* file, DType type, int index) {
  const RowKernel& k = kernelOf(type, index);
  const std::string more = "-DGB_LANES=" + std::to_string(k.lanes) + " -DGB_VECTOR=" + std::to_string(k.vector) +
                           " -DGB_HELD=" + std::to_string(k.held) + " -DGB_BOUNDS=" + std::to_string(k.threads) +
                           (k.vector == 4 ? "" : ",1");
  return ByFloat::unit(file, type, ("-DGB_M=" + std::string(kernelType(type)) + " " + more).c_str());
}

/** Threads that a row of n elements takes. */
int64_t threadsOf(const RowKernel& k, int64_t n) {
  const int64_t pieces = (n + k.vector - 1) / k.vector, perThread = std::max(k.held / k.vector, 1);
  return (pieces + perThread - 1) / perThread;
}

}  // namespace

RowPlan::RowPlan(int64_t count, int64_t n, DType dtype, std::initializer_list<const void*> memory)
    : rows{count, n}, type(dtype) {
  GB_CHECK(n <= mostElements(), "rows of ", n, " elements are not possible on a card");
  const int wide = type == DType::Float64 ? 2 : 4;
  const bool whole = n % wide == 0 && aligned(memory, isHalf(type) ? 8 : 16);
  for (index = 0;; index++) {
    const RowKernel& k = kernelOf(type, index);
    const bool any = k.held == 0;
    if (!any && (n == 0 || k.vector != (whole ? wide : 1))) continue;
    const int64_t wanted = threadsOf(k, n), most = k.lanes ? k.lanes : k.threads;
    if (!any && wanted > most) continue;
    // A block has whole warps.
    threads = unsigned(k.lanes ? k.threads : std::clamp<int64_t>((wanted + 31) / 32 * 32, 32, most));
    grid = gridFor(count, k.lanes ? k.threads / k.lanes : 1);
    return;
  }
}

bool takesHalf(int64_t n, std::initializer_list<const void*> memory) {
  int64_t most = 0;
  for (const RowKernel& k : kFloatRows) most = std::max(most, k.vector == 4 ? int64_t(k.lanes ? k.lanes : k.threads) * k.held : 0);
  return n > 0 && n % 4 == 0 && n <= most && aligned(memory, 8);
}

void ByRow::list(UnitList& all, const char* file) {
  for (DType type : {DType::Float32, DType::Float64, DType::Float16, DType::BFloat16}) {
    for (int i = 0; i < kernelsOf(type); i++) {
      if (!isHalf(type) || kernelOf(type, i).vector == 4) all.push_back(unitOf(file, type, i));
    }
  }
}

CUfunction ByRow::get(Device device, const char* file, const char* name, const RowPlan& plan) {
  const int type = plan.type == DType::Float32 ? 0 : plan.type == DType::Float64 ? 1 : plan.type == DType::Float16 ? 2 : 3;
  Function& f = functions_[type][plan.index];
  return f.get(cudaIndex(device), name, [&] { return unitOf(file, plan.type, plan.index); });
}

}  // namespace gb::cuda
