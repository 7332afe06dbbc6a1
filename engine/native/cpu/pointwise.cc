// Pointwise ops on the CPU: brings every input into runs of the type that the formula runs in, as cheaply as the
// layout allows, and calls the loop of cpu/simd on them.
#include "ops/pointwise.h"

#include <algorithm>

#include "cpu/simd/choose.h"
#include "cpu/simd/convert.h"
#include "cpu/simd/pointwise.h"
#include "cpu/stream.h"
#include "cpu/threads.h"
#include "tensor/interrupt.h"
#include "tensor/strided_loop.h"

namespace gb {
namespace {

/** Elements that are gathered at a time: all buffers together stay within the first-level cache. */
constexpr int64_t kRun = 512;
/** From this inner length on, whole rows are passed to a loop. */
constexpr int64_t kRowLength = 16;

struct Value {
  union {
    float f;
    double d;
    int64_t i;
  };
};

Value valueOf(const Operand& x, DType compute, DType common) {
  Value v;
  if (x.tensor) {
    GB_CHOOSE(loadRuns)[int(x.tensor->dtype())][computeIndex(compute)](&v, x.tensor->as<char>(), 0, 1);
  } else if (compute == DType::Float32) {
    v.f = x.scalar.kind == DType::Float64 ? float(x.scalar.d) : float(x.scalar.i);
  } else if (compute == DType::Float64) {
    v.d = x.scalar.d;
  } else {
    v.i = x.scalar.toInt();
  }
  if (compute == DType::Int64 && common != DType::Int64 && common != DType::Bool) {
    // A value of no rank is brought into the common type first, and may wrap.
    int64_t narrow = 0;
    GB_CHOOSE(storeRuns)[int(common)][2](reinterpret_cast<char*>(&narrow), 8, &v.i, 1);
    GB_CHOOSE(loadRuns)[int(common)][2](&v.i, reinterpret_cast<const char*>(&narrow), 0, 1);
  }
  return v;
}

const PointwiseLoops& loopsOf(PointwiseOp op) {
  switch (op.family) {
    case Family::Unary: return GB_CHOOSE_WIDEST(unaryLoops)[op.index];
    case Family::Grad: return GB_CHOOSE_WIDEST(gradLoops)[op.index];
    case Family::Binary: return GB_CHOOSE_WIDEST(binaryLoops)[op.index];
    default: return GB_CHOOSE_WIDEST(ternaryLoops)[op.index];
  }
}

PointwiseLoop loopOf(const PointwiseCall& call) {
  const PointwiseLoops& loops = loopsOf(call.op);
  const PointwiseLoop loop = call.compute == DType::Float32   ? loops.f32
                             : call.compute == DType::Float64 ? loops.f64
                                                              : loops.i64;
  GB_CHECK(loop, "not implemented for '", titleOf(call.in[0].tensor ? call.in[0].tensor->dtype() : call.compute), "'");
  return loop;
}

/** One call, prepared: operand 0 is the result, 1 … the inputs. */
struct Runner {
  const PointwiseCall& call;
  PointwiseLoop loop;
  DType outType;  // what the formula gives: the compute type or bool
  int compute;
  bool modes;     // whether the loop takes single values
  Value values[3];
  bool isValue[3];
  int64_t outSize, inSize;

  explicit Runner(const PointwiseCall& c) : call(c), loop(loopOf(c)) {
    outType = call.test ? DType::Bool : call.compute;
    compute = computeIndex(call.compute);
    modes = call.op.family == Family::Binary;
    inSize = int64_t(itemSize(call.compute));
    outSize = int64_t(itemSize(outType));
    for (int k = 0; k < call.inputs; k++) {
      const Tensor* t = call.in[k].tensor;
      isValue[k] = !t || t->numel() == 1;
      if (isValue[k]) values[k] = valueOf(call.in[k], call.compute, call.common);
    }
  }

  bool direct(int k) const { return call.in[k].tensor->dtype() == call.compute; }
  bool directOut() const { return call.out->dtype() == outType; }

  /** Whether all tensors are row-major runs of their own types and of the whole shape. */
  bool simple() const {
    const Tensor& out = *call.out;
    if (!directOut() || !out.contiguous()) return false;
    int singles = 0;
    for (int k = 0; k < call.inputs; k++) {
      if (isValue[k] && out.numel() != 1) {
        singles++;
        continue;
      }
      const Tensor* t = call.in[k].tensor;
      if (!t || !direct(k) || !t->contiguous() || t->numel() != out.numel()) return false;
    }
    return singles == 0 || (singles == 1 && modes);
  }

