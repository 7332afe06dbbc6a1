#include "rnn.h"

#include <cmath>

namespace standin::dnn {

Weights::Weights(const Rnn& r) : count(0) {
  const size_t rows = size_t(r.gates() * r.hidden);
  for (int i = 0; i < r.pseudoLayers(); i++) {
    Layer at{};
    at.ih = count;
    at.hh = at.ih + rows * size_t(r.width(i / r.directions));
    at.hr = at.hh + rows * size_t(r.out);
    count = at.hr + (r.projected() ? size_t(r.out * r.hidden) : 0);
    layers.push_back(at);
  }
  count = (count + 31) / 16 * 16;
  for (Layer& at : layers) {
    at.biasIh = count;
    at.biasHh = count + (r.biases ? rows : 0);
    count = at.biasHh + (r.biases ? rows : 0);
  }
}

Reserve::Reserve(const Rnn& r, size_t rows) : count(0) {
  const auto take = [&](size_t width) {
    const size_t at = count;
    count += rows * width;
    return at;
  };
  for (int l = 0; l < r.layers; l++) {
    layers.push_back({take(size_t(r.width(l))), take(size_t(r.width(l))), take(size_t(r.directions * r.out))});
  }
  for (int i = 0; i < r.pseudoLayers(); i++) {
    const size_t gates = size_t(r.gates() * r.hidden);
    ways.push_back({take(size_t(r.kept() * r.hidden)), take(gates), take(gates), take(size_t(r.out))});
  }
}

namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::vector<double> read(const void* from, int type, size_t first, size_t count) {
  std::vector<double> values(count, 0);
  for (size_t i = 0; from && i < count; i++) values[i] = get(from, type, first + i);
  return values;
}
void store(void* to, int type, size_t first, const std::vector<double>& values) {
  for (size_t i = 0; to && i < values.size(); i++) put(to, type, first + i, values[i]);
}

/** One direction of one layer, for both passes. */
struct Way {
  const RnnRun& run;
  const Rnn& r;
  const int layer, direction, index;
  const size_t G, H, P, I, N;
  std::vector<double> ih, hh, hr, biasIh, biasHh, h0, c0;
  double *x, *y, *cells, *own, *recurrent, *projected;
  std::vector<size_t> offsets;

  Way(const RnnRun& run, int layer, int direction, const void* weights)
      : run(run), r(run.rnn), layer(layer), direction(direction), index(layer * r.directions + direction),
        G(size_t(r.gates() * r.hidden)), H(size_t(r.hidden)), P(size_t(r.out)), I(size_t(r.width(layer))),
        N(size_t(run.rows.batch)) {
    const Weights::Layer at = Weights(r).layers[size_t(index)];
    ih = read(weights, r.type, at.ih, G * I);
    hh = read(weights, r.type, at.hh, G * P);
    if (r.projected()) hr = read(weights, r.type, at.hr, P * H);
    biasIh = read(r.biases ? weights : nullptr, r.type, at.biasIh, G);
    biasHh = read(r.biases ? weights : nullptr, r.type, at.biasHh, G);
    h0 = read(run.hx, r.type, size_t(index) * N * P, N * P);
    c0 = read(run.cx, r.type, size_t(index) * N * H, N * H);
    const Reserve reserve(r, run.rows.rows());
    const Reserve::Way way = reserve.ways[size_t(index)];
    x = run.reserve + reserve.layers[size_t(layer)].x;
    y = run.reserve + reserve.layers[size_t(layer)].y;
    cells = run.reserve + way.cells;
    own = run.reserve + way.own;
    recurrent = run.reserve + way.recurrent;
    projected = run.reserve + way.projected;
    size_t row = 0;
    for (int t = 0; t < run.rows.steps; t++) {
      offsets.push_back(row);
      row += size_t(run.rows.alive(t));
    }
  }

  int stepAt(int s) const { return direction == 0 ? s : run.rows.steps - 1 - s; }
  double* out(size_t row) const { return y + row * size_t(r.directions) * P + size_t(direction) * P; }
  double* cell(size_t row) const { return cells + row * size_t(r.kept()) * H; }
  /** The states that sequence j had before step t. */
  const double* before(int t, size_t j, bool ofCell) const {
    const int e = direction == 0 ? t - 1 : t + 1;
    if (e < 0 || e >= run.rows.steps || j >= size_t(run.rows.alive(e))) return ofCell ? &c0[j * H] : &h0[j * P];
    return ofCell ? cell(offsets[size_t(e)] + j) + 4 * H : out(offsets[size_t(e)] + j);
  }
  template <class Visit>
  void eachRow(bool backwards, const Visit& visit) const {
    for (int s = 0; s < run.rows.steps; s++) {
      const int t = stepAt(backwards ? run.rows.steps - 1 - s : s);
      for (size_t j = 0; j < size_t(run.rows.alive(t)); j++) visit(t, j, offsets[size_t(t)] + j);
    }
  }

