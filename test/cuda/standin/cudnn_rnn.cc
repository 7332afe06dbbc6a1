// The stand-in for cuDNN's recurrent layers: what the calls look like and what they refuse. test/cuda/headers.test.ts holds what
// descriptors accept against the library itself. The arithmetic is in rnn.cc.
#include <cstdio>
#include <cstring>
#include <string>

#include "rnn.h"

namespace {

using namespace standin;
using namespace standin::dnn;

constexpr size_t kWorkspace = 2048;
constexpr int kStandard = 0, kPersistStatic = 1, kPersistSmall = 3;

size_t reserveBytes(const Rnn& r, const RnnData& x) { return sizeof(ReserveHead) + Reserve(r, x.rows()).count * sizeof(double); }
size_t weightBytes(const Rnn& r) { return Weights(r).count * sizeOf(r.type); }

/** Why a descriptor of rows does not go with the layers; empty where it does. */
std::string misfit(const Rnn& r, const RnnData& x) {
  if (!r.set || !x.set) return "a descriptor that was not set";
  if (x.type != r.type) return "rows of another type than the layers'";
  if (x.packed == r.padded) return "rows that are packed where the layers take padded ones, or the other way round";
  return "";
}

struct Call {
  Handle* handle;
  Rnn* rnn;
  RnnData *x, *y;
  Tensor *h, *c;
  size_t weights, work;
  void* workspace;
};

std::string misfit(const Call& call, bool withCells = true) {
  if (!there({call.handle, call.rnn, call.x, call.y, call.h})) return "something that is not there";
  const Rnn& r = *call.rnn;
  const bool cells = withCells && r.cell == kLstm;
  if (!there({r.dropoutDescriptor})) return "a dropout descriptor that is gone";
  if (cells && !there({call.c})) return "cell states without a descriptor";
  if (const std::string wrong = misfit(r, *call.x); !wrong.empty()) return wrong;
  const RnnData &x = *call.x, &y = *call.y;
  if (!y.set || y.type != x.type || y.packed != x.packed || y.lengths != x.lengths || y.steps != x.steps) return "results of other rows";
  if (x.width != r.inputs || y.width != r.directions * r.out) return "rows of another width than the layers'";
  if (call.h->type != r.type || call.h->sizes != std::vector<int>{r.pseudoLayers(), x.batch, r.out}) return "states of another shape";
  if (cells && (call.c->type != r.type || call.c->sizes != std::vector<int>{r.pseudoLayers(), x.batch, r.hidden})) return "cells of another shape";
  if (call.weights != weightBytes(r)) return "a weight space of another size";
  if (call.work < kWorkspace || !onCard(call.workspace, call.work)) return "less workspace than the layers ask for";
  return "";
}

/** Memory of the call, each with its bytes; null where nothing was given. */
struct Memory {
  const void* at;
  size_t bytes, alignment;
};
bool isThere(std::initializer_list<Memory> all) {
  for (const Memory& each : all) {
    if (each.at && (!onCard(each.at, each.bytes) || reinterpret_cast<size_t>(each.at) % each.alignment)) return false;
  }
  return true;
}
void* host(const void* at) { return at ? onHost(at) : nullptr; }

void say(const char* pass, const Rnn& r, const RnnData& x) {
  if (setting("cudnn") != "loud" && setting("cudnn") != "plain") return;
  constexpr const char* cells[] = {"ReLU", "tanh", "LSTM", "GRU"};
  std::fprintf(stderr, "cuDNN: %s %s, algorithm %d, math %d, %d layers, %d directions, %s, type %d\n", cells[r.cell], pass, r.algorithm,
               r.math, r.layers, r.directions, x.packed ? "packed" : "even", r.type);
}

/** Whether an algorithm takes the case, which the library says when it is run. */
bool takes(const Rnn& r) { return setting("cudnn") != "refuse" && (setting("cudnn") != "plain" || r.algorithm == kStandard); }

/** The reserve's doubles for a run; null, and the reason said, where the reserve is not what the pass before left. */
double* doublesOf(void* reserve, const Rnn& r, size_t rows, uint64_t stage) {
  auto* head = static_cast<ReserveHead*>(onHost(reserve));
  if (stage == 0) {
    *head = {kReserveMagic, rows, uint64_t(r.hidden), 1};
  } else if (head->magic != kReserveMagic || head->rows != rows || head->hidden != uint64_t(r.hidden) || head->stage < stage) {
    collapse("cuDNN: a reserve that the pass before did not leave");
    return nullptr;
  }
  return reinterpret_cast<double*>(head + 1);
}

/** Whether rows hold what the forward pass computed, or was given. */
bool areSame(const void* rows, int type, const double* kept, size_t count) {
  for (size_t i = 0; i < count; i++) {
    double rounded = 0;
    put(&rounded, type, 0, kept[i]);
    if (get(rows, type, i) != get(&rounded, type, 0)) return false;
  }
  return true;
}

}  // namespace