  LoopMode modeOf() const { return !modes ? kAllRuns : isValue[0] ? kFirstIsValue : isValue[1] ? kSecondIsValue : kAllRuns; }

  void runSimple() {
    char* out = call.out->as<char>();
    const char* in[3] = {};
    for (int k = 0; k < call.inputs; k++) {
      const bool single = isValue[k] && call.out->numel() != 1;
      in[k] = single ? reinterpret_cast<const char*>(&values[k]) : call.in[k].tensor->as<char>();
    }
    const LoopMode mode = call.out->numel() == 1 ? kAllRuns : modeOf();
    const bool firstMoves = mode != kFirstIsValue, secondMoves = mode != kSecondIsValue;
    const auto apply = [&](char* to, int64_t begin, int64_t end, Stores stores = Stores::Ordinary) {
      const void* at[3] = {in[0] + (firstMoves ? begin * inSize : 0), in[1] + (secondMoves ? begin * inSize : 0),
                           in[2] + begin * inSize};
      loop(to, at, end - begin, mode, stores, call.parameters);
    };
    const bool inPlace = out == in[0] || out == in[1] || out == in[2];
    const bool streams = !inPlace && call.out->numel() * std::max(inSize, outSize) >= kStreamed;
    const bool itself = call.compute == DType::Float32 && loopsOf(call.op).streams;
    parallelFor(call.out->numel(), kGrain, [&](int64_t begin, int64_t end) {
      if (!streams || itself) {
        apply(out + begin * outSize, begin, end, streams ? Stores::Streamed : Stores::Ordinary);
        if (streams) streamed();
        return;
      }
      const auto ahead = [&](int64_t i, int64_t n) {
        for (int k = 0; k < call.inputs; k++) {
          if (!isValue[k]) prefetch(in[k] + i * inSize, n * inSize);
        }
      };
      streamRuns(out, outSize, begin, end, ahead, [&](char* to, int64_t i, int64_t n) { apply(to, i, i + n); });
    });
  }

  /** Rows along the innermost dimension; converts what is not in place. */
  void runRows(const StridedLoop& nest) {
    const int64_t length = nest.inner();
    const int64_t rows = nest.numel / length;
    const int64_t grain = std::max<int64_t>(1, kGrain / length);
    if (rows == 1) {
      parallelFor(length, kGrain, [&](int64_t begin, int64_t end) { runRow(nest, nullptr, begin, end); });
      return;
    }
    parallelFor(rows, grain, [&](int64_t begin, int64_t end) {
      Odometer at(nest, 1, begin);
      for (int64_t row = begin; row < end; row++, at.next()) {
        runRow(nest, &at, 0, length);
        if (!(row & 1023)) checkInterrupt();
      }
    });
  }

  void runRow(const StridedLoop& nest, const Odometer* at, int64_t begin, int64_t end) {
    alignas(64) char buffers[4][kRun * 8];
    const auto load = GB_CHOOSE(loadRuns);
    char* out = nest.data[0] + (at ? at->offset(0) : 0);
    const int64_t outStep = nest.innerStride(0);
    const bool storeNow = !directOut() || outStep != outSize;
    const void* in[3] = {};
    const char* from[3] = {};
    enum { kValue, kRunInPlace, kGather } how[3] = {};
    bool gathers = storeNow;
    LoopMode mode = kAllRuns;
    for (int k = 0; k < call.inputs; k++) {
      const int64_t step = nest.innerStride(k + 1);
      if (isValue[k] || step == 0) {
        how[k] = kValue;
        if (!isValue[k]) {
          const char* source = nest.data[k + 1] + (at ? at->offset(k + 1) : 0);
          load[int(call.in[k].tensor->dtype())][compute](&values_(k, buffers), source, 0, 1);
        } else {
          values_(k, buffers) = values[k];
        }
        if (modes && mode == kAllRuns) {
          mode = k == 0 ? kFirstIsValue : kSecondIsValue;
          in[k] = &values_(k, buffers);
        } else {
          fill(buffers[k], values_(k, buffers), std::min(kRun, end - begin));
          in[k] = buffers[k];
          gathers = true;
        }
        continue;
      }
      from[k] = nest.data[k + 1] + (at ? at->offset(k + 1) : 0);
      how[k] = direct(k) && step == inSize ? kRunInPlace : kGather;
      gathers |= how[k] == kGather;
    }
    const int64_t block = gathers ? kRun : end - begin;
    for (int64_t i = begin; i < end; i += block) {
      const int64_t n = std::min(block, end - i);
      for (int k = 0; k < call.inputs; k++) {
        if (how[k] == kValue) continue;
        const int64_t step = nest.innerStride(k + 1);
        const char* source = from[k] + i * step;
        if (how[k] == kGather) {
          load[int(call.in[k].tensor->dtype())][compute](buffers[k], source, step, n);
          in[k] = buffers[k];
        } else {
          in[k] = source;
        }
      }
      void* result = storeNow ? static_cast<void*>(buffers[3]) : out + i * outStep;
      loop(result, in, n, mode, Stores::Ordinary, call.parameters);
      if (storeNow) store(out + i * outStep, outStep, buffers[3], n);
    }
  }

