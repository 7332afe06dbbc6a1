// Products of bytes on the CPU.
#include "ops/quantized.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "cpu/simd/choose.h"
#include "cpu/simd/quantized.h"
#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {

const QuantizedLoops& quantizedLoops() {
#if defined(__x86_64__)
  static const bool vnni = simd() == Simd::Avx512 && __builtin_cpu_supports("avx512vnni");
  if (vnni) return vnni::quantized;
#endif
  return GB_CHOOSE(quantized);
}

namespace {

constexpr int64_t kBlockRows = 32;

void dynamicLinearOnCpu(const DynamicLinear& call, const Tensor& y) {
  const auto& loops = quantizedLoops();
  const float* x = call.x.as<float>();
  float low = 0, high = 0;
  const bool good = loops.range(x, call.rows * call.in, &low, &high);
  GB_CHECK(good && std::isfinite(low) && std::isfinite(high), "the input must be finite to be quantized, got ",
           good ? "an infinity" : "NaN");
  const ByteScale scale = scalar::chooseScale(low, high);
  const float inverse = 1 / scale.scale, factor = scale.scale * float(call.weightScale);
  std::vector<uint8_t> bytes(size_t(call.rows * call.stride));
  parallelFor(call.rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, call.in)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      loops.toBytes(bytes.data() + r * call.stride, x + r * call.in, call.in, inverse, scale.zero);
    }
  });
  const int32_t* rowSums = call.rowSums.as<int32_t>();
  const float* bias = call.bias ? call.bias->as<float>() : nullptr;
  const int64_t tiles = (call.out + kDotRows - 1) / kDotRows;
  const int64_t grain = std::max<int64_t>(1, kGrain * 4 / (kDotRows * std::max<int64_t>(1, call.rows * call.stride)));
  parallelFor(tiles, grain, [&](int64_t begin, int64_t end) {
    int32_t sums[kDotRows * kDotRows];
    // A block of x stays in the cache while the weight passes by.
    for (int64_t top = 0; top < call.rows; top += kBlockRows) {
      checkInterrupt();
      const int64_t bottom = std::min(call.rows, top + kBlockRows);
      for (int64_t o = begin * kDotRows; o < std::min(call.out, end * kDotRows); o += kDotRows) {
        const int columns = int(std::min<int64_t>(kDotRows, call.out - o));
        for (int64_t r = top; r < bottom; r += kDotRows) {
          const int rows = int(std::min<int64_t>(kDotRows, bottom - r));
          loops.dots(bytes.data() + r * call.stride, rows, call.weight.as<int8_t>() + o * call.stride, columns,
                     call.stride, sums);
          for (int i = 0; i < rows; i++) {
            float* to = y.as<float>() + (r + i) * call.out + o;
            for (int j = 0; j < columns; j++) {
              const float product = float(sums[i * kDotRows + j] - scale.zero * rowSums[o + j]) * factor;
              to[j] = bias ? product + bias[o + j] : product;
            }
          }
        }
      }
    }
  });
}

}  // namespace

GB_KERNEL(CPU, dynamicLinearKernel, dynamicLinearOnCpu)

}  // namespace gb
