// Copies on a card and between devices, filling, ranges.
#include "ops/copy.h"

#include <cmath>

#include "cuda/api/driver.h"
#include "cuda/ops/chain.h"
#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "cuda/runtime/capture.h"
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
  return functions[through].get(cudaIndex(device), name,
                                [&] { return ByCompute::unit("copy.cu", kComputes[through]); });
}

CUdeviceptr address(const void* p) { return CUdeviceptr(reinterpret_cast<size_t>(p)); }

void copyOnCuda(const Tensor& dst, const Tensor& src) {
  const Device device = dst.device();
  if (deferCopy(dst, src, kComputes[throughFor(dst.dtype(), src.dtype())], copyOnCuda)) return;
  if (dst.dtype() == src.dtype() && dst.strides() == src.strides() && isDense(dst) && isDense(src)) {
    enter(device);
    GB_CUDA(memcpyDtoDAsync, address(dst.data()), address(src.data()), dst.bytes(), currentStream(device));
    return;
  }
  static Function functions[kThroughs];
  const CUfunction kernel = kernelFor("copy", functions, throughFor(dst.dtype(), src.dtype()), device);
  const Tensor* both[2] = {&dst, &src};
  inLaunches(StridedLoop(dst.sizes(), both, 2), [&](const StridedLoop& nest) {
    launch(kernel, device, gridFor(nest.numel, kThreads), kThreads, Place{nest.data[0], int(dst.dtype())},
           Place{nest.data[1], int(src.dtype())}, walkOf<2>(nest), unsigned(nest.numel));
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

void fillOnCuda(const Tensor& dst, Scalar value) {
  const Device device = dst.device();
  if (value.d == 0 && !std::signbit(value.d) && isDense(dst)) {
    enter(device);
    GB_CUDA(memsetD8Async, address(dst.data()), 0, dst.bytes(), currentStream(device));
    return;
  }
  // A fraction makes true of a bool and is cut off for integers: both by way of the number's own kind.
  const Through through = value.kind == DType::Float64 ? kDouble : isFloat(dst.dtype()) ? kDouble : kInteger;
  static Function functions[kThroughs];
  const CUfunction kernel = kernelFor("fill", functions, through, device);
  const Tensor* one[1] = {&dst};
  inLaunches(StridedLoop(dst.sizes(), one, 1), [&](const StridedLoop& nest) {
    withNumber(through, value, [&](auto number) {
      launch(kernel, device, gridFor(nest.numel, kThreads), kThreads, Place{nest.data[0], int(dst.dtype())}, number,
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
    enter(from.device());
    GB_CUDA(memcpyDtoHAsync, to.data(), address(from.data()), from.bytes(), stream);
    if (!t.nonBlocking) {
      synchronizeStream(cudaIndex(from.device()), stream);
    } else if (isPinned(to)) {
      usePinned(to.storage()->data, cudaIndex(from.device()), stream);
    }
  } else if (from.device() == Device::CPU) {
    refuseInCapture("it copies from the host, and a replay would not see what is there then. Hand it to the step as an argument");
    const CUstream stream = currentStream(to.device());
    enter(to.device());
    GB_CUDA(memcpyHtoDAsync, address(to.data()), from.data(), from.bytes(), stream);
    // Pageable memory was read when the call came back; pinned memory is read when the stream comes to it.
    if (isPinned(from)) {
      if (!t.nonBlocking) {
        synchronizeStream(cudaIndex(to.device()), stream);
      } else {
        usePinned(from.storage()->data, cudaIndex(to.device()), stream);
      }
    }
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
  for (DType compute : kComputes) all.push_back(ByCompute::unit("copy.cu", compute));
}

GB_KERNEL(CUDA, copyKernel, copyOnCuda)
GB_KERNEL(CUDA, fillKernel, fillOnCuda)
GB_KERNEL(CUDA, arangeKernel, arangeOnCuda)
GB_KERNEL(CUDA, linspaceKernel, linspaceOnCuda)
GB_KERNEL(CUDA, transferKernel, transferOnCuda)

}  // namespace
}  // namespace gb::cuda