  void forward(void* hy, void* cy) {
    std::vector<double> lastH = h0, lastC = c0;
    eachRow(false, [&](int t, size_t j, size_t row) {
      const double *h = before(t, j, false), *c = before(t, j, true);
      const auto input = [&](size_t g) {
        double sum = biasIh[g];
        for (size_t i = 0; i < I; i++) sum += ih[g * I + i] * x[row * I + i];
        return sum;
      };
      const auto state = [&](size_t g) {
        double sum = biasHh[g];
        for (size_t i = 0; i < P; i++) sum += hh[g * P + i] * h[i];
        return sum;
      };
      const auto both = [&](size_t g) { return input(g) + state(g); };
      double *k = cell(row), *to = out(row);
      std::vector<double> raw(H);
      for (size_t u = 0; u < H; u++) {
        if (r.cell == kLstm) {
          k[u] = sigmoid(both(u));
          k[H + u] = sigmoid(both(H + u));
          k[2 * H + u] = std::tanh(both(2 * H + u));
          k[3 * H + u] = sigmoid(both(3 * H + u));
          k[4 * H + u] = lastC[j * H + u] = k[H + u] * c[u] + k[u] * k[2 * H + u];
          k[5 * H + u] = std::tanh(k[4 * H + u]);
          raw[u] = k[3 * H + u] * k[5 * H + u];
        } else if (r.cell == kGru) {
          k[u] = sigmoid(both(u));
          k[H + u] = sigmoid(both(H + u));
          k[3 * H + u] = state(2 * H + u);
          k[2 * H + u] = std::tanh(input(2 * H + u) + k[u] * k[3 * H + u]);
          raw[u] = k[2 * H + u] + k[H + u] * (h[u] - k[2 * H + u]);
        } else {
          raw[u] = k[u] = r.cell == kPlainTanh ? std::tanh(both(u)) : std::fmax(0, both(u));
        }
      }
      for (size_t p = 0; p < P; p++) {
        to[p] = r.projected() ? 0 : raw[p];
        for (size_t u = 0; r.projected() && u < H; u++) to[p] += hr[p * H + u] * raw[u];
        lastH[j * P + p] = to[p];
      }
    });
    store(hy, r.type, size_t(index) * N * P, lastH);
    store(cy, r.type, size_t(index) * N * H, lastC);
  }

  /** `dy`: rows of the layer's result; adds to `dx`. */
  void backward(const double* dy, double* dx, const void* dhy, void* dhx, const void* dcy, void* dcx) {
    std::vector<double> dh = read(dhy, r.type, size_t(index) * N * P, N * P), dc = read(dcy, r.type, size_t(index) * N * H, N * H);
    eachRow(true, [&](int t, size_t j, size_t row) {
      std::vector<double> dOut(P), dRaw(H, 0);
      for (size_t p = 0; p < P; p++) {
        dOut[p] = dh[j * P + p] + dy[row * size_t(r.directions) * P + size_t(direction) * P + p];
        projected[row * P + p] = dOut[p];
        for (size_t u = 0; r.projected() && u < H; u++) dRaw[u] += hr[p * H + u] * dOut[p];
      }
      if (!r.projected()) dRaw = dOut;
      const double *k = cell(row), *h = before(t, j, false), *c = before(t, j, true);
      double *a = own + row * G, *b = recurrent + row * G;
      std::vector<double> past(P, 0);
      for (size_t u = 0; u < H; u++) {
        if (r.cell == kLstm) {
          const double in = k[u], forget = k[H + u], fresh = k[2 * H + u], open = k[3 * H + u], squashed = k[5 * H + u];
          const double d = dc[j * H + u] + dRaw[u] * open * (1 - squashed * squashed);
          a[u] = d * fresh * in * (1 - in);
          a[H + u] = d * c[u] * forget * (1 - forget);
          a[2 * H + u] = d * in * (1 - fresh * fresh);
          a[3 * H + u] = dRaw[u] * squashed * open * (1 - open);
          dc[j * H + u] = d * forget;
        } else if (r.cell == kGru) {
          const double reset = k[u], update = k[H + u], fresh = k[2 * H + u];
          a[2 * H + u] = dRaw[u] * (1 - update) * (1 - fresh * fresh);
          a[u] = a[2 * H + u] * k[3 * H + u] * reset * (1 - reset);
          a[H + u] = dRaw[u] * (h[u] - fresh) * update * (1 - update);
          past[u] = dRaw[u] * update;
        } else {
          a[u] = r.cell == kPlainTanh ? dRaw[u] * (1 - k[u] * k[u]) : k[u] > 0 ? dRaw[u] : 0;
        }
      }
      for (size_t g = 0; g < G; g++) {
        b[g] = a[g] * (r.cell == kGru && g >= 2 * H ? k[g - 2 * H] : 1);
        for (size_t p = 0; p < P; p++) past[p] += hh[g * P + p] * b[g];
        for (size_t i = 0; i < I; i++) dx[row * I + i] += ih[g * I + i] * a[g];
      }
      for (size_t p = 0; p < P; p++) dh[j * P + p] = past[p];
    });
    store(dhx, r.type, size_t(index) * N * P, dh);
    store(dcx, r.type, size_t(index) * N * H, dc);
  }

