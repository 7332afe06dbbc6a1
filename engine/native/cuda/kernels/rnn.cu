// Steps of recurrent layers: the product with the recurrent weights and the cell in one kernel. Macros: GB_T (float or
// double), GB_MODE (an RnnMode's code). A block takes 32 sequences and 16 hidden units of one direction, with all gates.
#include "cuda/kernels/prelude.cuh"
#include "cuda/kernels/rnn_arguments.h"

namespace gb {
namespace cuda {

using T = GB_T;
constexpr int kTanh = 0, kRelu = 1, kLstm = 2, kGru = 3, kMode = GB_MODE;
constexpr int kGates = kMode == kLstm ? 4 : kMode == kGru ? 3 : 1;
constexpr int kSide = 16, kRows = 32, kPer = kRows / kSide, kDepth = 16;

GB_DEVICE T sigmoid(T x) { return T(1) / (T(1) + scalar::exp(-x)); }

/** Row j of a state: of an earlier step's rows where the sequence was there, else the initial one. */
GB_DEVICE const T* rowOf(const RnnBefore& before, i64 j) {
  return j < before.count ? static_cast<const T*>(before.rows) + j * before.stride
                          : static_cast<const T*>(before.initial) + j * before.width;
}

/** The thread's place in a tile. */
struct Place2 {
  int tx, ty;
  i64 unit, row0;
  GB_DEVICE Place2()
      : tx(int(threadIdx.x) % kSide), ty(int(threadIdx.x) / kSide), unit(i64(blockIdx.x) * kSide + tx),
        row0(i64(blockIdx.y) * kRows) {}
  GB_DEVICE i64 row(int i) const { return row0 + ty + i * kSide; }
};

extern "C" __global__ void __launch_bounds__(256) step(RnnStepArguments a) {
  __shared__ T states[kDepth][kRows + 1], weights[kGates][kDepth][kSide + 1];
  const RnnWay& way = a.ways[blockIdx.z];
  const Place2 p;
  if (p.row0 >= way.alive) return;
  const i64 H = a.hidden, width = way.before.width;
  T sums[kPer][kGates] = {};
  for (i64 k0 = 0; k0 < width; k0 += kDepth) {
#pragma unroll
    for (int i = 0; i < kPer; i++) {
      const i64 j = p.row(i), k = k0 + p.tx;
      states[p.tx][p.ty + i * kSide] = j < way.alive && k < width ? rowOf(way.before, j)[k] : T(0);
    }
    const i64 unit = i64(blockIdx.x) * kSide + p.ty, k = k0 + p.tx;
#pragma unroll
    for (int g = 0; g < kGates; g++) {
      weights[g][p.tx][p.ty] = unit < H && k < width ? static_cast<const T*>(way.hh)[(g * H + unit) * width + k] : T(0);
    }
    __syncthreads();
#pragma unroll
    for (int d = 0; d < kDepth; d++) {
#pragma unroll
      for (int g = 0; g < kGates; g++) {
        const T w = weights[g][d][p.tx];
#pragma unroll
        for (int i = 0; i < kPer; i++) sums[i][g] = scalar::mulAdd(states[d][p.ty + i * kSide], w, sums[i][g]);
      }
    }
    __syncthreads();
  }
  if (p.unit >= H) return;
#pragma unroll
  for (int i = 0; i < kPer; i++) {
    const i64 j = p.row(i);
    if (j >= way.alive) continue;
    T* cells = static_cast<T*>(way.cells) + j * way.cellStride + p.unit;
    T* out = static_cast<T*>(way.out) + j * way.outStride + p.unit;
    if constexpr (kMode == kTanh) {
      *out = scalar::tanh(*cells + sums[i][0]);
    } else if constexpr (kMode == kRelu) {
      const T x = *cells + sums[i][0];
      *out = x < T(0) ? T(0) : x;
    } else if constexpr (kMode == kLstm) {
      const T in = sigmoid(cells[0] + sums[i][0]), forget = sigmoid(cells[H] + sums[i][1]);
      const T fresh = scalar::tanh(cells[2 * H] + sums[i][2]), open = sigmoid(cells[3 * H] + sums[i][3]);
      T* c = static_cast<T*>(way.c) + j * H + p.unit;
      const T next = forget * *c + in * fresh, squashed = scalar::tanh(next);
      cells[0] = in;
      cells[H] = forget;
      cells[2 * H] = fresh;
      cells[3 * H] = open;
      cells[4 * H] = next;
      cells[5 * H] = squashed;
      *c = next;
      *out = open * squashed;
    } else {
      const T* bias = static_cast<const T*>(way.bias);
      const auto recurrent = [&](int g) { return bias ? sums[i][g] + bias[g * H + p.unit] : sums[i][g]; };
      const T reset = sigmoid(cells[0] + recurrent(0)), update = sigmoid(cells[H] + recurrent(1)), own = recurrent(2);
      const T fresh = scalar::tanh(cells[2 * H] + reset * own);
      cells[0] = reset;
      cells[H] = update;
      cells[2 * H] = fresh;
      cells[3 * H] = own;
      *out = fresh + update * (rowOf(way.before, j)[p.unit] - fresh);
    }
  }
}

/**
 * One step back. The gradient of h is what the step that followed gives, by the recurrent weights (for sequences that have
 * one), what `dh` holds (for the others; for a GRU the part that goes past its gates), and the output's own.
 */
extern "C" __global__ void __launch_bounds__(256) stepBackward(RnnBackwardArguments a) {
  __shared__ T grads[kDepth][kRows + 1], weights[kDepth][kSide + 1];
  const RnnBackwardWay& way = a.ways[blockIdx.z];
  const Place2 p;
  if (p.row0 >= way.alive) return;
  const i64 H = a.hidden, G = kGates * H;
  T sums[kPer] = {};
  for (i64 k0 = 0; p.row0 < way.followed && k0 < G; k0 += kDepth) {
#pragma unroll
    for (int i = 0; i < kPer; i++) {
      const i64 j = p.row(i), k = k0 + p.tx;
      grads[p.tx][p.ty + i * kSide] = j < way.followed && k < G ? static_cast<const T*>(way.later)[j * G + k] : T(0);
    }
    weights[p.ty][p.tx] = p.unit < H && k0 + p.ty < G ? static_cast<const T*>(way.hh)[(k0 + p.ty) * H + p.unit] : T(0);
    __syncthreads();
#pragma unroll
    for (int d = 0; d < kDepth; d++) {
#pragma unroll
      for (int i = 0; i < kPer; i++) sums[i] = scalar::mulAdd(grads[d][p.ty + i * kSide], weights[d][p.tx], sums[i]);
    }
    __syncthreads();
  }
  if (p.unit >= H) return;
#pragma unroll
  for (int i = 0; i < kPer; i++) {
    const i64 j = p.row(i);
    if (j >= way.alive) continue;
    T* dh = static_cast<T*>(way.dh) + j * H + p.unit;
    T g = j < way.followed ? (kMode == kGru ? sums[i] + *dh : sums[i]) : *dh;
    if (way.grad) g += static_cast<const T*>(way.grad)[j * way.outStride + p.unit];
    const T* cells = static_cast<const T*>(way.cells) + j * way.cellStride + p.unit;
    T* gates = static_cast<T*>(way.gates) + j * G + p.unit;
    if constexpr (kMode == kTanh) {
      gates[0] = g * (T(1) - *cells * *cells);
    } else if constexpr (kMode == kRelu) {
      gates[0] = *cells <= T(0) ? T(0) : g;
    } else if constexpr (kMode == kLstm) {
      const T in = cells[0], forget = cells[H], fresh = cells[2 * H], open = cells[3 * H], squashed = cells[5 * H];
      T* dc = static_cast<T*>(way.dc) + j * H + p.unit;
      const T d = *dc + g * open * (T(1) - squashed * squashed), before = rowOf(way.before, j)[p.unit];
      gates[0] = d * fresh * in * (T(1) - in);
      gates[H] = d * before * forget * (T(1) - forget);
      gates[2 * H] = d * in * (T(1) - fresh * fresh);
      gates[3 * H] = g * squashed * open * (T(1) - open);
      *dc = d * forget;
    } else {
      const T reset = cells[0], update = cells[H], fresh = cells[2 * H], own = cells[3 * H];
      const T before = rowOf(way.before, j)[p.unit];
      const T dFresh = g * (T(1) - update) * (T(1) - fresh * fresh), dReset = dFresh * own * reset * (T(1) - reset);
      const T dUpdate = g * (before - fresh) * update * (T(1) - update);
      T* recurrent = static_cast<T*>(way.recurrent) + j * G + p.unit;
      gates[0] = recurrent[0] = dReset;
      gates[H] = recurrent[H] = dUpdate;
      gates[2 * H] = dFresh;
      recurrent[2 * H] = dFresh * reset;
      *dh = g * update;
    }
  }
}

/** to = a (+ b), rows by rows; strides in elements. */
extern "C" __global__ void addRows(i64 rows, i64 width, T* to, i64 toStride, const T* a, i64 aStride, const T* b, i64 bStride) {
  const i64 i = globalThread();
  if (i >= rows * width) return;
  const i64 row = i / width, column = i % width;
  const T value = a[row * aStride + column];
  to[row * toStride + column] = b ? value + b[row * bStride + column] : value;
}

/** The h that each row's cell saw. */
extern "C" __global__ void statesBefore(RnnRows a, T* to, const T* output, const T* initial) {
  const i64 i = globalThread();
  if (i >= a.rows * a.width) return;
  const i64 row = i / a.width, column = i % a.width;
  const i64* offsets = static_cast<const i64*>(a.offsets);
  i64 t = 0;
  if (offsets) {
    for (i64 end = a.steps; end - t > 1;) {
      const i64 middle = (t + end) / 2;
      (offsets[middle] <= row ? t : end) = middle;
    }
  } else {
    t = row / a.batch;
  }
  const auto first = [&](i64 step) { return offsets ? offsets[step] : step * a.batch; };
  const i64 j = row - first(t), earlier = a.backwards ? t + 1 : t - 1;
  const bool there = earlier >= 0 && earlier < a.steps && j < first(earlier + 1) - first(earlier);
  to[i] = there ? output[(first(earlier) + j) * a.outStride + column] : initial[j * a.width + column];
}

/** h before its projection: the output gate times tanh c. */
extern "C" __global__ void statesProjected(i64 rows, i64 hidden, T* to, const T* kept) {
  const i64 i = globalThread();
  if (i >= rows * hidden) return;
  const T* cells = kept + i / hidden * 6 * hidden + i % hidden;
  to[i] = cells[3 * hidden] * cells[5 * hidden];
}

}  // namespace cuda
}  // namespace gb
