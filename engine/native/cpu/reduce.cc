// Reductions on the CPU. The input's dimensions are ordered by stride; what is left is either a reduction along
// memory (runs) or across it (rows joined column by column). Work is divided into pieces of fixed size, so that the
// result does not depend on the number of threads.
#include "ops/reduce.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cpu/simd/choose.h"
#include "cpu/simd/convert.h"
#include "cpu/simd/reduce.h"
#include "cpu/threads.h"
#include "tensor/interrupt.h"
#include "tensor/strided_loop.h"

namespace gb {
namespace {

union Result {
  double d;
  int64_t i;
};

/** The loop over one set of dimensions (all kept, or all reduced ones) of the input and the result. */
struct Part {
  Dims sizes, x, out;
  int64_t numel = 1;
  void push(int64_t size, int64_t xStride, int64_t outStride) {
    sizes.push(size);
    x.push(xStride);
    out.push(outStride);
    numel *= size;
  }
  /** Byte offsets of the element at this position. */
  void at(int64_t position, int64_t& xOffset, int64_t& outOffset) const {
    xOffset = outOffset = 0;
    for (int i = 0; i < sizes.size(); i++) {
      const int64_t k = position % sizes[i];
      position /= sizes[i];
      xOffset += k * x[i];
      outOffset += k * out[i];
    }
  }
};

class Reducer {
 public:
  explicit Reducer(const ReduceCall& call)
      : call_(call),
        loops_(GB_CHOOSE(reduceLoops)[int(call.reduction)][computeIndex(call.compute)]),
        load_(GB_CHOOSE(loadRuns)[int(call.x->dtype())][computeIndex(call.compute)]),
        direct_(call.x->dtype() == call.compute),
        size_(int64_t(itemSize(call.compute))) {
    GB_CHECK(loops_.run, "not implemented for '", titleOf(call.x->dtype()), "'");
  }

  void run() {
    const Tensor* both[2] = {call_.x, call_.out};
    const StridedLoop nest(call_.x->sizes(), both, 2);
    // A dimension is reduced where the result does not move. (Size 1 is gone already.)
    for (int i = 0; i < nest.sizes.size(); i++) {
      Part& part = nest.strides[1][i] == 0 ? reduced_ : kept_;
      part.push(nest.sizes[i], nest.strides[0][i], nest.strides[1][i]);
    }
    x_ = nest.data[0];
    out_ = nest.data[1];
    if (nest.numel == 0) return runEmpty();
    const bool along = kept_.sizes.empty() || (!reduced_.sizes.empty() && nest.strides[1][0] == 0);
    along ? runAlong() : runAcross();
  }

 private:
  /** Joins `n` elements from `x` on. */
  void joinRun(const char* x, int64_t step, int64_t n, Result& result) const {
    if (direct_ && step == size_) return loops_.run(x, n, call_.p, &result);
    alignas(64) char buffer[kReduceRun * 8];
    for (int64_t i = 0; i < n; i += kReduceRun) {
      const int64_t part = std::min(kReduceRun, n - i);
      load_(buffer, x + i * step, step, part);
      loops_.run(buffer, part, call_.p, &result);
    }
  }

  /** The result of no elements, everywhere. */
  void runEmpty() const {
    for (int64_t i = 0; i < call_.out->numel(); i++) {
      Result result;
      loops_.start(&result, 1);
      finish(&result, out_ + i * int64_t(call_.out->itemSize()), 0, 1);
    }
  }

  void runAlong() {
    constexpr int64_t kPiece = 1 << 16;
    const int64_t length = reduced_.sizes.empty() ? 1 : reduced_.sizes[0];
    const int64_t step = reduced_.sizes.empty() ? size_ : reduced_.x[0];
    const int64_t runs = reduced_.numel / length;
    if (kept_.numel < 8 && runs == 1 && length >= 2 * kPiece) {
      // Few long runs: pieces of a run side by side.
      const int64_t pieces = (length + kPiece - 1) / kPiece;
      std::vector<Result> partial(size_t(kept_.numel * pieces));
      parallelFor(kept_.numel * pieces, 1, [&](int64_t begin, int64_t end) {
        for (int64_t k = begin; k < end; k++) {
          int64_t x, out;
          kept_.at(k / pieces, x, out);
          const int64_t first = (k % pieces) * kPiece;
          loops_.start(&partial[size_t(k)], 1);
          joinRun(x_ + x + first * step, step, std::min(kPiece, length - first), partial[size_t(k)]);
          checkInterrupt();
        }
      });
      for (int64_t k = 0; k < kept_.numel; k++) {
        int64_t x, out;
        kept_.at(k, x, out);
        Result result;
        loops_.start(&result, 1);
        for (int64_t i = 0; i < pieces; i++) loops_.join(&partial[size_t(k * pieces + i)], 0, 1, 1, 0, &result);
        finish(&result, out_ + out, 0, 1);
      }
      return;
    }
    parallelFor(kept_.numel, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, reduced_.numel)),
                [&](int64_t begin, int64_t end) {
                  for (int64_t k = begin; k < end; k++) {
                    int64_t x, out;
                    kept_.at(k, x, out);
                    Result result;
                    loops_.start(&result, 1);
                    for (int64_t r = 0; r < runs; r++) {
                      int64_t offset, none;
                      reduced_.at(r * length, offset, none);
                      joinRun(x_ + x + offset, step, length, result);
                    }
                    finish(&result, out_ + out, 0, 1);
                    if (!(k & 255)) checkInterrupt();
                  }
                });
  }

