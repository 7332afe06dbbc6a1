// Convolutions and the gradients of their inputs, by the tiles of cpu/simd/conv.inc.
//
// Every image is copied once, with its padding (cpu/conv_source.h). Results are numbered along the rows of that copy:
// those that would lie in its padding are computed too, and dropped. The right side of the matrix product is then the copy
// itself, shifted by one offset for every channel and tap, and is never made.
//
// The input's gradient is the same thing with the result's gradient as the image and the taps reversed; with a stride, it
// falls apart into as many passes as the stride has phases, each with the taps that meet it.
//
// Where a plane has so few results that most of a tile would be padding, the right side is made after all, for several
// images at once, and the same tiles run over it.
#include "cpu/conv_source.h"

#include <vector>

#include "cpu/gemm.h"
#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {

template <>
const ConvKernels<float>& convKernels<float>() {
#if defined(__x86_64__)
  if (simd() == Simd::Avx512) return avx512::convF32;
#endif
  return GB_CHOOSE(convF32);
}
template <>
const ConvKernels<double>& convKernels<double>() {
#if defined(__x86_64__)
  if (simd() == Simd::Avx512) return avx512::convF64;
#endif
  return GB_CHOOSE(convF64);
}

namespace {

/** Depth of a block: a strip of packed weights stays in the first-level cache. */
constexpr int64_t kDepth = 768;
/** Panels of a task: what they read of the copy stays in the second-level cache. */
constexpr int64_t kPanels = 16;

/** A part of a convolution: the results start + i·step of every dimension, from one set of taps. */
struct Pass {
  int64_t size[3], start[3], step[3];
  /** For every channel and tap: where the shifted copy begins, and where its weights stand (from a group's first). */
  std::vector<int64_t> offsets, weights;
  int64_t packed = 0;  // where its packed weights begin

  /** Whether a row's weights stand one after the other, as they are multiplied. */
  bool inOrder() const {
    for (size_t k = 0; k < weights.size(); k++) {
      if (weights[k] != int64_t(k)) return false;
    }
    return true;
  }

  /** Row k of the right side for one image, in panels that lie `panel` apart; `column` is the next one's place in its panel. */
  template <class T>
  void copyShifted(T*& out, int64_t& column, int64_t width, int64_t panel, const T* image, const ConvSource& source,
                   int64_t k) const {
    for (int64_t z = 0; z < size[0]; z++) {
      for (int64_t y = 0; y < size[1]; y++) {
        const T* from = image + offsets[size_t(k)] + z * source.plane() + y * source.size[2];
        for (int64_t left = size[2]; left > 0;) {
          const int64_t count = std::min(left, width - column);
          for (int64_t x = 0; x < count; x++) out[column + x] = from[x];
          from += count;
          left -= count;
          column += count;
          if (column < width) continue;
          column = 0;
          out += panel;
        }
      }
    }
  }
};

/** A plane is too small for tiles of its own where less than this part of their columns would be results. */
constexpr double kLeastUse = 0.6;
/** Bytes of a right side that is made. */
constexpr int64_t kGatheredBytes = 4 << 20;

/** Panels of one plane of a pass. */
struct Task {
  int64_t pass, z, firstPanel, lastPanel;
};

template <class T>
struct Convolution {
  ConvSource source;
  int64_t batch, groups, rows;  // rows: channels of a group's result
  int64_t outSize[3];
  int64_t weightRow, weightGroup;  // steps between weights of neighbouring rows, of groups
  std::vector<Pass> passes;

  const ConvKernels<T>& kernels = convKernels<T>();
  bool few() const { return rows <= kernels.fewRows; }
  int64_t width() const { return few() ? kernels.wideColumns : kernels.columns; }
  int64_t strip() const { return few() ? rows : kernels.rows; }
  int64_t strips() const { return convBlocks(rows, strip()); }
  int64_t panels(const Pass& pass) const {
    return convBlocks((pass.size[1] - 1) * source.size[2] + pass.size[2], width());
  }