API int cudnnCreateDropoutDescriptor(Dropout** out) { return made(out); }
API int cudnnDestroyDropoutDescriptor(Dropout* d) { return gone(d); }
API int cudnnDropoutGetStatesSize(Handle* handle, size_t* bytes) {
  if (!there({handle})) return refuse(kBadParam, "cuDNN: no such handle");
  *bytes = kStatesBytes;
  return 0;
}
API int cudnnRestoreDropoutDescriptor(Dropout* d, Handle* handle, float p, void* states, size_t bytes, unsigned long long) {
  if (!there({d, handle}) || p < 0 || p > 1 || bytes != kStatesBytes || !onCard(states, bytes)) {
    return refuse(kBadParam, "cuDNN: dropout without its states");
  }
  *d = {true, p, states};
  return 0;
}
API int cudnnSetDropoutDescriptor(Dropout* d, Handle* handle, float p, void* states, size_t bytes, unsigned long long seed) {
  if (!there({d, handle})) return refuse(kBadParam, "cuDNN: dropout that is not there");
  if (!states && p == 0) {
    *d = {true, 0, nullptr};
    return 0;
  }
  if (const int error = cudnnRestoreDropoutDescriptor(d, handle, p, states, bytes, seed)) return error;
  enqueue(handle->stream, [=] {
    if (!onCard(states, bytes)) return collapse("cuDNN: states of dropout in memory that is not allocated");
    *static_cast<States*>(onHost(states)) = {kStatesMagic, seed, 0};
  });
  return 0;
}

API int cudnnCreateRNNDescriptor(Rnn** out) { return made(out); }
API int cudnnDestroyRNNDescriptor(Rnn* r) { return gone(r); }
API int cudnnSetRNNDescriptor_v8(Rnn* r, int algorithm, int cell, int biases, int direction, int input, int type, int precision, int math,
                                 int32_t inputs, int32_t hidden, int32_t out, int32_t layers, Dropout* dropout, uint32_t flags) {
  const auto below = [](int value, int most) { return value >= 0 && value < most; };
  if (!there({r}) || !below(algorithm, 4) || !below(cell, 4) || !below(biases, 4) || !below(direction, 2) || !below(math, 4) || flags > 1 ||
      inputs < 1 || hidden < 1 || layers < 1 || out < 1) {
    return kBadParam;
  }
  if (input != 0 || (biases != 0 && biases != 2)) return refuse(kNotSupported, "cuDNN: the stand-in knows plain inputs, and two biases or none");
  const bool narrow = type == kHalf && precision == kHalf;
  const bool exact = type == kBFloat16 || type == kHalf ? precision == kFloat : isType(type) && precision == type;
  if (!exact && !narrow) return kNotSupported;
  if (out > hidden || (out != hidden && (cell != kLstm || algorithm != kStandard))) return kNotSupported;
  if (type == kDouble && (algorithm == kPersistStatic || algorithm == kPersistSmall)) return kNotSupported;
  const bool chosen = there({dropout});
  if (dropout && !chosen) return refuse(kBadParam, "cuDNN: layers with a dropout descriptor that is gone");
  *r = {true, algorithm, cell, biases, direction + 1, type, math, inputs, hidden, out, layers, flags == 1, chosen ? *dropout : Dropout{}, dropout};
  return 0;
}

API int cudnnCreateRNNDataDescriptor(RnnData** out) { return made(out); }
API int cudnnDestroyRNNDataDescriptor(RnnData* x) { return gone(x); }
API int cudnnSetRNNDataDescriptor(RnnData* x, int type, int layout, int steps, int batch, int width, const int* lengths, void*) {
  if (!isType(type)) return kNotSupported;
  if (!there({x}) || layout < 0 || layout > 2 || steps < 1 || batch < 1 || width < 1 || !lengths) return kBadParam;
  const bool packed = layout == 1;
  bool even = true;
  for (int i = 0; i < batch; i++) {
    if (lengths[i] > steps || lengths[i] < 0) return kBadParam;
    if (packed && (lengths[i] < 1 || lengths[0] != steps || (i > 0 && lengths[i] > lengths[i - 1]))) return kBadParam;
    even &= lengths[i] == steps;
  }
  *x = {true, packed, type, steps, batch, width, {lengths, lengths + batch}};
  // Set, and no use to the stand-in: rows with padding.
  x->set = packed || (layout == 0 && even);
  return 0;
}

