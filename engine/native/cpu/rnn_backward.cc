// The derivative of recurrent layers on the CPU: back through the steps, gathering the gates' gradients, and then one
// product for each weight and for the input.
#include "cpu/rnn_steps.h"

namespace gb {
namespace {

template <class T>
class Backward {
 public:
  explicit Backward(const RnnBackwardCall& back) : back_(back), call_(*back.forward) {
    const auto rows = [&](int64_t width) { return emptyTensor({call_.rows, width}, back.dh->dtype(), back.dh->device()); };
    for (int d = 0; d < call_.directions; d++) {
      steps_.emplace_back(call_, *back.result, d);
      dGates_[d] = rows(steps_[size_t(d)].gates);
      // What a GRU's reset gate lets through of the recurrent part's gradient.
      dRecurrent_[d] = call_.mode == RnnMode::Gru ? rows(steps_[size_t(d)].gates) : dGates_[d];
      if (call_.weights[d].hr) dProjected_[d] = rows(call_.out);
    }
  }

  void run() {
    overSequences(steps_[0], [&](int d, int64_t lo, int64_t hi) { walk(steps_[size_t(d)], d, lo, hi); });
    for (int d = 0; d < call_.directions; d++) {
      const int64_t G = steps_[size_t(d)].gates, I = call_.inputs, R = call_.rows;
      if (back_.dx) {
        gemm<T>(R, I, G, {dGates_[d].template as<T>(), G, 1}, {call_.weights[d].ih->template as<T>(), I, 1},
                {back_.dx->template as<T>(), I, 1}, {1, T(d == 0 ? 0 : 1), nullptr, nullptr});
      }
      if (back_.gradients[d].ih) weights(steps_[size_t(d)], d);
    }
  }

 private:
  /** All steps of sequences [lo, hi), the last first. */
  void walk(const RnnSteps<T>& steps, int d, int64_t lo, int64_t hi) {
    const int64_t P = call_.out, H = call_.hidden, G = steps.gates;
    const MaybeTensor hr = call_.weights[d].hr;
    const Matrix<const T> hh{call_.weights[d].hh->template as<T>(), P, 1};
    std::vector<T> raw(size_t(hr ? (hi - lo) * H : 0));
    for (int64_t s = call_.steps - 1; s >= 0; s--) {
      const int64_t t = steps.stepAt(s), end = std::min(hi, call_.batchSizes[t]), alive = end - lo;
      if (alive <= 0) continue;
      checkInterrupt();
      const int64_t row = steps.rowOf(t) + lo;
      const CellRows dh = steps.stateOf(*back_.dh, lo);
      const CellRows dGates{dGates_[d].template as<T>() + row * G, G};
      const CellRows dRecurrent{dRecurrent_[d].template as<T>() + row * G, G};
      CellRows grad = gradient(steps, d, row), dCell = dh;
      if (hr) {
        // Through the projection first.
        const CellRows dProjected{dProjected_[d].template as<T>() + row * P, P};
        for (int64_t r = 0; r < alive; r++) {
          T* to = at<T>(dProjected, r);
          std::copy_n(at<T>(dh, r), P, to);
          if (!grad) continue;
          const T* more = at<T>(grad, r);
          for (int64_t j = 0; j < P; j++) to[j] += more[j];
        }
        ownGemm<T>(alive, H, P, {at<T>(dProjected), P, 1}, {hr->template as<T>(), H, 1}, {raw.data(), H, 1},
                   {1, 0, nullptr, nullptr});
        dCell = {raw.data(), H};
        grad = {};
      }
      cell(steps, t, lo, end, dCell, grad, dGates, dRecurrent);
      const T keep = call_.mode == RnnMode::Gru ? 1 : 0;
      ownGemm<T>(alive, P, G, {at<T>(dRecurrent), G, 1}, hh, {at<T>(dh), P, 1}, {1, keep, nullptr, nullptr});
    }
  }

  CellRows gradient(const RnnSteps<T>& steps, int d, int64_t row) const {
    if (!back_.gradOutput) return {};
    return {back_.gradOutput->template as<T>() + row * steps.outputStride() + d * call_.out, steps.outputStride()};
  }