  /** Short rows: elements of many rows are gathered into one run. */
  void runGathered(const StridedLoop& nest) {
    parallelFor(nest.numel, kGrain / 4, [&](int64_t begin, int64_t end) {
      alignas(64) char buffers[4][kRun * 8];
      const auto load = GB_CHOOSE(loadRuns);
      const int64_t length = nest.inner();
      const void* in[3] = {buffers[0], buffers[1], buffers[2]};
      for (int k = 0; k < call.inputs; k++) {
        if (isValue[k]) fill(buffers[k], values[k], std::min(kRun, end - begin));
      }
      Odometer at(nest, 1, begin / length);
      int64_t within = begin % length;
      for (int64_t i = begin; i < end; i += kRun) {
        const int64_t n = std::min(kRun, end - i);
        Odometer reader = at;
        int64_t column = within;
        for (int64_t done = 0; done < n;) {
          const int64_t part = std::min(length - column, n - done);
          for (int k = 0; k < call.inputs; k++) {
            if (isValue[k]) continue;
            const int64_t step = nest.innerStride(k + 1);
            load[int(call.in[k].tensor->dtype())][compute](
                buffers[k] + done * inSize, nest.data[k + 1] + reader.offset(k + 1) + column * step, step, part);
          }
          done += part;
          column += part;
          if (column == length) {
            column = 0;
            reader.next();
          }
        }
        loop(buffers[3], in, n, kAllRuns, Stores::Ordinary, call.parameters);
        for (int64_t done = 0; done < n;) {
          const int64_t part = std::min(length - within, n - done);
          const int64_t step = nest.innerStride(0);
          store(nest.data[0] + at.offset(0) + within * step, step, buffers[3] + done * outSize, part);
          done += part;
          within += part;
          if (within == length) {
            within = 0;
            at.next();
          }
        }
        checkInterrupt();
      }
    });
  }

  /** A row's single value stands at the end of its buffer, which a filled run may begin. */
  static Value& values_(int k, char (&buffers)[4][kRun * 8]) {
    return *reinterpret_cast<Value*>(buffers[k] + (kRun - 1) * 8);
  }

  void fill(void* buffer, Value value, int64_t n) const {
    if (inSize == 4) {
      std::fill_n(static_cast<float*>(buffer), n, value.f);
    } else {
      std::fill_n(static_cast<int64_t*>(buffer), n, value.i);
    }
  }

  void store(char* to, int64_t step, const char* from, int64_t n) const {
    const DType type = call.out->dtype();
    if (outType != DType::Bool) {
      GB_CHOOSE(storeRuns)[int(type)][compute](to, step, from, n);
      return;
    }
    // Truth values into any type, by way of the integers.
    int64_t wide[kRun];
    for (int64_t i = 0; i < n; i++) wide[i] = from[i];
    GB_CHOOSE(storeRuns)[int(type)][computeIndex(DType::Int64)](to, step, wide, n);
  }
};

void pointwiseOnCpu(const PointwiseCall& call) {
  if (call.out->numel() == 0) return;
  Runner runner(call);
  if (runner.simple()) return runner.runSimple();
  const Tensor* tensors[4] = {call.out, nullptr, nullptr, nullptr};
  for (int k = 0; k < call.inputs; k++) tensors[k + 1] = runner.isValue[k] ? nullptr : call.in[k].tensor;
  const StridedLoop nest(call.out->sizes(), tensors, call.inputs + 1);
  if (nest.sizes.size() <= 1 || nest.inner() >= kRowLength) return runner.runRows(nest);
  runner.runGathered(nest);
}

}  // namespace

GB_KERNEL(CPU, pointwiseKernel, pointwiseOnCpu)

}  // namespace gb
