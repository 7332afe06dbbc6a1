// Filling with random numbers on the CPU: serial, in PyTorch's order, from PyTorch's generator.
#include "ops/random.h"

#include <algorithm>
#include <cmath>

#include "cpu/simd/choose.h"
#include "cpu/simd/convert.h"
#include "cpu/simd/normal_block.h"
#include "tensor/interrupt.h"
#include "tensor/strided_loop.h"

namespace gb {
namespace {

constexpr int64_t kRun = 512;

/** Rounds to a half type and back; other types as they are. */
double inType(double x, DType type) {
  if (type == DType::Float32) return double(float(x));
  if (type == DType::Float16) return double(toFloat(toHalf(float(x))));
  if (type == DType::BFloat16) return double(toFloat(toBFloat16(float(x))));
  return x;
}

/** Calls next() for each element in the order of memory and stores what it gives, by way of T. */
template <class T, class Next>
void fillSerially(const Tensor& x, Next next) {
  const Tensor* one[1] = {&x};
  const StridedLoop nest(x.sizes(), one, 1);
  const StoreRun store = GB_CHOOSE(storeRuns)[int(x.dtype())][computeIndex(DTypeOf<T>::value)];
  const int64_t length = nest.inner(), step = nest.innerStride(0);
  Odometer at(nest, 1, 0);
  T buffer[kRun];
  for (int64_t row = 0; row < nest.numel / length; row++, at.next()) {
    for (int64_t i = 0; i < length; i += kRun) {
      const int64_t n = std::min(kRun, length - i);
      for (int64_t j = 0; j < n; j++) buffer[j] = next();
      store(nest.data[0] + at.offset(0) + i * step, step, buffer, n);
    }
    if (!(row & 255)) checkInterrupt();
  }
}

/** [from, to): what the rounding to the tensor's type would bring up to `to` becomes `from`. */
void uniform(const Tensor& x, Generator& generator, double from, double to) {
  const double first = inType(from, x.dtype()), end = inType(to, x.dtype());
  if (x.dtype() == DType::Float64) {
    fillSerially<double>(x, [&] {
      const double value = std::fma(generator.uniform(), to - from, from);
      return value >= end ? first : value;
    });
    return;
  }
  const float low = float(from), span = float(to) - low, bottom = float(first), top = float(end);
  if (x.dtype() == DType::Float32 && x.contiguous()) {
    float* out = x.as<float>();
    uint32_t words[kRun];
    for (int64_t i = 0; i < x.numel(); i += kRun) {
      const int64_t n = std::min(kRun, x.numel() - i);
      generator.fill(words, n);
      for (int64_t j = 0; j < n; j++) {
        const float value = std::fma(float(words[j] & 0xffffff) * 0x1p-24f, span, low);
        out[i + j] = value >= top ? bottom : value;
      }
    }
    return;
  }
  fillSerially<float>(x, [&] {
    const float value = float(inType(double(std::fma(generator.uniformFloat(), span, low)), x.dtype()));
    return value >= top ? bottom : value;
  });
}

/** The path of few or strided elements: two uniforms give two normals, of which one waits for the next call. */
double serialNormal(Generator& generator) {
  if (generator.nextNormal) {
    const double kept = *generator.nextNormal;
    generator.nextNormal.reset();
    return kept;
  }
  const double u1 = generator.uniform(), u2 = generator.uniform();
  const double r = std::sqrt(-2.0 * std::log1p(-u2)), theta = 2.0 * M_PI * u1;
  generator.nextNormal = r * std::sin(theta);
  return r * std::cos(theta);
}

void normalBlock(float* data, float mean, float std) { GB_CHOOSE(normalBlockF32)(data, mean, std); }

void normalBlock(double* data, double mean, double std) {
  for (int j = 0; j < 8; j++) {
    const double radius = std::sqrt(-2 * std::log(1 - data[j])), theta = 2 * M_PI * data[j + 8];
    data[j] = std::fma(radius * std::cos(theta), std, mean);
    data[j + 8] = std::fma(radius * std::sin(theta), std, mean);
  }
}

/** Half types: block by block in float; the last 16 elements are drawn again where the length is no multiple. */
void normalHalf(const Tensor& x, Generator& generator, float mean, float std) {
  const StoreRun store = GB_CHOOSE(storeRuns)[int(x.dtype())][0];
  const int64_t n = x.numel();
  const auto block = [&](int64_t at) {
    float data[16];
    for (float& u : data) u = generator.uniformFloat();
    normalBlock(data, mean, std);
    store(x.as<char>() + at * 2, 2, data, 16);
  };
  for (int64_t i = 0; i + 15 < n; i += 16) block(i);
  if (n % 16 != 0) block(n - 16);
}

/** Float and double: uniforms for the whole run, then blocks of 16, then the last 16 again with fresh uniforms. */
template <class T>
void normalRun(T* data, int64_t n, Generator& generator, T mean, T std) {
  const auto draw = [&generator](T* to, int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] = sizeof(T) == 8 ? T(generator.uniform()) : T(generator.uniformFloat());
  };
  draw(data, n);
  for (int64_t i = 0; i + 15 < n; i += 16) normalBlock(data + i, mean, std);
  if (n % 16 != 0) {
    draw(data + n - 16, 16);
    normalBlock(data + n - 16, mean, std);
  }
}

void normal(const Tensor& x, Generator& generator, double mean, double std) {
  const int64_t n = x.numel();
  if (n < 16 || !x.contiguous()) {
    fillSerially<double>(x, [&] { return std::fma(serialNormal(generator), std, mean); });
  } else if (x.dtype() == DType::Float64) {
    normalRun<double>(x.as<double>(), n, generator, mean, std);
  } else if (x.dtype() == DType::Float32) {
    normalRun<float>(x.as<float>(), n, generator, float(mean), float(std));
  } else {
    normalHalf(x, generator, float(mean), float(std));
  }
}

void randint(const Tensor& x, Generator& generator, double from, double to) {
  const int64_t base = int64_t(from);
  const uint64_t range = (to >= 0x1p63 ? uint64_t(INT64_MAX) + 1 : uint64_t(int64_t(to))) - uint64_t(base);
  if (range >= (uint64_t(1) << 28)) {
    fillSerially<int64_t>(x, [&] { return int64_t(generator.random64() % range + uint64_t(base)); });
  } else {
    fillSerially<int64_t>(x, [&] { return int64_t(generator.random() % range) + base; });
  }
}

/** As far as the type holds every whole number. */
void random(const Tensor& x, Generator& generator) {
  const auto below = [&](uint32_t end) { fillSerially<int64_t>(x, [&generator, end] { return int64_t(generator.random() % end); }); };
  switch (x.dtype()) {
    case DType::Float64:
      return fillSerially<int64_t>(x, [&] { return int64_t(generator.random64() % ((uint64_t(1) << 53) + 1)); });
    case DType::Int64: return fillSerially<int64_t>(x, [&] { return int64_t(generator.random64() & INT64_MAX); });
    case DType::Float32: return below((1u << 24) + 1);
    case DType::Float16: return below((1u << 11) + 1);
    case DType::BFloat16: return below((1u << 8) + 1);
    case DType::Int32: return below(1u << 31);
    case DType::Int16: return below(1u << 15);
    case DType::Int8: return below(1u << 7);
    case DType::UInt8: return below(1u << 8);
    case DType::Bool: return below(2);
  }
}

void fillOnCpu(Fill kind, const Tensor& x, Generator& generator, double a, double b) {
  switch (kind) {
    case Fill::Uniform: return uniform(x, generator, a, b);
    case Fill::Normal: return normal(x, generator, a, b);
    case Fill::RandInt: return randint(x, generator, a, b);
    case Fill::Random: return random(x, generator);
    case Fill::Bernoulli:
      return fillSerially<int64_t>(x, [&] { return int64_t(generator.uniform() < a); });
    case Fill::Exponential:
      return fillSerially<double>(x, [&] { return -1.0 / a * std::log1p(-generator.uniform()); });
  }
}

void bernoulliTensorOnCpu(const Tensor& x, const Tensor& p, Generator& generator) {
  const Tensor* both[2] = {&x, &p};
  const StridedLoop nest(x.sizes(), both, 2);
  const LoadRun load = GB_CHOOSE(loadRuns)[int(p.dtype())][1];
  const StoreRun store = GB_CHOOSE(storeRuns)[int(x.dtype())][2];
  const bool isDouble = p.dtype() == DType::Float64;
  Odometer at(nest, 0, 0);
  for (int64_t i = 0; i < nest.numel; i++, at.next()) {
    double probability;
    load(&probability, nest.data[1] + at.offset(1), 0, 1);
    GB_CHECK(probability >= 0 && probability <= 1, "Expected p_in >= 0 && p_in <= 1 to be true, but got ", probability);
    const int64_t drawn = isDouble ? generator.uniform() < probability : double(generator.uniformFloat()) < probability;
    store(nest.data[0] + at.offset(0), 0, &drawn, 1);
    if (!(i & 0xffff)) checkInterrupt();
  }
}

void dropoutOnCpu(const Tensor& result, const Tensor& mask, const Tensor& x, double p, Generator& generator) {
  const int64_t n = x.numel(), size = int64_t(x.itemSize());
  const bool isDouble = x.dtype() == DType::Float64;
  const double keep = 1 - p;
  // The factor is rounded to the type before it multiplies, as bernoulli_(1 − p).div_(1 − p) does.
  const double factor = p == 1 ? 0 : inType(1 / (x.dtype() == DType::Float32 ? double(float(keep)) : keep), x.dtype());
  const LoadRun load = GB_CHOOSE(loadRuns)[int(x.dtype())][isDouble ? 1 : 0];
  const StoreRun store = GB_CHOOSE(storeRuns)[int(x.dtype())][isDouble ? 1 : 0];
  uint32_t words[2 * kRun];
  const auto run = [&](auto zero) {
    using T = decltype(zero);
    T in[kRun], out[kRun], kept[kRun];
    for (int64_t i = 0; i < n; i += kRun) {
      const int64_t part = std::min(kRun, n - i);
      load(in, x.as<char>() + i * size, size, part);
      generator.fill(words, 2 * part);
      for (int64_t j = 0; j < part; j++) {
        const uint64_t bits = (uint64_t(words[2 * j]) << 32 | words[2 * j + 1]) & ((uint64_t(1) << 53) - 1);
        kept[j] = double(bits) * 0x1p-53 < keep ? T(factor) : T(0);
        out[j] = in[j] * kept[j];
      }
      store(result.as<char>() + i * size, size, out, part);
      store(mask.as<char>() + i * size, size, kept, part);
      checkInterrupt();
    }
  };
  isDouble ? run(double()) : run(float());
}

}  // namespace

GB_KERNEL(CPU, randomFillKernel, fillOnCpu)
GB_KERNEL(CPU, bernoulliTensorKernel, bernoulliTensorOnCpu)
GB_KERNEL(CPU, dropoutKernel, dropoutOnCpu)

}  // namespace gb
