// Copies on a card and between devices, filling, ranges.
#include "ops/copy.h"

#include <cmath>

#include "cuda/api/driver.h"
#include "cuda/ops/chain.h"
#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "cuda/runtime/capture.h"
#include "cuda/runtime/launch_thread.h"
#include "cuda/runtime/pinned.h"
#include "ops/create.h"
#include "ops/transfer.h"

namespace gb::cuda {
namespace {

/** The types that a conversion goes through: exact for both ends. */
enum Through { kFloat, kDouble, kInteger, kThroughs };

Through throughFor(DType to, DType from) {
  if (from == DType::Float64 || (to == DType::Float64 && isFloat(from))) return kDouble;
  return isFloat(from) ? kFloat : kInteger;
}

CUfunction kernelFor(const char* name, Function (&functions)[kThroughs], Through through, Device device) {
  return functions[through].get(cudaIndex(device), name, [&] { return ByCompute::unit("fill.cu", kComputes[through]); });
}

/** What moves elements of one type, whatever they mean. */
const char* bitsType(DType type) {
  switch (itemSize(type)) {
    case 1: return "gb::u8";
    case 2: return "gb::i16";
    case 4: return "gb::i32";
  }
  return "gb::i64";
}

Unit copyUnit(DType to, DType from) {
  const bool same = to == from;
  const std::string source = same ? bitsType(from) : kernelType(from), target = same ? source : kernelType(to);
  return {"copy.cu", "-DGB_TO=" + target + " -DGB_FROM=" + source + " -DGB_C=" + (same ? source : computeName(kComputes[throughFor(to, from)]))};
}

enum Copy { kOne, kRuns, kTiles, kCopies };

CUfunction copyFunction(Copy copy, DType to, DType from, Device device) {
  constexpr const char* names[kCopies] = {"copy", "copyRuns", "copyTiles"};
  static Function functions[kCopies][kDTypes][kDTypes];
  return functions[copy][int(to)][int(from)].get(cudaIndex(device), names[copy], [&] { return copyUnit(to, from); });
}

/** From so many elements on in both dimensions squares are worth their way through shared memory. */
constexpr int64_t kLeastTile = 8;

/** The dimension along which the source's elements lie behind each other while the result's do along dimension 0; 0. */
int transposed(const StridedLoop& nest, int64_t to, int64_t from) {
  if (nest.sizes.empty() || nest.strides[0][0] != to || nest.strides[1][0] == from || nest.strides[1][0] == 0 || nest.sizes[0] < kLeastTile) {
    return 0;
  }
  for (int d = 1; d < int(nest.sizes.size()); d++) {
    if (nest.strides[1][d] == from && nest.sizes[d] >= kLeastTile) return d;
  }
  return 0;
}

/** The squares of a copy whose source runs along dimension `d`, and how many blocks they are. */
TileArguments tilesOf(const StridedLoop& nest, int d, int64_t& blocks) {
  const auto squares = [](int64_t n) { return (n + kCopyTile - 1) / kCopyTile; };
  TileArguments a{};
  a.width = unsigned(nest.sizes[0]);
  a.height = unsigned(nest.sizes[d]);
  a.toStep = nest.strides[0][d];
  a.fromStep = nest.strides[1][0];
  a.across = divisorOf(squares(a.width));
  a.down = divisorOf(squares(a.height));
  blocks = squares(a.width) * squares(a.height);
  for (int other = 1; other < int(nest.sizes.size()); other++) {
    if (other == d) continue;
    GB_CHECK(a.others.dims < kMostDims, "a copy over more than ", kMostDims + 2, " dimensions that cannot be joined");
    blocks *= nest.sizes[other];
    a.others.sizes[a.others.dims] = divisorOf(nest.sizes[other]);
    for (int k = 0; k < 2; k++) a.others.strides[k][a.others.dims] = nest.strides[k][other];
    a.others.dims++;
  }
  return a;
}

CUdeviceptr address(const void* p) { return CUdeviceptr(reinterpret_cast<size_t>(p)); }

/** Calls of the driver, as they are handed over. */
struct CopyBytes {
  CUdeviceptr to, from;
  size_t bytes;
  CUstream stream;
  void make() const { check(knownDriver->memcpyDtoDAsync(to, from, bytes, stream), "memcpyDtoDAsync"); }
};
/** Between a card and pinned memory, which stays what it is until the stream comes to the copy. */
struct CopyIn {
  CUdeviceptr to;
  const void* from;
  size_t bytes;
  CUstream stream;
  void make() const { check(knownDriver->memcpyHtoDAsync(to, from, bytes, stream), "memcpyHtoDAsync"); }
};
struct CopyOut {
  void* to;
  CUdeviceptr from;
  size_t bytes;
  CUstream stream;
  void make() const { check(knownDriver->memcpyDtoHAsync(to, from, bytes, stream), "memcpyDtoHAsync"); }
};
struct ClearBytes {
  CUdeviceptr to;
  size_t bytes;
  CUstream stream;
  void make() const { check(knownDriver->memsetD8Async(to, 0, bytes, stream), "memsetD8Async"); }
};

void copyOnCuda(const Tensor& dst, const Tensor& src) {
  const Device device = dst.device();
  if (deferCopy(dst, src, kComputes[throughFor(dst.dtype(), src.dtype())], copyOnCuda)) return;
  if (dst.dtype() == src.dtype() && dst.strides() == src.strides() && isDense(dst) && isDense(src)) {
    const CUstream stream = currentStream(device);
    handOver(cudaIndex(device), CopyBytes{address(dst.data()), address(src.data()), dst.bytes(), stream});
    return;
  }
  const Tensor* both[2] = {&dst, &src};
  inLaunches(StridedLoop(dst.sizes(), both, 2), [&](const StridedLoop& nest) {
    const char* from = nest.data[1];
    if (const int d = transposed(nest, int64_t(dst.itemSize()), int64_t(src.itemSize()))) {
      int64_t blocks = 0;
      const TileArguments a = tilesOf(nest, d, blocks);
      launch(copyFunction(kTiles, dst.dtype(), src.dtype(), device), device, gridFor(blocks, 1), kCopyTile * kCopyRows,
             nest.data[0], from, a);
      return;
    }
    const bool runs = hasRuns(nest);
    launch(copyFunction(runs ? kRuns : kOne, dst.dtype(), src.dtype(), device), device,
           gridFor(nest.numel, kThreads * (runs ? kWalkRun : 1)), kThreads, nest.data[0], from, walkOf<2>(nest),
           unsigned(nest.numel));
  });
}

/** A plain number in the type of a kernel's parameter. */
template <class Launch>
void withNumber(Through through, Scalar value, const Launch& go) {
  switch (through) {
    case kFloat: return go(value.kind == DType::Float64 ? float(value.d) : float(value.i));
    case kDouble: return go(value.d);
    default: return go(static_cast<long long>(value.toInt()));
  }
}

/** Of single elements, and of runs. */
Function fillFunctions[2][kThroughs];

void fillOnCuda(const Tensor& dst, Scalar value) {
  const Device device = dst.device();
  if (value.d == 0 && !std::signbit(value.d) && isDense(dst)) {
    const CUstream stream = currentStream(device);
    handOver(cudaIndex(device), ClearBytes{address(dst.data()), dst.bytes(), stream});
    return;
  }
  // A fraction makes true of a bool and is cut off for integers: both by way of the number's own kind.
  const Through through = value.kind == DType::Float64 ? kDouble : isFloat(dst.dtype()) ? kDouble : kInteger;
  const Tensor* one[1] = {&dst};
  withNumber(through, value, [&](auto number) {
    inLaunches(StridedLoop(dst.sizes(), one, 1), [&](const StridedLoop& nest) {
      const bool runs = hasRuns(nest);
      launch(kernelFor(runs ? "fillRuns" : "fill", fillFunctions[runs], through, device), device,
             gridFor(nest.numel, kThreads * (runs ? kWalkRun : 1)), kThreads, Place{nest.data[0], int(dst.dtype())}, number,
             walkOf<1>(nest), unsigned(nest.numel));
    });
  });
}

void arangeOnCuda(const Tensor& dst, Scalar start, Scalar step) {
  const Through through = isFloat(dst.dtype()) ? kDouble : kInteger;
  static Function functions[kThroughs];
  const CUfunction kernel = kernelFor("arange", functions, through, dst.device());
  const long long n = dst.numel(), size = static_cast<long long>(dst.itemSize());
  const Place to{dst.as<char>(), int(dst.dtype())};
  const Grid grid = gridFor(n, kThreads);
  if (through == kInteger) {
    const long long first = start.toInt(), by = step.toInt();
    launch(kernel, dst.device(), grid, kThreads, to, first, by, size, n);
  } else {
    launch(kernel, dst.device(), grid, kThreads, to, start.d, step.d, size, n);
  }
}

template <class T>
void linspaceIn(const Tensor& dst, Through through, T start, T end) {
  static Function functions[kThroughs];
  const CUfunction kernel = kernelFor("linspace", functions, through, dst.device());
  const long long n = dst.numel(), size = static_cast<long long>(dst.itemSize());
  const T step = n > 1 ? (end - start) / T(n - 1) : T(0);
  launch(kernel, dst.device(), gridFor(n, kThreads), kThreads, Place{dst.as<char>(), int(dst.dtype())}, start, end, step,
         size, n);
}

void linspaceOnCuda(const Tensor& dst, double start, double end) {
  if (computeType(dst.dtype()) == DType::Float32) {
    linspaceIn<float>(dst, kFloat, float(start), float(end));
  } else {
    linspaceIn<double>(dst, kDouble, start, end);
  }
}

void transferOnCuda(const Transfer& t) {
  const Tensor &to = *t.to, &from = *t.from;
  if (to.device() == Device::CPU) {
    refuseInCapture("it reads a value of the card, and nothing is computed before the step is replayed. Read after the step");
    const CUstream stream = currentStream(from.device());
    const int index = cudaIndex(from.device());
    if (t.nonBlocking && isPinned(to)) {
      handOver(index, CopyOut{to.data(), address(from.data()), from.bytes(), stream});
      return usePinned(to.storage()->data, index, stream);
    }
    enter(index);
    GB_CUDA(memcpyDtoHAsync, to.data(), address(from.data()), from.bytes(), stream);
    if (!t.nonBlocking) synchronizeStream(index, stream);
  } else if (from.device() == Device::CPU) {
    refuseInCapture("it copies from the host, and a replay would not see what is there then. Hand it to the step as an argument");
    const CUstream stream = currentStream(to.device());
    const int index = cudaIndex(to.device());
    if (t.nonBlocking && isPinned(from)) {
      handOver(index, CopyIn{address(to.data()), from.data(), from.bytes(), stream});
      return usePinned(from.storage()->data, index, stream);
    }
    enter(index);
    GB_CUDA(memcpyHtoDAsync, address(to.data()), from.data(), from.bytes(), stream);
    // Pageable memory was read when the call came back; pinned memory is read when the stream comes to it.
    if (isPinned(from)) synchronizeStream(index, stream);
  } else {
    const int source = cudaIndex(from.device()), target = cudaIndex(to.device());
    synchronizeStream(source, currentStream(source));
    enter(target);
    GB_CUDA(memcpyPeerAsync, address(to.data()), contextOf(target), address(from.data()), contextOf(source), from.bytes(),
            currentStream(target));
    synchronizeStream(target, currentStream(target));
  }
}

GB_UNITS(all) {
  for (DType compute : kComputes) all.push_back(ByCompute::unit("fill.cu", compute));
  for (int to = 0; to < kDTypes; to++) {
    for (int from = 0; from < kDTypes; from++) {
      if (to != from) all.push_back(copyUnit(DType(to), DType(from)));
    }
  }
  for (DType type : {DType::UInt8, DType::Int16, DType::Int32, DType::Int64}) all.push_back(copyUnit(type, type));
}

GB_KERNEL(CUDA, copyKernel, copyOnCuda)
GB_KERNEL(CUDA, fillKernel, fillOnCuda)
GB_KERNEL(CUDA, arangeKernel, arangeOnCuda)
GB_KERNEL(CUDA, linspaceKernel, linspaceOnCuda)
GB_KERNEL(CUDA, transferKernel, transferOnCuda)

}  // namespace
}  // namespace gb::cuda