  /** The gates' gradients of one step. */
  void cell(const RnnSteps<T>& steps, int64_t t, int64_t lo, int64_t hi, CellRows dh, CellRows grad, CellRows dGates,
            CellRows dRecurrent) const {
    const int64_t H = call_.hidden, row = steps.rowOf(t);
    const auto from = [&](CellRows rows, int64_t first) {
      return rows ? CellRows{at<T>(rows, first - lo), rows.stride} : CellRows{};
    };
    if (call_.mode == RnnMode::Tanh) return loops_.tanhBackward(hi - lo, H, steps.output(row + lo), dh, grad, dGates);
    if (call_.mode == RnnMode::Relu) return loops_.reluBackward(hi - lo, H, steps.output(row + lo), dh, grad, dGates);
    const bool lstm = call_.mode == RnnMode::Lstm;
    steps.before(t, lo, hi, lstm, [&](int64_t first, int64_t count, CellRows before) {
      const CellRows cells = steps.cells(row + first);
      if (lstm) {
        loops_.lstmBackward(count, H, cells, before, from(dh, first), from(grad, first), steps.stateOf(*back_.dc, first),
                            from(dGates, first));
      } else {
        loops_.gruBackward(count, H, cells, before, from(dh, first), from(grad, first), from(dGates, first),
                           from(dRecurrent, first));
      }
    });
  }

  void weights(const RnnSteps<T>& steps, int d) {
    const int64_t P = call_.out, H = call_.hidden, G = steps.gates, I = call_.inputs;
    const RnnGradients& to = back_.gradients[d];
    product(dGates_[d], G, call_.x->template as<T>(), I, *to.ih);
    const Tensor before = emptyTensor({call_.rows, P}, to.hh->dtype(), to.hh->device());
    for (int64_t t = 0; t < call_.steps; t++) {
      steps.before(t, 0, call_.batchSizes[t], false, [&](int64_t first, int64_t count, CellRows rows) {
        T* out = before.as<T>() + (steps.rowOf(t) + first) * P;
        for (int64_t r = 0; r < count; r++) std::copy_n(at<T>(rows, r), P, out + r * P);
      });
    }
    product(dRecurrent_[d], G, before.as<T>(), P, *to.hh);
    if (to.biasIh) {
      columnSums(dGates_[d], G, *to.biasIh);
      columnSums(dRecurrent_[d], G, *to.biasHh);
    }
    if (to.hr) {
      // h before the projection: output gate times tanh c.
      const Tensor raw = emptyTensor({call_.rows, H}, to.hr->dtype(), to.hr->device());
      for (int64_t row = 0; row < call_.rows; row++) {
        const T* o = at<T>(steps.cells(row)) + 3 * H;
        const T* tanhC = o + 2 * H;
        T* out = raw.as<T>() + row * H;
        for (int64_t j = 0; j < H; j++) out[j] = o[j] * tanhC[j];
      }
      product(dProjected_[d], P, raw.as<T>(), H, *to.hr);
    }
  }

  /** out[m][n] = gradsᵀ · x over all rows. */
  void product(const Tensor& grads, int64_t m, const T* x, int64_t n, const Tensor& out) const {
    gemm<T>(m, n, call_.rows, {grads.as<T>(), 1, m}, {x, n, 1}, {out.as<T>(), n, 1}, {1, 0, nullptr, nullptr});
  }

  void columnSums(const Tensor& grads, int64_t n, const Tensor& out) const {
    // By blocks, so that a long sum of float stays exact enough.
    constexpr int64_t kBlock = 128;
    std::vector<double> sums(size_t(n), 0.0);
    std::vector<T> block(static_cast<size_t>(n));
    for (int64_t begin = 0; begin < call_.rows; begin += kBlock) {
      std::fill(block.begin(), block.end(), T(0));
      for (int64_t row = begin; row < std::min(call_.rows, begin + kBlock); row++) {
        const T* x = grads.as<T>() + row * n;
        for (int64_t j = 0; j < n; j++) block[size_t(j)] += x[j];
      }
      for (int64_t j = 0; j < n; j++) sums[size_t(j)] += double(block[size_t(j)]);
    }
    for (int64_t j = 0; j < n; j++) out.as<T>()[j] = T(sums[size_t(j)]);
  }

  const RnnBackwardCall& back_;
  const RnnCall& call_;
  const RnnLoops& loops_ = GB_CHOOSE(rnnLoops)[sizeof(T) == 8];
  std::vector<RnnSteps<T>> steps_;
  Tensor dGates_[2], dRecurrent_[2], dProjected_[2];
};

void rnnBackwardOnCpu(const RnnBackwardCall& back) {
  back.dh->dtype() == DType::Float64 ? Backward<double>(back).run() : Backward<float>(back).run();
}

}  // namespace

GB_KERNEL(CPU, rnnBackwardKernel, rnnBackwardOnCpu)

}  // namespace gb
