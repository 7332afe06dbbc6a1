// Recurrent layers as the stand-in for cuDNN computes them: in double, from descriptors that were checked. What a pass keeps for
// the next ones lies in the reserve, as doubles.
#pragma once
#include <cstdint>
#include <vector>

#include "cudnn.h"

namespace standin::dnn {

constexpr int kPlainRelu = 0, kPlainTanh = 1, kLstm = 2, kGru = 3;

struct Dropout {
  bool set = false;
  float p = 0;
  void* states = nullptr;
};
/** What dropout's states hold, in the card's memory. */
struct States {
  uint64_t magic, seed, drawn;
};
constexpr uint64_t kStatesMagic = 0x73746174657321;
constexpr size_t kStatesBytes = 4096;

struct Rnn {
  bool set = false;
  int algorithm, cell, biases, directions, type, math, inputs, hidden, out, layers;
  bool padded;
  Dropout dropout;
  const void* dropoutDescriptor;

  int gates() const { return cell == kLstm ? 4 : cell == kGru ? 3 : 1; }
  int kept() const { return cell == kLstm ? 6 : cell == kGru ? 4 : 1; }
  bool projected() const { return out != hidden; }
  int pseudoLayers() const { return layers * directions; }
  int width(int layer) const { return layer == 0 ? inputs : directions * out; }
};

/** Rows of sequences. */
struct RnnData {
  bool set = false, packed;
  int type, steps, batch, width;
  std::vector<int> lengths;

  int alive(int t) const {
    int n = 0;
    for (int length : lengths) n += length > t;
    return t < 0 ? 0 : n;
  }
  size_t rows() const {
    size_t n = 0;
    for (int length : lengths) n += size_t(length);
    return n;
  }
};

/** Where weights stand, in elements: all matrices, a gap, all biases. */
struct Weights {
  explicit Weights(const Rnn& r);
  struct Layer {
    size_t ih, hh, hr, biasIh, biasHh;
  };
  std::vector<Layer> layers;
  size_t count;
};

/** Where a reserve's doubles stand. */
struct Reserve {
  Reserve(const Rnn& r, size_t rows);
  struct Layer {
    size_t x, mask, y;
  };
  struct Way {
    size_t cells, own, recurrent, projected;
  };
  std::vector<Layer> layers;
  std::vector<Way> ways;  // of each layer and direction
  size_t count;
};

/** In front of a reserve's doubles. */
struct ReserveHead {
  uint64_t magic, rows, hidden;
  /** 1: forward, 2: and the backward pass of data. */
  uint64_t stage;
};
constexpr uint64_t kReserveMagic = 0x72657365727665;

/** Pointers that the host may read; null where the call gave none. */
struct RnnRun {
  Rnn rnn;
  RnnData rows;
  const void *weights, *hx, *cx;
  double* reserve;
};
void rnnForward(const RnnRun& run, const void* x, void* y, void* hy, void* cy, bool training);
void rnnBackwardData(const RnnRun& run, const void* dy, void* dx, const void* dhy, void* dhx, const void* dcy, void* dcx);
void rnnBackwardWeights(const RnnRun& run, void* gradients);

}  // namespace standin::dnn
