#include "ops/random.h"

#include <algorithm>
#include <cmath>

#include "ops/copy.h"
#include "ops/reduce.h"
#include "ops/transfer.h"
#include "tensor/strided_loop.h"

namespace gb {

Kernel<void(Fill, const Tensor&, Generator&, double, double)> randomFillKernel("randomFill");
Kernel<void(const Tensor&, const Tensor&, Generator&)> bernoulliTensorKernel("bernoulliTensor");
Kernel<void(const Tensor&, const Tensor&, const Tensor&, double, Generator&)> dropoutKernel("dropout");
Kernel<void(const Tensor&, Generator&)> randpermKernel("randperm");
Kernel<void(const Tensor&, const Tensor&, bool, Generator&)> multinomialKernel("multinomial");

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

namespace {

/** What a dtype holds, and with how many binary digits. */
struct Range {
  double least, most;
  int digits;
};

Range rangeOf(DType t) {
  switch (t) {
    case DType::UInt8: return {0, 255, 8};
    case DType::Int8: return {-0x1p7, 0x1p7 - 1, 7};
    case DType::Int16: return {-0x1p15, 0x1p15 - 1, 15};
    case DType::Int32: return {-0x1p31, 0x1p31 - 1, 31};
    case DType::Int64: return {-0x1p63, 0x1p63, 63};
    case DType::Bool: return {0, 1, 1};
    case DType::Float16: return {-65504, 65504, 11};
    case DType::BFloat16: return {-HUGE_VAL, HUGE_VAL, 8};
    case DType::Float32: return {-HUGE_VAL, HUGE_VAL, 24};
    case DType::Float64: return {-HUGE_VAL, HUGE_VAL, 53};
  }
  return {};
}

/** An integer as a type of so many digits holds it. */
int64_t rounded(int64_t x, int digits) {
  int exponent;
  std::frexp(double(x), &exponent);
  const double step = std::ldexp(1.0, std::max(exponent - digits, 0));
  return int64_t(std::nearbyint(double(x) / step) * step);
}

/** The distance of neighbours of a type of so many digits at `x`. */
int64_t stepAt(int64_t x, int digits) { return int64_t(1) << (std::ilogb(double(x)) - digits + 1); }

}  // namespace

void randint_(const Tensor& x, Generator& generator, double from, double to) {
  GB_CHECK(from >= -0x1p63 && to <= 0x1p63, "the range ", from, " … ", to, " is not one of int64");
  GB_CHECK(from < to, "expects 'from' to be less than 'to', but got from=", from, " >= to=", to);
  const Range range = rangeOf(x.dtype());
  GB_CHECK(from >= range.least && from <= range.most, "from is out of bounds for ", nameOf(x.dtype()), ", got ", from);
  GB_CHECK(to - 1 >= range.least && to - 1 <= range.most, "to - 1 is out of bounds for ", nameOf(x.dtype()), ", got to=", to);
  if (isFloat(x.dtype()) && std::fabs(from) < 0x1p62 && to < 0x1p62) {
    // As PyTorch narrows a range whose ends would be rounded out of it.
    const int64_t after = int64_t(from) + 1, before = int64_t(to) - 1;
    const int64_t first = rounded(after, range.digits), last = rounded(before, range.digits);
    if (first < from) from = double(first + stepAt(after, range.digits));
    if (last >= to) to = double(last - stepAt(before, range.digits));
    GB_CHECK(from < to, "expects 'from' casted to dtype to be less than 'to' casted to dtype, but got from=", from, " >= to=", to);
  }
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
  if (n > 0) randpermKernel(device, result, drawer(generator, device));
  return result;
}

namespace {

/** The number that a reduction to one element gives. */
double numberOf(const Tensor& x) { return *onHost(asType(x, DType::Float64)).as<double>(); }

/** Rows of weights that sum up to something and are none of them negative or not finite. */
void checkWeights(const Tensor& weights) {
  const Dims last{weights.ndim() - 1};
  const double least = numberOf(amin(weights, nullptr, false)), most = numberOf(amax(weights, nullptr, false));
  GB_CHECK(least >= 0 && std::isfinite(most), "probability tensor contains either `inf`, `nan` or element < 0");
  const Tensor sums = sum(weights, &last, false, DType::Float64);
  GB_CHECK(numberOf(amin(sums, nullptr, false)) > 0, "invalid multinomial distribution (sum of probabilities <= 0)");
}

}  // namespace

Tensor multinomial(const Tensor& weights, int64_t samples, bool replacement, Generator& generator) {
  GB_CHECK(weights.ndim() == 1 || weights.ndim() == 2, "prob_dist must be 1 or 2 dim, got shape ", weights.sizes());
  checkFloat(weights);
  const int64_t n = weights.size(weights.ndim() - 1);
  GB_CHECK(samples > 0, "cannot sample n_sample <= 0 samples, got ", samples);
  GB_CHECK(replacement || samples <= n, "cannot sample n_sample > prob_dist.size(-1) samples without replacement: ",
           samples, " of ", n);
  Dims shape = weights.sizes();
  shape[shape.size() - 1] = samples;
  const Tensor out = emptyTensor(shape, DType::Int64, weights.device());
  if (out.numel() == 0) return out;
  GB_CHECK(n > 0, "invalid multinomial distribution (sum of probabilities <= 0)");
  const Tensor w = contiguous(asType(weights, computeType(weights.dtype())));
  checkWeights(w);
  const int64_t rows = w.numel() / n;
  multinomialKernel(w.device(), w.viewed({rows, n}, {n, 1}), out.viewed({rows, samples}, {samples, 1}), replacement,
                    drawer(generator, w.device()));
  return out;
}

}  // namespace gb
