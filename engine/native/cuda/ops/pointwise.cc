// Pointwise ops on a card: chooses and prepares the kernel. One compilation for each op and type, when first used.
#include "ops/pointwise.h"

#include <iterator>

#include "cuda/ops/chain.h"
#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "cuda/runtime/capture.h"
#include "ops/copy.h"

namespace gb::cuda {
namespace {

struct OpInfo {
  const char* name;
  int parameters;
  Typing typing;
};

constexpr OpInfo unaryInfo[] = {
#define GB_UNARY(NAME, PARAMETERS, TYPING) {#NAME, PARAMETERS, Typing::TYPING},
#include "ops/pointwise_families.h"
};
constexpr OpInfo gradInfo[] = {
#define GB_GRAD(NAME, PARAMETERS) {#NAME, PARAMETERS, Typing::FloatOnly},
#include "ops/pointwise_families.h"
};
constexpr OpInfo binaryInfo[] = {
#define GB_BINARY(NAME, PARAMETERS, TYPING) {#NAME, PARAMETERS, Typing::TYPING},
#include "ops/pointwise_families.h"
};
constexpr OpInfo ternaryInfo[] = {
#define GB_TERNARY(NAME, PARAMETERS, TYPING) {#NAME, PARAMETERS, Typing::TYPING},
#include "ops/pointwise_families.h"
};
constexpr int kMostOps = 128;
static_assert(std::size(unaryInfo) <= kMostOps && std::size(binaryInfo) <= kMostOps && std::size(gradInfo) <= kMostOps);

const OpInfo& infoOf(PointwiseOp op) {
  switch (op.family) {
    case Family::Unary: return unaryInfo[op.index];
    case Family::Grad: return gradInfo[op.index];
    case Family::Binary: return binaryInfo[op.index];
    case Family::Ternary: break;
  }
  return ternaryInfo[op.index];
}

/** The unit of an op: a memory type of its own for floating point, int64 for all the rest. */
enum UnitType { kFloat, kDouble, kInteger, kHalf, kBFloat, kUnitTypes };
constexpr DType kMemory[] = {DType::Float32, DType::Float64, DType::Int64, DType::Float16, DType::BFloat16};
constexpr const char* kCompute[] = {"float", "double", "gb::i64", "float", "float"};

/** By family, op and type. Those that take any strides are in a file of their own, which many programs never need. */
using Kernels = Function[4][kMostOps][kUnitTypes];
Kernels flats, rows, strideds, runs;

bool hasType(Typing t, UnitType type) {
  return type == kInteger ? t == Typing::Same || t == Typing::Test || t == Typing::Bits : t != Typing::Bits;
}

Unit unitOf(const OpInfo& op, int inputs, UnitType type, bool any) {
  const bool test = op.typing == Typing::FloatTest || op.typing == Typing::Test;
  return {any ? "strided.cu" : "pointwise.cu", std::string("-DGB_FORMULA=") + op.name + " -DGB_ARITY=" + std::to_string(inputs) +
                              " -DGB_PARAMETERS=" + std::to_string(op.parameters) + " -DGB_TEST=" + (test ? "1" : "0") +
                              " -DGB_T=" + kernelType(kMemory[type]) + " -DGB_C=" + kCompute[type]};
}

GB_UNITS(all) {
  const auto add = [&](const OpInfo& op, int inputs) {
    for (int type = 0; type < kUnitTypes; type++) {
      if (!hasType(op.typing, UnitType(type))) continue;
      all.push_back(unitOf(op, inputs, UnitType(type), false));
      // Half types have none of their own there: float's take every type.
      if (type < kHalf) all.push_back(unitOf(op, inputs, UnitType(type), true));
    }
  };
  for (const OpInfo& op : unaryInfo) add(op, 1);
  for (const OpInfo& op : gradInfo) add(op, 2);
  for (const OpInfo& op : binaryInfo) add(op, 2);
  for (const OpInfo& op : ternaryInfo) add(op, 3);
}

UnitType unitTypeFor(DType compute) {
  return compute == DType::Float32 ? kFloat : compute == DType::Float64 ? kDouble : kInteger;
}

Number numberFor(Scalar s, DType compute) {
  Number n{};
  if (compute == DType::Float32) {
    n.f = s.kind == DType::Float64 ? float(s.d) : float(s.i);
  } else if (compute == DType::Float64) {
    n.d = s.d;
  } else {
    n.i = s.toInt();
  }
  return n;
}

/** The value of a tensor of no dimensions that lies in the host's memory: it goes with the launch. */
Scalar hostValue(const Tensor& x) {
  if (isFloat(x.dtype())) return Scalar::of(*asType(x, DType::Float64).as<double>());
  return Scalar::of(*asType(x, DType::Int64).as<int64_t>());
}

/** Rows of whole lanes, aligned and behind each other in each tensor, or one element of it again and again. */
bool hasRows(const StridedLoop& nest, const Tensor* const* tensors, int64_t lanes) {
  if (nest.sizes.empty() || nest.sizes[0] % lanes != 0) return false;
  for (int k = 0; k < nest.operands; k++) {
    if (!tensors[k] || (k > 0 && nest.strides[k][0] == 0)) continue;
    const int64_t item = int64_t(tensors[k]->itemSize()), bytes = lanes * item;
    if (nest.strides[k][0] != item || reinterpret_cast<size_t>(nest.data[k]) % size_t(bytes) != 0) return false;
    for (int d = 1; d < int(nest.sizes.size()); d++) {
      if (nest.strides[k][d] % bytes != 0) return false;
    }
  }
  return true;
}

void pointwiseOnCuda(const PointwiseCall& call) {
  const Tensor& out = *call.out;
  if (out.numel() == 0) return;
  const Device device = out.device();
  PointwiseArguments a{};
  a.out = {out.as<char>(), int(out.dtype())};
  a.common = int(call.common);
  for (int k = 0; k < 3; k++) a.parameters[k] = call.parameters[k];

  const DType result = call.test ? DType::Bool : call.common;
  bool typed = out.dtype() == result, whole = out.contiguous();
  DType memory = call.common;
  if (call.test && call.in[0].tensor) memory = call.in[0].tensor->dtype();
  const Tensor* tensors[4] = {&out, nullptr, nullptr, nullptr};
  for (int k = 0; k < call.inputs; k++) {
    const Tensor* t = call.in[k].tensor;
    if (!t || (t->device() == Device::CPU && t->ndim() == 0)) {
      a.plain |= 1u << k;
      a.numbers[k] = numberFor(t ? hostValue(*t) : call.in[k].scalar, call.compute);
      continue;
    }
    GB_CHECK(t->device() == device, "Expected all tensors to be on the same device, but found at least two devices, ",
             nameOf(device), " and ", nameOf(t->device()), "!");
    a.in[k] = {t->as<char>(), int(t->dtype())};
    if (t->numel() == 1) {
      a.plain |= 16u << k;
      continue;
    }
    tensors[k + 1] = t;
    typed &= t->dtype() == memory;
    whole &= t->contiguous() && t->numel() == out.numel();
  }
  const UnitType compute = unitTypeFor(call.compute);
  UnitType type = compute;
  if (typed && isFloat(memory)) {
    // Half types have kernels of their own where all of memory is of that type.
    if (memory == DType::Float16) type = kHalf;
    if (memory == DType::BFloat16) type = kBFloat;
  }
  typed &= memory == kMemory[type];
  const int family = int(call.op.family), index = cudaIndex(device);
  const OpInfo& op = infoOf(call.op);
  GB_CHECK(hasType(op.typing, type), "not implemented for '",
           titleOf(call.in[0].tensor ? call.in[0].tensor->dtype() : call.compute), "'");
  if (capturing && deferPointwise(call, op.name, op.parameters, a, pointwiseOnCuda)) return;
  const int64_t lanes = 16 / int64_t(itemSize(memory));
  const auto own = [&] { return unitOf(op, call.inputs, type, false); };
  if (typed && whole) {
    bool all = isAligned(a.out.data);
    for (int k = 0; k < call.inputs; k++) all &= !tensors[k + 1] || isAligned(a.in[k].data);
    const int64_t n = out.numel();
    const CUfunction kernel = flats[family][call.op.index][type].get(index, "flat", own);
    launch(kernel, device, gridFor(n, kThreads * lanes), kThreads, a, static_cast<long long>(n), all);
    return;
  }
  inLaunches(StridedLoop(out.sizes(), tensors, call.inputs + 1), [&](const StridedLoop& nest) {
    a.out.data = nest.data[0];
    for (int k = 0; k < call.inputs; k++) {
      if (tensors[k + 1]) a.in[k].data = nest.data[k + 1];
    }
    const unsigned n = unsigned(nest.numel);
    const auto any = [&] { return unitOf(op, call.inputs, compute, true); };
    const bool row = typed && hasRows(nest, tensors, lanes), run = hasRuns(nest);
    const CUfunction kernel = row   ? rows[family][call.op.index][type].get(index, "rows", own)
                              : run ? runs[family][call.op.index][compute].get(index, "runs", any)
                                    : strideds[family][call.op.index][compute].get(index, "strided", any);
    const Grid grid = gridFor(nest.numel, kThreads * (row ? lanes : run ? kWalkRun : 1));
    if (call.inputs == 1) launch(kernel, device, grid, kThreads, a, walkOf<2>(nest), n);
    if (call.inputs == 2) launch(kernel, device, grid, kThreads, a, walkOf<3>(nest), n);
    if (call.inputs == 3) launch(kernel, device, grid, kThreads, a, walkOf<4>(nest), n);
  });
}

GB_KERNEL(CUDA, pointwiseKernel, pointwiseOnCuda)

}  // namespace
}  // namespace gb::cuda