  void run(T* to, const T* from, const T* weight, const T* bias) {
    int64_t packedSize = 0, results = 0, columns = 0, largest = 1;
    passes.erase(std::remove_if(passes.begin(), passes.end(), [](const Pass& p) { return convVolume(p.size) == 0; }),
                 passes.end());
    for (Pass& pass : passes) {
      pass.packed = packedSize;
      const int64_t depth = int64_t(pass.offsets.size());
      packedSize += groups * strips() * strip() * depth;
      results += convVolume(pass.size);
      columns += pass.size[0] * panels(pass) * width();
      largest = std::max(largest, convVolume(pass.size) * depth);
    }
    ConvScratch<T> packed(packedSize);
    for (const Pass& pass : passes) pack(packed.data() + pass.packed, pass, weight);

    const bool gather = batch > 1 && !few() && double(results) < kLeastUse * double(columns);
    const int64_t elements = source.elements(2 * width()), image = source.channels * convVolume(source.from);
    const int64_t copied = std::max<int64_t>(numThreads(), kConvChunkBytes / int64_t(sizeof(T)) / elements);
    const int64_t gathered = std::max<int64_t>(1, kGatheredBytes / int64_t(sizeof(T)) / largest);
    const int64_t chunk = std::min(batch, gather ? gathered : copied);
    const std::vector<Task> tasks = divide(chunk);
    ConvScratch<T> copies(chunk * elements);
    const int64_t resultSize = groups * rows * convVolume(outSize);
    for (int64_t first = 0; first < batch; first += chunk) {
      const int64_t count = std::min(chunk, batch - first);
      parallelFor(count * source.channels, std::max<int64_t>(1, kGrain / source.channel()), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
          const int64_t n = i / source.channels, c = i % source.channels;
          source.fill(copies.data() + n * elements + c * source.channel(),
                      from + (first + n) * image + c * convVolume(source.from));
        }
      });
      T* result = to + first * resultSize;
      if (gather) {
        byGathering(result, copies.data(), elements, count, packed.data(), bias);
      } else {
        byShifts(result, copies.data(), elements, count, tasks, packed.data(), bias);
      }
    }
  }

  void byShifts(T* to, const T* copies, int64_t elements, int64_t count, const std::vector<Task>& tasks, const T* packed,
                const T* bias) const {
    int64_t work = 0;
    for (const Pass& pass : passes) work += convVolume(pass.size) * int64_t(pass.offsets.size()) * rows;
    const int64_t perImage = int64_t(tasks.size()), volume = convVolume(outSize);
    const int64_t perTask = std::max<int64_t>(1, work / perImage);
    parallelFor(count * groups * perImage, std::max<int64_t>(1, kConvThreadWork / perTask), [&](int64_t begin, int64_t end) {
      std::vector<ConvSegment> segments;
      std::vector<int64_t> ends;
      for (int64_t i = begin; i < end; i++) {
        const int64_t n = i / perImage / groups, group = i / perImage % groups;
        const Task& task = tasks[size_t(i % perImage)];
        checkInterrupt();
        segmentsOf(task, segments, ends);
        const T* image = copies + n * elements + group * (source.channels / groups) * source.channel();
        compute({passes[size_t(task.pass)], group, 0, strips(), task.firstPanel, task.lastPanel, task.firstPanel},
                packed,
                image + task.z * source.plane(), width(), passes[size_t(task.pass)].offsets.data(), segments, ends,
                to + (n * groups + group) * rows * volume, bias);
      }
    });
  }

  /** Every pass and group by itself: its right side for all images of the chunk, then tiles over strips and panels. */
  void byGathering(T* to, const T* copies, int64_t elements, int64_t count, const T* packed, const T* bias) const {
    std::vector<ConvSegment> segments;
    std::vector<int64_t> ends, offsets;
    const int64_t volume = convVolume(outSize);
    for (const Pass& pass : passes) {
      const int64_t depth = int64_t(pass.offsets.size()), each = convVolume(pass.size);
      const int64_t across = convBlocks(count * each, width()), panelSize = depth * width();
      offsets.clear();
      for (int64_t k = 0; k < depth; k++) offsets.push_back(k * width());
      gatheredSegments(pass, count, across, segments, ends);
      ConvScratch<T> gathered(across * panelSize + width());
      for (int64_t group = 0; group < groups; group++) {
        const T* images = copies + group * (source.channels / groups) * source.channel();
        parallelFor(depth, std::max<int64_t>(1, kGrain / 4 / (across * width())), [&](int64_t begin, int64_t end) {
          for (int64_t k = begin; k < end; k++) {
            T* out = gathered.data() + k * width();
            int64_t column = 0;
            for (int64_t n = 0; n < count; n++) {
              pass.copyShifted(out, column, width(), panelSize, images + n * elements, source, k);
            }
            if (column > 0) std::fill(out + column, out + width(), T(0));
          }
        });
        const int64_t perTile = std::max<int64_t>(1, strip() * width() * depth);
        parallelFor(strips() * across, std::max<int64_t>(1, kConvThreadWork / perTile), [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end;) {
            const int64_t s = i / across, panel = i % across, last = std::min(across, panel + end - i);
            checkInterrupt();
            compute({pass, group, s, s + 1, panel, last, 0}, packed, gathered.data(), panelSize, offsets.data(), segments, ends,
                    to + group * rows * volume, bias);
            i += last - panel;
          }
        });
      }
    }
  }

  /** As `segmentsOf`, for columns that are the results of one image after the other. */
  void gatheredSegments(const Pass& pass, int64_t count, int64_t across, std::vector<ConvSegment>& segments,
                        std::vector<int64_t>& ends) const {
    const int64_t image = groups * rows * convVolume(outSize), length = pass.size[2];
    segments.clear();
    ends.clear();
    int64_t row = 0, at = 0;  // the next row of results, and the column where it begins
    const int64_t rowsOfAll = count * pass.size[0] * pass.size[1];
    for (int64_t panel = 0; panel < across; panel++) {
      const int64_t begin = panel * width(), end = begin + width();
      for (; row < rowsOfAll && at < end; row++, at += length) {
        const int64_t y = row % pass.size[1], z = row / pass.size[1] % pass.size[0], n = row / pass.size[1] / pass.size[0];
        const int64_t place = (pass.start[0] + z * pass.step[0]) * outSize[1] + pass.start[1] + y * pass.step[1];
        const int64_t x = std::max<int64_t>(0, begin - at), last = std::min(length, end - at);
        segments.push_back({n * image + place * outSize[2] + pass.start[2] + x * pass.step[2], at + x - begin, last - x});
        if (last < length) break;  // the rest is in the next panel
      }
      ends.push_back(int64_t(segments.size()));
    }
  }

  /** Strips of `strip()` rows: packed[group][strip][k][row], the last one filled up with zeros. */
  void pack(T* to, const Pass& pass, const T* weight) const {
    const int64_t depth = int64_t(pass.offsets.size()), height = strip();
    parallelFor(groups * strips(), std::max<int64_t>(1, kGrain / std::max<int64_t>(1, height * depth)),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; i++) {
                    const int64_t row = i % strips() * height, count = std::min(height, rows - row);
                    const T* at = weight + i / strips() * weightGroup + row * weightRow;
                    T* out = to + i * height * depth;
                    if (pass.inOrder()) {
                      gemmKernels<T>().pack(out, int(height), at, 1, weightRow, depth, count);
                      continue;
                    }
                    for (int64_t k = 0; k < depth; k++, out += height) {
                      for (int64_t m = 0; m < count; m++) out[m] = at[m * weightRow + pass.weights[size_t(k)]];
                      for (int64_t m = count; m < height; m++) out[m] = T(0);
                    }
                  }
                });
  }

  /** The tasks of one group of one image. */
  std::vector<Task> divide(int64_t chunk) const {
    int64_t all = 0;
    for (const Pass& pass : passes) all += pass.size[0] * panels(pass);
    const int64_t even = all * chunk * groups / (int64_t(numThreads()) * 4);
    const int64_t block = std::max<int64_t>(1, std::min(kPanels, even));
    std::vector<Task> tasks;
    for (size_t p = 0; p < passes.size(); p++) {
      for (int64_t z = 0; z < passes[p].size[0]; z++) {
        for (int64_t panel = 0; panel < panels(passes[p]); panel += block) {
          tasks.push_back({int64_t(p), z, panel, std::min(panels(passes[p]), panel + block)});
        }
      }
    }
    return tasks;
  }

  /** For every panel of a task: the stretches of it that are results. */
  void segmentsOf(const Task& task, std::vector<ConvSegment>& segments, std::vector<int64_t>& ends) const {
    const Pass& pass = passes[size_t(task.pass)];
    const int64_t pitch = source.size[2];
    segments.clear();
    ends.clear();
    for (int64_t panel = task.firstPanel; panel < task.lastPanel; panel++) {
      const int64_t begin = panel * width(), end = begin + width();
      for (int64_t y = begin / pitch; y < pass.size[1] && y * pitch < end; y++) {
        const int64_t x = std::max<int64_t>(0, begin - y * pitch), last = std::min(pass.size[2], end - y * pitch);
        if (x >= last) continue;
        const int64_t row = (pass.start[0] + task.z * pass.step[0]) * outSize[1] + pass.start[1] + y * pass.step[1];
        segments.push_back({row * outSize[2] + pass.start[2] + x * pass.step[2], y * pitch + x - begin, last - x});
      }
      ends.push_back(int64_t(segments.size()));
    }
  }

  /** Strips and panels of one pass and group; `numbered` is the panel with which their segments begin. */
  struct Part {
    const Pass& pass;
    int64_t group, firstStrip, lastStrip, firstPanel, lastPanel, numbered;
  };

  /** Tiles of a part: row k of panel p of the right side is at right[p·panelStep + offsets[k]]. */
  void compute(const Part& part, const T* packed, const T* right, int64_t panelStep, const int64_t* offsets,
               const std::vector<ConvSegment>& segments, const std::vector<int64_t>& ends, T* to, const T* bias) const {
    const int64_t depth = int64_t(part.pass.offsets.size()), height = strip(), volume = convVolume(outSize);
    const int64_t step = convBlocks(depth, std::max<int64_t>(1, convBlocks(depth, kDepth)));
    alignas(64) T tile[16 * 64];
    int64_t k = 0;
    do {  // also where there is no tap: the bias alone
      const int64_t count = std::min(step, depth - k);
      for (int64_t s = part.firstStrip; s < part.lastStrip; s++) {
        const int64_t row = s * height;
        const int m = int(std::min(height, rows - row));
        const ConvTile<T> run = (few() ? kernels.wideTiles : kernels.tiles)[m - 1];
        const T* a = packed + part.pass.packed + ((part.group * strips() + s) * depth + k) * height;
        for (int64_t panel = part.firstPanel; panel < part.lastPanel; panel++) {
          const int64_t at = panel - part.numbered, first = at ? ends[size_t(at - 1)] : 0;
          run(count, a, height, right + panel * panelStep, offsets + k, tile);
          kernels.store(tile, width(), m, segments.data() + first, ends[size_t(at)] - first, to + row * volume, volume,
                        part.pass.step[2], bias && k == 0 ? bias + part.group * rows + row : nullptr, k > 0);
        }
      }
      k += step;
    } while (k < depth);
  }
};

