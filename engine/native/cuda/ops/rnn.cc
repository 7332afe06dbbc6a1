// Recurrent layers on a card: the input's part of all gates is one product, then comes a kernel for each step, which takes
// both directions. What a step is given depends on lengths alone, which the host knows.
#include "ops/rnn.h"

#include <algorithm>

#include "cuda/kernels/rnn_arguments.h"
#include "cuda/ops/units.h"
#include "cuda/runtime/constants.h"
#include "ops/copy.h"
#include "ops/matrix.h"
#include "ops/reduce.h"

namespace gb::cuda {
namespace {

constexpr int64_t kTileRows = 32, kTileUnits = 16;
constexpr const char* kModes[] = {"-DGB_MODE=0", "-DGB_MODE=1", "-DGB_MODE=2", "-DGB_MODE=3"};

/** The elements of a tensor from one on. */
char* from(const Tensor& x, int64_t element) { return x.as<char>() + element * int64_t(x.itemSize()); }
char* dataOf(MaybeTensor x) { return x ? x->as<char>() : nullptr; }

/** A matrix in memory: row and column steps in elements. */
struct Side {
  void* data;
  int64_t row, column;
};

/** What both passes share: where rows stand, products and copies. */
class Layer {
 public:
  Layer(const RnnCall& call, const RnnResult& result)
      : call(call), result(result), device(result.output.device()), type(result.output.dtype()),
        gates(gatesOf(call.mode) * call.hidden), kept(keptOf(call.mode) * call.hidden), outStride(call.directions * call.out) {
    offsets.push_back(0);
    for (int64_t t = 0; t < call.steps; t++) offsets.push_back(offsets.back() + call.batchSizes[t]);
  }

  const RnnCall& call;
  const RnnResult& result;
  const Device device;
  const DType type;
  const int64_t gates, kept, outStride;
  std::vector<long long> offsets;

  int64_t stepAt(int d, int64_t s) const { return d == 0 ? s : call.steps - 1 - s; }
  int64_t sizeOf(int64_t t) const { return t >= 0 && t < call.steps ? call.batchSizes[t] : 0; }
  /** The step before t on a direction's way, and the one after it. */
  int64_t earlier(int d, int64_t t) const { return d == 0 ? t - 1 : t + 1; }
  int64_t later(int d, int64_t t) const { return d == 0 ? t + 1 : t - 1; }

  char* outputAt(int d, int64_t row) const { return from(result.output, row * outStride + d * call.out); }
  char* cellsAt(int d, int64_t row) const {
    return kept == 0 ? outputAt(d, row) : from(result.kept, (d * call.rows + row) * kept);
  }
  int64_t cellStride() const { return kept == 0 ? outStride : kept; }
  /** Of a tensor [directions, batch, width]. */
  char* stateAt(const Tensor& x, int d, int64_t j = 0) const { return from(x, (d * call.batch + j) * x.size(2)); }

  /** The h, or c, that the sequences had before step t. */
  RnnBefore before(int d, int64_t t, bool cell) const {
    const int64_t e = earlier(d, t), count = sizeOf(e);
    const int64_t row = count > 0 ? offsets[size_t(e)] : 0;
    if (cell) return {cellsAt(d, row) + gates * int64_t(itemSize(type)), stateAt(*call.c0, d), count, kept, call.hidden};
    return {outputAt(d, row), stateAt(*call.h0, d), count, outStride, call.out};
  }

  /** c [m, n] = a·b + beta·c (+ bias for every row). */
  void product(int64_t m, int64_t n, int64_t k, Side a, Side b, Side c, double beta = 0, const void* bias = nullptr) const {
    if (m == 0 || n == 0) return;
    gemmKernel(device, GemmCall{type, 1, m, n, k, {a.data, 0, a.row, a.column}, {b.data, 0, b.row, b.column},
                                {c.data, 0, c.row, c.column}, 1, beta, bias, device});
  }

  void addRows(int64_t rows, int64_t width, void* to, int64_t toStride, const void* a, int64_t aStride,
               const void* b = nullptr, int64_t bStride = 0) const {
    static ByFloat kernels;
    if (rows * width == 0) return;
    using L = long long;
    launch(kernels.get(device, "rnn.cu", "addRows", type, kModes[0]), device, gridFor(rows * width, kThreads), kThreads, L(rows),
           L(width), to, L(toStride), a, L(aStride), b, L(bStride));
  }

  CUfunction kernel(ByFloat (&tables)[4], const char* name) const {
    return tables[int(call.mode)].get(device, "rnn.cu", name, type, kModes[int(call.mode)]);
  }
  Grid stepGrid(int64_t rows) const {
    Grid grid = gridFor(call.hidden, kTileUnits);
    grid.y = unsigned((rows + kTileRows - 1) / kTileRows);
    grid.z = unsigned(call.directions);
    GB_CHECK(grid.y < 65536, "a batch of ", rows, " sequences is not possible on a card yet");
    return grid;
  }
};

class Forward : Layer {
 public:
  using Layer::Layer;