  void runAcross() {
    const int64_t columns = kept_.sizes[0], step = kept_.x[0];
    const int64_t blocks = (columns + kReduceColumns - 1) / kReduceColumns;
    const int64_t outer = kept_.numel / columns;
    const int64_t length = reduced_.sizes.empty() ? 1 : reduced_.sizes[0];
    const int64_t rowStep = reduced_.sizes.empty() ? 0 : reduced_.x[0];
    const int64_t runs = reduced_.numel / length;
    // Many rows and few columns: groups of rows side by side.
    const int64_t kRows = 8192;
    const int64_t groups = outer * blocks < 8 && runs == 1 ? (length + kRows - 1) / kRows : 1;
    const int64_t groupRows = groups == 1 ? length : kRows;
    std::vector<Result> partial(size_t(groups > 1 ? outer * blocks * groups * kReduceColumns : 0));
    const int64_t cost = std::min(columns, kReduceColumns) * groupRows * runs;
    parallelFor(outer * blocks * groups, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, cost)),
                [&](int64_t begin, int64_t end) {
                  Result own[kReduceColumns];
                  for (int64_t k = begin; k < end; k++) {
                    const int64_t group = k % groups, block = k / groups % blocks;
                    const int64_t first = block * kReduceColumns, n = std::min(kReduceColumns, columns - first);
                    int64_t x, out;
                    kept_.at(k / groups / blocks * columns + first, x, out);
                    Result* results = groups > 1 ? &partial[size_t(k * kReduceColumns)] : own;
                    loops_.start(results, n);
                    for (int64_t r = 0; r < runs; r++) {
                      int64_t offset, none;
                      reduced_.at(r * length, offset, none);
                      const int64_t from = group * groupRows;
                      joinRows(x_ + x + offset + from * rowStep, step, rowStep, std::min(groupRows, length - from), n, results);
                    }
                    if (groups == 1) finish(results, out_ + out, kept_.out[0], n);
                    checkInterrupt();
                  }
                });
    for (int64_t k = 0; groups > 1 && k < outer * blocks; k++) {
      const int64_t first = k % blocks * kReduceColumns, n = std::min(kReduceColumns, columns - first);
      Result* results = &partial[size_t(k * groups * kReduceColumns)];
      for (int64_t g = 1; g < groups; g++) loops_.join(results + g * kReduceColumns, 0, 1, n, 0, results);
      int64_t x, out;
      kept_.at(k / blocks * columns + first, x, out);
      finish(results, out_ + out, kept_.out[0], n);
    }
  }

  void joinRows(const char* x, int64_t step, int64_t rowStep, int64_t rows, int64_t n, Result* results) const {
    if (direct_ && step == size_) return loops_.rows(x, rowStep, rows, n, call_.p, results);
    constexpr int64_t kBuffered = 16;
    alignas(64) char buffer[kBuffered * kReduceColumns * 8];
    for (int64_t i = 0; i < rows; i += kBuffered) {
      const int64_t part = std::min(kBuffered, rows - i);
      for (int64_t r = 0; r < part; r++) load_(buffer + r * n * size_, x + (i + r) * rowStep, step, n);
      loops_.rows(buffer, n * size_, part, n, call_.p, results);
    }
  }

  void finish(Result* results, char* out, int64_t step, int64_t n) const {
    const bool integers = call_.compute == DType::Int64;
    for (int64_t i = 0; i < n && call_.finish != Finish::None; i++) {
      double& d = results[i].d;
      switch (call_.finish) {
        case Finish::Divide: d /= call_.p; break;
        case Finish::SquareRoot: d = std::sqrt(d); break;
        case Finish::Root: d = std::pow(d, 1 / call_.p); break;
        case Finish::None: break;
      }
    }
    GB_CHOOSE(storeRuns)[int(call_.out->dtype())][integers ? 2 : 1](out, step, results, n);
  }

  const ReduceCall& call_;
  const ReduceLoops loops_;
  const LoadRun load_;
  const bool direct_;
  const int64_t size_;
  Part kept_, reduced_;
  const char* x_ = nullptr;
  char* out_ = nullptr;
};

void reduceOnCpu(const ReduceCall& call) {
  if (call.out->numel() > 0) Reducer(call).run();
}

}  // namespace

GB_KERNEL(CPU, reduceKernel, reduceOnCpu)

}  // namespace gb