template <class T>
void forward(const ConvShape& s, const Tensor& y, const Tensor& x, const Tensor& weight, MaybeTensor bias) {
  const int64_t taps = convVolume(s.kernel);
  Convolution<T> conv{inputSource(s), s.batch,        s.groups, s.features, {s.out[0], s.out[1], s.out[2]},
                      s.channels * taps, s.features * s.channels * taps, {}};
  Pass pass{{s.out[0], s.out[1], s.out[2]}, {0, 0, 0}, {1, 1, 1}, {}, {}};
  for (int64_t c = 0; c < s.channels; c++) {
    forTaps(s.kernel, [&](int64_t tap, const int64_t(&at)[3]) {
      pass.offsets.push_back(inputOffset(s, conv.source, c, at));
      pass.weights.push_back(c * taps + tap);
    });
  }
  conv.passes.push_back(std::move(pass));
  const OddWeights<T> weights(weight);
  conv.run(y.as<T>(), x.as<T>(), weights.rest(), bias ? bias->as<T>() : nullptr);
  weights.add(s, true, y.as<T>(), x.as<T>());
}

/** One dimension of the input's gradient: the places of a phase of the padded input, and which result each tap meets. */
struct PhaseOf {
  int64_t first, count, start;        // places q, and the input's element at the first of them
  std::vector<int64_t> taps, behind;  // tap k meets result q - behind