API int cudnnGetRNNWeightSpaceSize(Handle* handle, Rnn* r, size_t* bytes) {
  if (!there({handle, r}) || !r->set) return refuse(kBadParam, "cuDNN: the weights of no layers");
  *bytes = weightBytes(*r);
  return 0;
}
API int cudnnGetRNNWeightParams(Handle* handle, Rnn* r, int32_t layer, size_t bytes, const void* space, int32_t id, Tensor* matrix, void** m,
                                Tensor* bias, void** b) {
  if (!there({handle, r, matrix, bias}) || !r->set || layer < 0 || layer >= r->pseudoLayers() || bytes != weightBytes(*r)) {
    return refuse(kBadParam, "cuDNN: a weight of no layer");
  }
  const int gates = r->gates();
  if (id < 0 || id > 2 * gates || (id == 2 * gates && !r->projected())) return refuse(kBadParam, "cuDNN: a weight that no layer has");
  const Weights::Layer at = Weights(*r).layers[size_t(layer)];
  const bool recurrent = id >= gates, last = id == 2 * gates;
  const int columns = last ? r->hidden : recurrent ? r->out : r->width(layer / r->directions);
  const size_t gate = size_t(id % gates), rows = size_t(last ? r->out : r->hidden);
  const auto address = [&](size_t element) { return const_cast<char*>(static_cast<const char*>(space)) + element * sizeOf(r->type); };
  *matrix = {r->type, {1, int(rows), columns}};
  *m = address(last ? at.hr : (recurrent ? at.hh : at.ih) + gate * rows * size_t(columns));
  *bias = {r->type, {1, r->hidden, 1}};
  *b = last || !r->biases ? nullptr : address((recurrent ? at.biasHh : at.biasIh) + gate * size_t(r->hidden));
  return 0;
}
API int cudnnGetRNNTempSpaceSizes(Handle* handle, Rnn* r, int mode, RnnData* x, size_t* work, size_t* reserve) {
  if (!there({handle, r, x})) return refuse(kBadParam, "cuDNN: the sizes of nothing");
  if (const std::string wrong = misfit(*r, *x); !wrong.empty()) return refuse(kBadParam, "cuDNN: " + wrong);
  if (setting("cudnn") == "refuse") return kNotSupported;
  *work = kWorkspace;
  if (reserve) *reserve = mode == 1 ? reserveBytes(*r, *x) : 0;
  return 0;
}

API int cudnnRNNForward(Handle* handle, Rnn* rnn, int mode, const int32_t*, RnnData* xd, const void* x, RnnData* yd, void* y, Tensor* hd,
                        const void* hx, void* hy, Tensor* cd, const void* cx, void* cy, size_t weightSize, const void* weights,
                        size_t workSize, void* work, size_t reserveSize, void* reserve) {
  if (const int error = ready()) return error;
  const Call call{handle, rnn, xd, yd, hd, cd, weightSize, workSize, work};
  if (const std::string wrong = misfit(call); !wrong.empty()) return refuse(kBadParam, "cuDNN: layers of " + wrong);
  if (!takes(*rnn)) return kNotSupported;
  const bool training = mode == 1;
  if (training && reserveSize < reserveBytes(*rnn, *xd)) return refuse(kBadParam, "cuDNN: less reserve than the layers ask for");
  if (!training && reserve) return refuse(kBadParam, "cuDNN: a reserve that nothing is kept in");
  enqueue(handle->stream, [=, r = *rnn, in = *xd, h = bytesOf(*hd), c = cd ? bytesOf(*cd) : 0] {
    const size_t item = sizeOf(r.type), rows = in.rows();
    if (!isThere({{x, rows * size_t(r.inputs) * item, item}, {y, rows * size_t(r.directions * r.out) * item, item}, {hx, h, item}, {hy, h, item},
                  {cx, c, item}, {cy, c, item}, {weights, weightSize, 16}, {work, workSize, 16}, {reserve, reserveSize, 16}})) {
      return collapse("cuDNN: layers of memory that is not allocated or not aligned");
    }
    if (training && r.dropout.p > 0) {
      if (!onCard(r.dropout.states, kStatesBytes) || static_cast<States*>(onHost(r.dropout.states))->magic != kStatesMagic) {
        return collapse("cuDNN: dropout whose states are not there");
      }
    }
    say(training ? "forward, training" : "forward", r, in);
    std::vector<double> own(Reserve(r, rows).count);
    double* kept = training ? doublesOf(reserve, r, rows, 0) : own.data();
    rnnForward({r, in, host(weights), host(hx), host(cx), kept}, host(x), host(y), host(hy), host(cy), training);
    std::memset(host(work), 0xab, workSize);
  });
  return 0;
}