  void run() {
    for (int d = 0; d < call.directions; d++) inputs(d);
    const bool projected = call.weights[0].hr != nullptr;
    const Tensor raw = projected ? emptyTensor({call.directions, call.batch, call.hidden}, type, device) : Tensor();
    static ByFloat steps[4];
    for (int64_t s = 0; s < call.steps; s++) {
      RnnStepArguments a{};
      a.hidden = call.hidden;
      int64_t most = 0;
      for (int d = 0; d < call.directions; d++) {
        const int64_t t = stepAt(d, s), row = offsets[size_t(t)];
        const RnnWeights& w = call.weights[d];
        a.ways[d] = {cellsAt(d, row), projected ? stateAt(raw, d) : outputAt(d, row), call.c0 ? stateAt(result.c, d) : nullptr,
                     w.hh->data(), call.mode == RnnMode::Gru ? dataOf(w.biasHh) : nullptr, before(d, t, false), sizeOf(t),
                     cellStride(), projected ? call.hidden : outStride};
        most = std::max(most, sizeOf(t));
      }
      if (most == 0) continue;
      launch(kernel(steps, "step"), device, stepGrid(most), kThreads, a);
      for (int d = 0; d < call.directions; d++) {
        const int64_t t = stepAt(d, s), row = offsets[size_t(t)];
        if (projected) {
          product(sizeOf(t), call.out, call.hidden, {stateAt(raw, d), call.hidden, 1}, {call.weights[d].hr->data(), 1, call.hidden},
                  {outputAt(d, row), outStride, 1});
        }
        // Sequences that end here.
        const int64_t first = std::min(sizeOf(t), sizeOf(later(d, t)));
        addRows(sizeOf(t) - first, call.out, stateAt(result.h, d, first), call.out, outputAt(d, row + first), outStride);
      }
    }
  }

 private:
  /** All gates of all steps, as far as they come from the input. */
  void inputs(int d) {
    const RnnWeights& w = call.weights[d];
    Tensor both;
    const void* bias = dataOf(w.biasIh);
    // A GRU's recurrent part is reset before it is added, and so keeps its bias.
    if (bias && call.mode != RnnMode::Gru) {
      both = emptyTensor({gates}, type, device);
      addRows(1, gates, both.data(), gates, bias, gates, w.biasHh->data(), gates);
      bias = both.data();
    }
    product(call.rows, gates, call.inputs, {call.x->data(), call.inputs, 1}, {w.ih->data(), 1, call.inputs},
            {cellsAt(d, 0), cellStride(), 1}, 0, bias);
  }
};

class Backward : Layer {
 public:
  explicit Backward(const RnnBackwardCall& back) : Layer(*back.forward, *back.result), back_(back) {}

  void run() {
    const bool gru = call.mode == RnnMode::Gru, projected = call.weights[0].hr != nullptr;
    const auto rows = [&](int64_t width) { return emptyTensor({call.directions, call.rows, width}, type, device); };
    gates_ = rows(gates);
    // What a GRU's reset gate lets through of the recurrent part's gradient.
    recurrent_ = gru ? rows(gates) : gates_;
    if (projected) projected_ = rows(call.out);
    const Tensor raw = projected ? emptyTensor({call.directions, call.batch, call.hidden}, type, device) : Tensor();
    static ByFloat steps[4];
    for (int64_t s = call.steps - 1; s >= 0; s--) {
      RnnBackwardArguments a{};
      a.hidden = call.hidden;
      int64_t most = 0;
      for (int d = 0; d < call.directions; d++) {
        const int64_t t = stepAt(d, s), row = offsets[size_t(t)], alive = sizeOf(t);
        const int64_t followed = std::min(alive, sizeOf(later(d, t)));
        const char* next = followed > 0 ? gatesAt(recurrent_, d, offsets[size_t(later(d, t))]) : nullptr;
        if (projected) throughProjection(d, row, alive, followed, next, raw);
        const bool states = call.mode == RnnMode::Lstm || gru;
        a.ways[d] = {cellsAt(d, row), call.weights[d].hh->data(), projected ? nullptr : gradAt(d, row), next,
                     projected ? stateAt(raw, d) : stateAt(*back_.dh, d), back_.dc ? stateAt(*back_.dc, d) : nullptr,
                     gatesAt(gates_, d, row), gatesAt(recurrent_, d, row), states ? before(d, t, !gru) : RnnBefore{}, alive,
                     projected ? 0 : followed, cellStride(), outStride};
        most = std::max(most, alive);
      }
      if (most > 0) launch(kernel(steps, "stepBackward"), device, stepGrid(most), kThreads, a);
    }
    for (int d = 0; d < call.directions; d++) {
      initial(d);
      if (back_.dx) {
        product(call.rows, call.inputs, gates, {gatesAt(gates_, d, 0), gates, 1}, {call.weights[d].ih->data(), call.inputs, 1},
                {back_.dx->data(), call.inputs, 1}, d == 0 ? 0 : 1);
      }
      if (back_.gradients[d].ih) weights(d);
    }
  }