  PhaseOf(const ConvShape& s, int i, int64_t phase) {
    const int64_t stride = s.stride[i], padding = s.padding[i];
    first = padding > phase ? convBlocks(padding - phase, stride) : 0;
    const int64_t beyond = s.in[i] + padding - phase;  // places from here on lie outside
    count = std::max<int64_t>(0, convBlocks(beyond, stride) - first);
    start = first * stride + phase - padding;
    for (int64_t k = 0; k < s.kernel[i]; k++) {
      if (k * s.dilation[i] % stride != phase) continue;
      taps.push_back(k);
      behind.push_back(k * s.dilation[i] / stride);
    }
  }
};

template <class T>
void inputGradient(const ConvShape& s, const Tensor& x, const Tensor& y, const Tensor& weight, MaybeTensor bias) {
  const int64_t taps = convVolume(s.kernel);
  Convolution<T> conv{{s.features * s.groups, {}, {}, {1, 1, 1}, {}},
                      s.batch,
                      s.groups,
                      s.channels,
                      {s.in[0], s.in[1], s.in[2]},
                      taps,
                      s.features * s.channels * taps,
                      {}};
  ConvSource& source = conv.source;
  std::vector<PhaseOf> phases[3];
  for (int i = 0; i < 3; i++) {
    source.from[i] = s.out[i];
    source.size[i] = 1;
    for (int64_t phase = 0; phase < std::min(s.stride[i], s.in[i] + s.padding[i]); phase++) phases[i].emplace_back(s, i, phase);
    for (const PhaseOf& p : phases[i]) {
      for (int64_t behind : p.behind) source.shift[i] = std::max(source.shift[i], behind - p.first);
    }
    for (const PhaseOf& p : phases[i]) {
      for (int64_t behind : p.behind) {
        source.size[i] = std::max(source.size[i], p.count + p.first - behind + source.shift[i]);
      }
      // Rows of results are numbered along the copy's rows, also those that no tap reaches.
      source.size[i] = std::max(source.size[i], p.count);
    }
  }
  for (const PhaseOf& z : phases[0]) {
    for (const PhaseOf& y2 : phases[1]) {
      for (const PhaseOf& x2 : phases[2]) {
        Pass pass{{z.count, y2.count, x2.count}, {z.start, y2.start, x2.start}, {s.stride[0], s.stride[1], s.stride[2]}, {}, {}};
        for (int64_t f = 0; f < s.features; f++) {
          for (size_t a = 0; a < z.taps.size(); a++) {
            for (size_t b = 0; b < y2.taps.size(); b++) {
              for (size_t c = 0; c < x2.taps.size(); c++) {
                pass.offsets.push_back(source.place(f, {0, 0, 0},
                                                    {z.first - z.behind[a] + source.shift[0],
                                                     y2.first - y2.behind[b] + source.shift[1],
                                                     x2.first - x2.behind[c] + source.shift[2]}));
                pass.weights.push_back(f * s.channels * taps + (z.taps[a] * s.kernel[1] + y2.taps[b]) * s.kernel[2] + x2.taps[c]);
              }
            }
          }
        }
        conv.passes.push_back(std::move(pass));
      }
    }
  }
  const OddWeights<T> weights(weight);
  conv.run(x.as<T>(), y.as<T>(), weights.rest(), bias ? bias->as<T>() : nullptr);
  weights.add(s, false, x.as<T>(), y.as<T>());
}

void forwardOnCpu(const ConvShape& s, const Tensor& y, const Tensor& x, const Tensor& weight, MaybeTensor bias) {
  const auto wide = [&](const auto&... tensors) { forwardOnCpu(s, tensors...); };
  if (widened(wide, y, x, weight, bias)) return;
  y.dtype() == DType::Float64 ? forward<double>(s, y, x, weight, bias) : forward<float>(s, y, x, weight, bias);
}
void inputOnCpu(const ConvShape& s, const Tensor& x, const Tensor& y, const Tensor& weight, MaybeTensor bias) {
  const auto wide = [&](const auto&... tensors) { inputOnCpu(s, tensors...); };
  if (widened(wide, x, y, weight, bias)) return;
  x.dtype() == DType::Float64 ? inputGradient<double>(s, x, y, weight, bias) : inputGradient<float>(s, x, y, weight, bias);
}

}  // namespace

GB_KERNEL(CPU, convKernel, forwardOnCpu)
GB_KERNEL(CPU, convInputKernel, inputOnCpu)

}  // namespace gb
