#include "ops/random.h"

#include <algorithm>
#include <cmath>

#include "ops/copy.h"
#include "ops/transfer.h"
#include "tensor/strided_loop.h"

namespace gb {

Kernel<void(Fill, const Tensor&, Generator&, double, double)> randomFillKernel("randomFill");
Kernel<void(const Tensor&, const Tensor&, Generator&)> bernoulliTensorKernel("bernoulliTensor");
Kernel<void(const Tensor&, const Tensor&, const Tensor&, double, Generator&)> dropoutKernel("dropout");

namespace {

const Generator* shared = nullptr;
std::optional<Generator> onCards[kMaxCudaDevices];

/** The generator that draws on the device: the one given, or that of the card for which the user's default one stands. */
Generator& drawer(Generator& given, Device device) {
  if (given.device() == device) return given;
  GB_CHECK(&given == shared && device != Device::CPU, "Expected a '", nameOf(device), "' device type for generator but found '",
           nameOf(given.device()), "'");
  return defaultGenerator(device);
}

}  // namespace

void setDefaultGenerator(const Generator& generator) { shared = &generator; }

void seedCards(const Generator& generator) {
  if (&generator != shared) return;
  for (std::optional<Generator>& card : onCards) {
    if (card) card->manualSeed(generator.initialSeed());
  }
}

Generator& defaultGenerator(Device device) {
  std::optional<Generator>& card = onCards[cudaIndex(device)];
  if (!card) card.emplace(shared->initialSeed(), device);
  return *card;
}

namespace {

void fill(Fill kind, const Tensor& x, Generator& generator, double a, double b) {
  GB_CHECK(!overlapsItself(x),
           "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
           "Please clone() the tensor before performing the operation.");
  if (x.numel() > 0) randomFillKernel(x.device(), kind, x, drawer(generator, x.device()), a, b);
}

void checkFloat(const Tensor& x) { GB_CHECK(isFloat(x.dtype()), "not implemented for '", titleOf(x.dtype()), "'"); }

}  // namespace

void uniform_(const Tensor& x, Generator& generator, double from, double to) {
  checkFloat(x);
  GB_CHECK(from <= to, "expects to return a [from, to) range, but found from=", from, " > to=", to);
  fill(Fill::Uniform, x, generator, from, to);
}

void normal_(const Tensor& x, Generator& generator, double mean, double std) {
  checkFloat(x);
  GB_CHECK(std >= 0, "expects std >= 0.0, but found std ", std);
  fill(Fill::Normal, x, generator, mean, std);
}

void randint_(const Tensor& x, Generator& generator, double from, double to) {
  GB_CHECK(from >= -0x1p63 && to <= 0x1p63, "the range ", from, " … ", to, " is not one of int64");
  GB_CHECK(from < to, "expects 'from' to be less than 'to', but got from=", from, " >= to=", to);
  fill(Fill::RandInt, x, generator, from, to);
}

void random_(const Tensor& x, Generator& generator, double, double) { fill(Fill::Random, x, generator, 0, 0); }

void bernoulli_(const Tensor& x, Generator& generator, double p, double) {
  GB_CHECK(p >= 0 && p <= 1, "expects p to be in [0, 1], but got p=", p);
  fill(Fill::Bernoulli, x, generator, p, 0);
}

void exponential_(const Tensor& x, Generator& generator, double rate, double) {
  checkFloat(x);
  GB_CHECK(rate > 0, "expects lambda > 0.0, but found lambda=", rate);
  fill(Fill::Exponential, x, generator, rate, 0);
}

void bernoulliTensor_(const Tensor& x, const Tensor& probabilities, Generator& generator) {
  checkFloat(probabilities);
  if (x.numel() > 0) {
    bernoulliTensorKernel(x.device(), x, expandTo(probabilities, x.sizes()), drawer(generator, x.device()));
  }
}

std::pair<Tensor, Tensor> dropout(const Tensor& x, double p, Generator& generator) {
  checkFloat(x);
  GB_CHECK(p >= 0 && p <= 1, "dropout probability has to be between 0 and 1, but got ", p);
  // Numbers are drawn in the order of memory: PyTorch's result keeps the layout of a dense input, and so the draws.
  const Tensor from = isDense(x) ? x : contiguous(x);
  Tensor result = emptyLike(from, x.dtype()), mask = emptyLike(from, x.dtype());
  if (x.numel() > 0) dropoutKernel(x.device(), result, mask, from, p, drawer(generator, x.device()));
  return {result, mask};
}

Tensor randperm(int64_t n, Generator& generator, Device device) {
  GB_CHECK(n >= 0, "n must be non-negative, got ", n);
  Tensor result = emptyTensor({n}, DType::Int64, device);
  needsHost(result, "randperm");
  int64_t* r = result.as<int64_t>();
  for (int64_t i = 0; i < n; i++) r[i] = i;
  for (int64_t i = 0; i < n - 1; i++) {
    const int64_t z = int64_t(generator.random() % uint64_t(n - i));
    std::swap(r[i], r[i + z]);
  }
  return result;
}

namespace {

/** Checks one row of weights and returns its sum. */
template <class T>
double weightSum(const T* w, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    GB_CHECK(std::isfinite(double(w[i])) && w[i] >= 0, "probability tensor contains either `inf`, `nan` or element < 0");
    sum += double(w[i]);
  }
  GB_CHECK(sum > 0, "invalid multinomial distribution (sum of probabilities <= 0)");
  return sum;
}

/** One row: searches the cumulative distribution, which runs in T as PyTorch's does. */
template <class T>
void sampleWithReplacement(const T* w, int64_t n, int64_t samples, int64_t* out, Generator& generator) {
  std::vector<T> cumulative(static_cast<size_t>(n));
  T sum = 0;
  for (int64_t i = 0; i < n; i++) cumulative[size_t(i)] = sum += w[i];
  for (T& c : cumulative) c /= sum;
  for (int64_t s = 0; s < samples; s++) {
    const double u = generator.uniform();
    int64_t left = 0, right = n;
    while (right > left) {
      const int64_t middle = left + (right - left) / 2;
      if (double(cumulative[size_t(middle)]) < u) {
        left = middle + 1;
      } else {
        right = middle;
      }
    }
    out[s] = std::min(left, n - 1);
  }
}

/** One row: the largest w / q with exponential q. Stable, so that equal quotients keep their order. */
template <class T>
void sampleWithout(const T* w, int64_t n, const T* q, int64_t samples, int64_t* out) {
  std::vector<std::pair<T, int64_t>> keyed(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; i++) keyed[size_t(i)] = {w[i] / q[i], i};
  std::partial_sort(keyed.begin(), keyed.begin() + samples, keyed.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  for (int64_t s = 0; s < samples; s++) out[s] = keyed[size_t(s)].second;
}

template <class T>
void multinomialIn(const Tensor& w, int64_t n, const Tensor& out, int64_t samples, bool replacement, Generator& generator) {
  const int64_t rows = n ? w.numel() / n : 0;
  for (int64_t r = 0; r < rows; r++) weightSum(w.as<T>() + r * n, n);
  if (replacement && samples > 1) {
    for (int64_t r = 0; r < rows; r++) {
      sampleWithReplacement(w.as<T>() + r * n, n, samples, out.as<int64_t>() + r * samples, generator);
    }
    return;
  }
  Tensor q = emptyTensor(w.sizes(), w.dtype(), w.device());
  exponential_(q, generator, 1, 0);
  for (int64_t r = 0; r < rows; r++) {
    sampleWithout(w.as<T>() + r * n, n, q.as<T>() + r * n, samples, out.as<int64_t>() + r * samples);
  }
}

}  // namespace

Tensor multinomial(const Tensor& weights, int64_t samples, bool replacement, Generator& generator) {
  GB_CHECK(weights.ndim() == 1 || weights.ndim() == 2, "prob_dist must be 1 or 2 dim, got shape ", weights.sizes());
  checkFloat(weights);
  needsHost(weights, "multinomial");
  const int64_t n = weights.size(weights.ndim() - 1);
  GB_CHECK(samples > 0, "cannot sample n_sample <= 0 samples, got ", samples);
  GB_CHECK(replacement || samples <= n, "cannot sample n_sample > prob_dist.size(-1) samples without replacement: ",
           samples, " of ", n);
  Dims shape = weights.sizes();
  shape[shape.size() - 1] = samples;
  Tensor out = emptyTensor(shape, DType::Int64);
  const Tensor w = contiguous(asType(weights, computeType(weights.dtype())));
  if (w.dtype() == DType::Float64) {
    multinomialIn<double>(w, n, out, samples, replacement, generator);
  } else {
    multinomialIn<float>(w, n, out, samples, replacement, generator);
  }
  return out;
}

}  // namespace gb
