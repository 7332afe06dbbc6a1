#include <algorithm>
#include <cstring>

#include "ops/random.h"

namespace gb {

void Generator::manualSeed(uint64_t seed) {
  seed_ = seed;
  seedings_++;
  philoxOffset_ = 0;
  state_[0] = uint32_t(seed);
  for (uint32_t j = 1; j < kN; j++) state_[j] = 1812433253u * (state_[j - 1] ^ (state_[j - 1] >> 30)) + j;
  left_ = 1;
  next_ = 0;
  nextNormal.reset();
}

void Generator::twist() {
  const auto mix = [](uint32_t u, uint32_t v) {
    return (((u & 0x80000000u) | (v & 0x7fffffffu)) >> 1) ^ ((v & 1) ? 0x9908b0dfu : 0u);
  };
  uint32_t* s = state_;
  for (int j = 0; j < kN - kM; j++) s[j] = s[j + kM] ^ mix(s[j], s[j + 1]);
  for (int j = kN - kM; j < kN - 1; j++) s[j] = s[j + kM - kN] ^ mix(s[j], s[j + 1]);
  s[kN - 1] = s[kM - 1] ^ mix(s[kN - 1], s[0]);
  left_ = kN;
  next_ = 0;
}

void Generator::fill(uint32_t* out, int64_t n) {
  while (n > 0) {
    if (left_ == 1) {
      twist();
      left_ = kN + 1;
    }
    const int64_t part = std::min<int64_t>(n, left_ - 1);
    for (int64_t i = 0; i < part; i++) out[i] = temper(state_[next_ + uint32_t(i)]);
    next_ += uint32_t(part);
    left_ -= int32_t(part);
    out += part;
    n -= part;
  }
}

namespace {

// PyTorch's layout: seed, left, seeded, next (64 bits), 624 words of 64 bits, then three doubles of the cached normal
// of which the second is in use, whether it is valid, and a float's cache that the CPU generator never fills.
constexpr size_t kStateBytes = 5056;
/** Of a card: seed and offset. */
constexpr size_t kCardBytes = 16;
constexpr size_t kWordsAt = 24, kNormalAt = kWordsAt + 624 * 8 + 8, kValidAt = kWordsAt + 624 * 8 + 24;

}  // namespace

std::vector<uint8_t> Generator::state() const {
  std::vector<uint8_t> bytes(device_ == Device::CPU ? kStateBytes : kCardBytes, 0);
  const auto put = [&](size_t at, auto value) { std::memcpy(bytes.data() + at, &value, sizeof value); };
  put(0, seed_);
  if (device_ != Device::CPU) {
    put(8, philoxOffset_);
    return bytes;
  }
  put(8, left_);
  put(12, int32_t(1));
  put(16, uint64_t(next_));
  for (size_t j = 0; j < kN; j++) put(kWordsAt + 8 * j, uint64_t(state_[j]));
  if (nextNormal) {
    put(kNormalAt, *nextNormal);
    put(kValidAt, int32_t(1));
  }
  return bytes;
}

void Generator::setState(const uint8_t* bytes, size_t size) {
  const size_t expected = device_ == Device::CPU ? kStateBytes : kCardBytes;
  GB_CHECK(size == expected, "RNG state is wrong size: expected ", expected, " bytes, got ", size);
  const auto get = [&](size_t at, auto value) {
    std::memcpy(&value, bytes + at, sizeof value);
    return value;
  };
  if (device_ != Device::CPU) {
    const uint64_t offset = get(8, uint64_t());
    GB_CHECK(offset % 4 == 0, "offset must be a multiple of 4, got ", offset);
    seed_ = get(0, uint64_t());
    seedings_++;
    philoxOffset_ = offset;
    return;
  }
  const int32_t left = get(8, int32_t());
  const uint64_t next = get(16, uint64_t());
  GB_CHECK(left >= 1 && left <= kN && next <= kN && (left == 1 || next + uint64_t(left) == kN + 1),
           "the state is not one of a CPU generator: left ", left, ", next ", next);
  seed_ = get(0, uint64_t());
  left_ = left;
  next_ = uint32_t(next);
  for (size_t j = 0; j < kN; j++) state_[j] = uint32_t(get(kWordsAt + 8 * j, uint64_t()));
  nextNormal.reset();
  if (get(kValidAt, int32_t())) nextNormal = get(kNormalAt, double());
}

}  // namespace gb