API int cudnnRNNBackwardData_v8(Handle* handle, Rnn* rnn, const int32_t*, RnnData* yd, const void* y, const void* dy, RnnData* xd, void* dx,
                                Tensor* hd, const void* hx, const void* dhy, void* dhx, Tensor* cd, const void* cx, const void* dcy,
                                void* dcx, size_t weightSize, const void* weights, size_t workSize, void* work, size_t reserveSize,
                                void* reserve) {
  if (const int error = ready()) return error;
  const Call call{handle, rnn, xd, yd, hd, cd, weightSize, workSize, work};
  if (const std::string wrong = misfit(call); !wrong.empty()) return refuse(kBadParam, "cuDNN: gradients of layers of " + wrong);
  if (reserveSize != reserveBytes(*rnn, *xd)) return refuse(kBadParam, "cuDNN: another reserve than the layers'");
  enqueue(handle->stream, [=, r = *rnn, in = *xd, h = bytesOf(*hd), c = cd ? bytesOf(*cd) : 0] {
    const size_t item = sizeOf(r.type), rows = in.rows(), results = rows * size_t(r.directions * r.out);
    if (!isThere({{y, results * item, item}, {dy, results * item, item}, {dx, rows * size_t(r.inputs) * item, item}, {hx, h, item},
                  {dhy, h, item}, {dhx, h, item}, {cx, c, item}, {dcy, c, item}, {dcx, c, item}, {weights, weightSize, 16},
                  {work, workSize, 16}, {reserve, reserveSize, 16}})) {
      return collapse("cuDNN: gradients of layers of memory that is not allocated or not aligned");
    }
    double* const kept = doublesOf(reserve, r, rows, 1);
    if (!kept) return;
    if (!areSame(host(y), r.type, kept + Reserve(r, rows).layers.back().y, results)) return collapse("cuDNN: another result than the layers'");
    say("data", r, in);
    rnnBackwardData({r, in, host(weights), host(hx), host(cx), kept}, host(dy), host(dx), host(dhy), host(dhx), host(dcy), host(dcx));
    static_cast<ReserveHead*>(host(reserve))->stage = 2;
    std::memset(host(work), 0xab, workSize);
  });
  return 0;
}

API int cudnnRNNBackwardWeights_v8(Handle* handle, Rnn* rnn, int add, const int32_t*, RnnData* xd, const void* x, Tensor* hd, const void* hx,
                                   RnnData* yd, const void* y, size_t weightSize, void* gradients, size_t workSize, void* work,
                                   size_t reserveSize, void* reserve) {
  if (const int error = ready()) return error;
  const Call call{handle, rnn, xd, yd, hd, nullptr, weightSize, workSize, work};
  if (const std::string wrong = misfit(call, false); !wrong.empty()) return refuse(kBadParam, "cuDNN: weights' gradients of layers of " + wrong);
  if (add != 0) return refuse(kNotSupported, "cuDNN: weights' gradients are added");
  if (reserveSize != reserveBytes(*rnn, *xd)) return refuse(kBadParam, "cuDNN: another reserve than the layers'");
  enqueue(handle->stream, [=, r = *rnn, in = *xd, h = bytesOf(*hd)] {
    const size_t item = sizeOf(r.type), rows = in.rows();
    if (!isThere({{x, rows * size_t(r.inputs) * item, item}, {y, rows * size_t(r.directions * r.out) * item, item}, {hx, h, item},
                  {gradients, weightSize, 16}, {work, workSize, 16}, {reserve, reserveSize, 16}})) {
      return collapse("cuDNN: weights' gradients of layers of memory that is not allocated or not aligned");
    }
    double* const kept = doublesOf(reserve, r, rows, 2);
    if (!kept) return;
    if (!areSame(host(x), r.type, kept + Reserve(r, rows).layers[0].x, rows * size_t(r.inputs))) return collapse("cuDNN: another input than the layers'");
    say("weights", r, in);
    rnnBackwardWeights({r, in, nullptr, host(hx), nullptr, kept}, host(gradients));
    std::memset(host(work), 0xab, workSize);
  });
  return 0;
}