 private:
  char* gatesAt(const Tensor& x, int d, int64_t row) const { return from(x, (d * call.rows + row) * x.size(2)); }
  const char* gradAt(int d, int64_t row) const {
    return back_.gradOutput ? from(*back_.gradOutput, row * outStride + d * call.out) : nullptr;
  }

  /** The gradient of h goes into `projected_`, and through the projection into `raw`. */
  void throughProjection(int d, int64_t row, int64_t alive, int64_t followed, const char* next, const Tensor& raw) const {
    const int64_t P = call.out, H = call.hidden;
    char *dh = stateAt(*back_.dh, d), *to = gatesAt(projected_, d, row);
    product(followed, P, gates, {const_cast<char*>(next), gates, 1}, {call.weights[d].hh->data(), P, 1}, {dh, P, 1});
    addRows(alive, P, to, P, dh, P, gradAt(d, row), outStride);
    product(alive, H, P, {to, P, 1}, {call.weights[d].hr->data(), H, 1}, {stateAt(raw, d), H, 1});
  }

  /** The gradient of h0, through each sequence's first step. */
  void initial(int d) const {
    for (int64_t t = 0; t < call.steps; t++) {
      const int64_t first = std::min(sizeOf(t), sizeOf(earlier(d, t))), count = sizeOf(t) - first;
      product(count, call.out, gates, {gatesAt(recurrent_, d, offsets[size_t(t)] + first), gates, 1},
              {call.weights[d].hh->data(), call.out, 1}, {stateAt(*back_.dh, d, first), call.out, 1},
              call.mode == RnnMode::Gru ? 1 : 0);
    }
  }

  void weights(int d) const {
    const int64_t P = call.out, H = call.hidden, I = call.inputs, R = call.rows;
    const RnnGradients& to = back_.gradients[d];
    char *own = gatesAt(gates_, d, 0), *recurrent = gatesAt(recurrent_, d, 0);
    product(gates, I, R, {own, 1, gates}, {call.x->data(), I, 1}, {to.ih->data(), I, 1});
    const Tensor states = emptyTensor({R, P}, type, device);
    // Of equally long sequences no table is needed.
    const bool even = sizeOf(call.steps - 1) == sizeOf(0);
    std::optional<Constant> table;
    if (!even) table.emplace(offsets.data(), offsets.size() * sizeof offsets[0], device);
    const RnnRows rows{even ? nullptr : table->data(), R, P, call.steps, sizeOf(0), outStride, d == 1};
    static ByFloat befores, projections;
    launch(befores.get(device, "rnn.cu", "statesBefore", type, kModes[0]), device, gridFor(R * P, kThreads), kThreads, rows,
           states.data(), outputAt(d, 0), stateAt(*call.h0, d));
    product(gates, P, R, {recurrent, 1, gates}, {states.data(), P, 1}, {to.hh->data(), P, 1});
    if (to.biasIh) {
      columnSums(gates_, d, *to.biasIh);
      columnSums(recurrent_, d, *to.biasHh);
    }
    if (!to.hr) return;
    const Tensor raw = emptyTensor({R, H}, type, device);
    launch(projections.get(device, "rnn.cu", "statesProjected", type, kModes[0]), device, gridFor(R * H, kThreads), kThreads,
           static_cast<long long>(R), static_cast<long long>(H), raw.data(), cellsAt(d, 0));
    product(P, H, R, {gatesAt(projected_, d, 0), 1, P}, {raw.data(), H, 1}, {to.hr->data(), H, 1});
  }

  void columnSums(const Tensor& grads, int d, const Tensor& out) const {
    const Tensor rows = grads.viewed({call.rows, gates}, {gates, 1}, grads.offset() + d * call.rows * gates);
    const Tensor sums = out.viewed({1, gates}, {gates, 1});
    reduceKernel(device, ReduceCall{Reduction::Sum, &sums, &rows, type, 0, Finish::None});
  }

  const RnnBackwardCall& back_;
  Tensor gates_, recurrent_, projected_;
};

void rnnOnCuda(const RnnCall& call, const RnnResult& result) { Forward(call, result).run(); }
void rnnBackwardOnCuda(const RnnBackwardCall& back) { Backward(back).run(); }

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) {
    for (const char* mode : kModes) all.push_back(ByFloat::unit("rnn.cu", type, mode));
  }
}

GB_KERNEL(CUDA, rnnKernel, rnnOnCuda)
GB_KERNEL(CUDA, rnnBackwardKernel, rnnBackwardOnCuda)

}  // namespace
}  // namespace gb::cuda