  void weights(void* to) {
    const Weights::Layer at = Weights(r).layers[size_t(index)];
    std::vector<double> dIh(G * I, 0), dHh(G * P, 0), dHr(P * H, 0), dBiasIh(G, 0), dBiasHh(G, 0);
    eachRow(false, [&](int t, size_t j, size_t row) {
      const double *a = own + row * G, *b = recurrent + row * G, *h = before(t, j, false), *k = cell(row);
      for (size_t g = 0; g < G; g++) {
        for (size_t i = 0; i < I; i++) dIh[g * I + i] += a[g] * x[row * I + i];
        for (size_t p = 0; p < P; p++) dHh[g * P + p] += b[g] * h[p];
        dBiasIh[g] += a[g];
        dBiasHh[g] += b[g];
      }
      for (size_t p = 0; r.projected() && p < P; p++) {
        for (size_t u = 0; u < H; u++) dHr[p * H + u] += projected[row * P + p] * k[3 * H + u] * k[5 * H + u];
      }
    });
    const auto add = [&](size_t first, const std::vector<double>& values) {
      for (size_t i = 0; i < values.size(); i++) put(to, r.type, first + i, get(to, r.type, first + i) + values[i]);
    };
    add(at.ih, dIh);
    add(at.hh, dHh);
    if (r.projected()) add(at.hr, dHr);
    if (!r.biases) return;
    add(at.biasIh, dBiasIh);
    add(at.biasHh, dBiasHh);
  }
};

}  // namespace

void rnnForward(const RnnRun& run, const void* x, void* y, void* hy, void* cy, bool training) {
  const Rnn& r = run.rnn;
  const size_t rows = run.rows.rows();
  const Reserve reserve(r, rows);
  for (int l = 0; l < r.layers; l++) {
    const size_t count = rows * size_t(r.width(l));
    double *to = run.reserve + reserve.layers[size_t(l)].x, *mask = run.reserve + reserve.layers[size_t(l)].mask;
    for (size_t i = 0; i < count; i++) {
      mask[i] = 1;
      if (l > 0 && training && r.dropout.p > 0) {
        States& states = *static_cast<States*>(onHost(r.dropout.states));
        const double drawn = double(mixed(states.seed ^ mixed(states.drawn++)) >> 11) * 0x1p-53;
        mask[i] = drawn < double(r.dropout.p) ? 0 : 1 / (1 - double(r.dropout.p));
      }
      to[i] = mask[i] * (l == 0 ? get(x, r.type, i) : run.reserve[reserve.layers[size_t(l - 1)].y + i]);
    }
    for (int d = 0; d < r.directions; d++) Way(run, l, d, run.weights).forward(hy, cy);
  }
  const double* last = run.reserve + reserve.layers.back().y;
  store(y, r.type, 0, {last, last + rows * size_t(r.directions * r.out)});
}

void rnnBackwardData(const RnnRun& run, const void* dy, void* dx, const void* dhy, void* dhx, const void* dcy, void* dcx) {
  const Rnn& r = run.rnn;
  const size_t rows = run.rows.rows();
  const Reserve reserve(r, rows);
  std::vector<double> grad = read(dy, r.type, 0, rows * size_t(r.directions * r.out));
  for (int l = r.layers; l-- > 0;) {
    std::vector<double> next(rows * size_t(r.width(l)), 0);
    for (int d = 0; d < r.directions; d++) Way(run, l, d, run.weights).backward(grad.data(), next.data(), dhy, dhx, dcy, dcx);
    for (size_t i = 0; i < next.size(); i++) next[i] *= run.reserve[reserve.layers[size_t(l)].mask + i];
    grad = std::move(next);
  }
  store(dx, r.type, 0, grad);
}

void rnnBackwardWeights(const RnnRun& run, void* gradients) {
  for (int l = 0; l < run.rnn.layers; l++) {
    for (int d = 0; d < run.rnn.directions; d++) Way(run, l, d, nullptr).weights(gradients);
  }
}

}  // namespace standin::dnn
