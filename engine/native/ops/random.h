// Random numbers: PyTorch's CPU generator and what is drawn from it.
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "ops/kernel.h"

namespace gb {

/**
 * On the host mt19937 as PyTorch runs it, with the normal number that an earlier draw left over; on a card the key of
 * Philox and how far it has come.
 */
class Generator {
 public:
  explicit Generator(uint64_t seed, Device device = Device::CPU) : device_(device) { manualSeed(seed); }

  Device device() const { return device_; }
  /** Counters for `count` numbers of each thread on a card; PyTorch takes them in fours. */
  uint64_t takePhilox(uint64_t count) {
    const uint64_t first = philoxOffset_;
    philoxOffset_ += (count + 3) / 4 * 4;
    return first;
  }
  uint64_t philoxOffset() const { return philoxOffset_; }

  void manualSeed(uint64_t seed);
  uint64_t initialSeed() const { return seed_; }
  /** How often it was seeded or set, for what goes on from a state of its own until then. */
  uint64_t seedings() const { return seedings_; }

  uint32_t random() {
    if (--left_ == 0) twist();
    return temper(state_[next_++]);
  }
  /** Two draws, the first one high. */
  uint64_t random64() {
    const uint64_t high = random();
    return high << 32 | random();
  }
  /** [0, 1) with 53 bits, from two draws. */
  double uniform() { return double(random64() & ((uint64_t(1) << 53) - 1)) * 0x1p-53; }
  /** [0, 1) with 24 bits, from one draw. */
  float uniformFloat() { return float(random() & 0xffffff) * 0x1p-24f; }
  /** n draws. */
  void fill(uint32_t* out, int64_t n);

  std::optional<double> nextNormal;

  /** The 5056 bytes of torch.get_rng_state(), or the 16 of torch.cuda.get_rng_state(): seed and offset. */
  std::vector<uint8_t> state() const;
  void setState(const uint8_t* bytes, size_t size);

 private:
  static constexpr int kN = 624, kM = 397;

  void twist();
  static uint32_t temper(uint32_t y) {
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >> 18);
  }

  Device device_;
  uint64_t seed_ = 0, philoxOffset_ = 0, seedings_ = 0;
  int32_t left_ = 1;
  uint32_t next_ = 0;
  uint32_t state_[kN];
};

/** The generator that the user seeds; it stands for the default one of every card too. */
void setDefaultGenerator(const Generator& generator);
/** After the user's default generator was seeded: the cards' default ones get its seed. */
void seedCards(const Generator& generator);
/** A card's default generator. */
Generator& defaultGenerator(Device device);

enum class Fill : uint8_t { Uniform, Normal, RandInt, Random, Bernoulli, Exponential };

extern Kernel<void(Fill, const Tensor& x, Generator& generator, double a, double b)> randomFillKernel;
extern Kernel<void(const Tensor& x, const Tensor& probabilities, Generator& generator)> bernoulliTensorKernel;
/** result = x·mask with mask 0 or 1 / (1 − p); all three dense, of the same strides. */
extern Kernel<void(const Tensor& result, const Tensor& mask, const Tensor& x, double p, Generator& generator)> dropoutKernel;

/** 0 … n − 1 in random order into a vector of int64. */
extern Kernel<void(const Tensor& order, Generator& generator)> randpermKernel;
/** Rows of weights [rows, n] (float or double, row-major): places drawn into out [rows, samples]. */
extern Kernel<void(const Tensor& weights, const Tensor& out, bool replacement, Generator& generator)> multinomialKernel;

void uniform_(const Tensor& x, Generator& generator, double from, double to);
void normal_(const Tensor& x, Generator& generator, double mean, double std);
void randint_(const Tensor& x, Generator& generator, double from, double to);
/** Whole numbers as far as the type holds them exactly. */
void random_(const Tensor& x, Generator& generator, double unused, double unused2);
void bernoulli_(const Tensor& x, Generator& generator, double p, double unused);
void exponential_(const Tensor& x, Generator& generator, double rate, double unused);
void bernoulliTensor_(const Tensor& x, const Tensor& probabilities, Generator& generator);
Tensor randperm(int64_t n, Generator& generator, Device device);
Tensor multinomial(const Tensor& weights, int64_t samples, bool replacement, Generator& generator);
std::pair<Tensor, Tensor> dropout(const Tensor& x, double p, Generator& generator);

}  // namespace gb
