// Recurrent layers on the CPU: the input's part of all gates is one product, then come the steps. A thread walks all
// steps of its sequences, so that threads meet only once; where the weights are too large for that, the steps' products
// are split instead.
#include "cpu/rnn_steps.h"

namespace gb {
namespace {

template <class T>
class Forward {
 public:
  Forward(const RnnCall& call, const RnnResult& result) : call_(call), result_(result) {
    for (int d = 0; d < call.directions; d++) {
      steps_.emplace_back(call, result, d);
      hh_[d] = transposedCopy(*call.weights[d].hh);
      if (call.weights[d].hr) hr_[d] = transposedCopy(*call.weights[d].hr);
    }
  }

  void run() {
    for (int d = 0; d < call_.directions; d++) inputs(d);
    overSequences(steps_[0], [&](int d, int64_t lo, int64_t hi) { walk(steps_[size_t(d)], d, lo, hi); });
  }

 private:
  /** All gates of all steps, as far as they come from the input. */
  void inputs(int d) {
    const RnnSteps<T>& steps = steps_[size_t(d)];
    const RnnWeights& w = call_.weights[d];
    const T* bias = dataOf<const T>(w.biasIh);
    std::vector<T> both;
    // A GRU's recurrent part is reset before it is added, and so keeps its bias.
    if (bias && call_.mode != RnnMode::Gru) {
      both.assign(bias, bias + steps.gates);
      const T* other = w.biasHh->as<T>();
      for (int64_t j = 0; j < steps.gates; j++) both[size_t(j)] += other[j];
      bias = both.data();
    }
    const CellRows cells = steps.cells(0);
    const int64_t I = call_.inputs;
    gemm<T>(call_.rows, steps.gates, I, {call_.x->as<T>(), I, 1}, {w.ih->as<T>(), 1, I}, {at<T>(cells), cells.stride, 1},
            {1, 0, bias, nullptr});
  }

  /** All steps of sequences [lo, hi). */
  void walk(const RnnSteps<T>& steps, int d, int64_t lo, int64_t hi) {
    const int64_t P = call_.out, H = call_.hidden, G = steps.gates;
    const bool gru = call_.mode == RnnMode::Gru;
    const T* bias = gru ? dataOf<const T>(call_.weights[d].biasHh) : nullptr;
    std::vector<T> recurrent(size_t(gru ? (hi - lo) * G : 0)), raw(size_t(hr_[d].numel() ? (hi - lo) * H : 0));
    const CellRows h = steps.stateOf(result_.h, lo);
    const CellRows c = call_.c0 ? steps.stateOf(result_.c, lo) : CellRows{};
    for (int64_t s = 0; s < call_.steps; s++) {
      const int64_t t = steps.stepAt(s), alive = std::min(hi, call_.batchSizes[t]) - lo;
      if (alive <= 0) continue;
      checkInterrupt();
      const int64_t row = steps.rowOf(t) + lo;
      const CellRows cells = steps.cells(row), out = steps.output(row);
      const Matrix<const T> from{at<T>(h), P, 1}, weights{hh_[d].template as<T>(), G, 1};
      if (gru) {
        ownGemm<T>(alive, G, P, from, weights, {recurrent.data(), G, 1}, {1, 0, bias, nullptr});
      } else {
        ownGemm<T>(alive, G, P, from, weights, {at<T>(cells), cells.stride, 1}, {1, 1, nullptr, nullptr});
      }
      switch (call_.mode) {
        case RnnMode::Tanh: loops_.tanh(alive, H, cells, h); break;
        case RnnMode::Relu: loops_.relu(alive, H, cells, h); break;
        case RnnMode::Gru: loops_.gru(alive, H, cells, {recurrent.data(), G}, out, h); break;
        case RnnMode::Lstm:
          if (raw.empty()) {
            loops_.lstm(alive, H, cells, c, out, h);
          } else {
            loops_.lstm(alive, H, cells, c, {raw.data(), H}, {});
            ownGemm<T>(alive, P, H, {raw.data(), H, 1}, {hr_[d].template as<T>(), P, 1}, {at<T>(h), P, 1},
                       {1, 0, nullptr, nullptr});
            for (int64_t r = 0; r < alive; r++) std::copy_n(at<T>(h, r), P, at<T>(out, r));
          }
      }
    }
  }

  const RnnCall& call_;
  const RnnResult& result_;
  const RnnLoops& loops_ = GB_CHOOSE(rnnLoops)[sizeof(T) == 8];
  std::vector<RnnSteps<T>> steps_;
  Tensor hh_[2], hr_[2];
};

void rnnOnCpu(const RnnCall& call, const RnnResult& result) {
  result.output.dtype() == DType::Float64 ? Forward<double>(call, result).run() : Forward<float>(call, result).run();
}

}  // namespace

GB_KERNEL(CPU, rnnKernel, rnnOnCpu)

}  // namespace gb
