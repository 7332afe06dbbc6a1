// Attention on a card.
#include "ops/attention.h"

#include <algorithm>

#include "cuda/kernels/attention_arguments.h"
#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"
#include "ops/copy.h"

namespace gb::cuda {
namespace {

constexpr const char *kForward = "attention.cu", *kBackward = "attention_backward.cu", *kFlash = "flash.cu",
                     *kFlashQuery = "flash_query_gradient.cu", *kFlashKey = "flash_key_gradient.cu",
                     *kTile = "attention_tile.cu", *kTileQuery = "attention_tile_query.cu", *kTileKey = "attention_tile_key.cu";

/** The kernels of half types want tensor cores that multiply both of them, and heads of at most so many columns. */
constexpr int kTensorCores = 80;
constexpr int64_t kWidths[] = {32, 64, 96, 128}, kNarrow = 64, kWidest = 128;
/** Places within a head are of 32 bits there, with room for the last tile. */
bool rowsFit(const Tensor& x) { return x.size(2) <= (1 << 22) && x.size(2) * x.stride(2) <= (1 << 30); }

HeadRows rowsOf(const Tensor& x) {
  const int64_t chunk = 16 / int64_t(x.itemSize());
  bool aligned = isAligned(x.data()) && x.size(3) % chunk == 0;
  for (int d = 0; d < 3; d++) aligned &= x.size(d) == 1 || x.stride(d) % chunk == 0;
  return {x.data(), x.stride(0), x.stride(1), x.stride(2), aligned};
}

AttentionArguments argumentsOf(const AttentionCall& call) {
  const Tensor &q = *call.query, &v = *call.value;
  AttentionArguments a{};
  a.query = rowsOf(q);
  a.key = rowsOf(*call.key);
  a.value = rowsOf(v);
  for (const Tensor* x : {call.key, call.value, call.mask}) {
    if (x) checkTogether(q, *x);
  }
  if (call.mask) {
    a.mask = rowsOf(*call.mask);
    a.maskColumn = call.mask->stride(3);
  }
  a.heads = q.size(1);
  a.queries = q.size(2);
  a.keys = v.size(2);
  a.width = q.size(3);
  a.values = v.size(3);
  a.scale = call.scale;
  a.causal = call.causal;
  return a;
}

/** Rows and columns of a tile. */
int64_t tileOf(const Tensor& x) { return x.dtype() == DType::Float64 ? 32 : 64; }

/** A block for each tile of rows of each head and each chunk of columns. */
void run(ByFloat& table, const char* file, const char* name, const AttentionArguments& a, const Tensor& like, int64_t rows,
         int64_t columns) {
  const int64_t tile = tileOf(like), heads = like.size(0) * like.size(1);
  if (heads * rows * columns == 0) return;
  Grid grid = gridFor(heads * ((rows + tile - 1) / tile), 1);
  grid.y = unsigned((columns + tile - 1) / tile);
  launch(table.get(like.device(), file, name, like.dtype()), like.device(), grid, kThreads, a);
}

DType attentionTypeOnCuda(const Tensor& query, const Tensor& key, const Tensor& value) {
  const DType type = query.dtype();
  if (type != DType::Float16 && type != DType::BFloat16) return type;
  const bool fits = properties(cudaIndex(query.device())).capability() >= kTensorCores &&
                    std::max(query.size(3), value.size(3)) <= kWidest && query.numel() > 0 && value.numel() > 0 &&
                    rowsFit(query) && rowsFit(key) && rowsFit(value);
  return fits ? type : DType::Float32;
}

/** Kernels of float32 for heads of at most 64 columns, in tiles of 64 rows. */
class InTiles {
 public:
  static Unit unit(const char* file, bool wide, bool mask) {
    return {file, std::string("-DGB_WIDTH=") + (wide ? "64" : "32") + " -DGB_MASK=" + (mask ? "1" : "0")};
  }
  /** `shared`: tiles of rows that the launch gives. */
  void run(const char* file, const char* name, const AttentionArguments& a, const Tensor& like, int64_t rows, int shared) {
    const bool wide = std::max(a.width, a.values) > 32, mask = a.mask.data;
    Grid grid = gridFor(like.size(0) * a.heads * ((rows + kTile - 1) / kTile), 1);
    grid.shared = sharedFor(wide, shared);
    const auto make = [&] { return unit(file, wide, mask); };
    launch(kernels_[wide][mask].get(cudaIndex(like.device()), name, make, grid.shared), like.device(), grid, 128, a);
  }
  static bool fit(const AttentionCall& call) {
    const Tensor &q = *call.query, &k = *call.key, &v = *call.value;
    return q.dtype() == DType::Float32 && std::max(q.size(3), v.size(3)) <= 64 && q.numel() > 0 && v.numel() > 0 && rowsFit(q) &&
           rowsFit(k) && rowsFit(v) && properties(cudaIndex(q.device())).sharedMemPerBlockOptin >= int(sharedFor(true, kMostTiles));
  }
  static constexpr int kMostTiles = 4;

 private:
  static constexpr int64_t kTile = 64;
  /** Three tiles of rows, and one that is made of scores too. */
  static unsigned sharedFor(bool wide, int tiles) {
    return tiles == 0 ? 0 : unsigned(sizeof(float)) * unsigned((tiles - 1) * kTile * (wide ? 64 : 32) + kTile * kTile);
  }
  Function kernels_[2][2];
};

/** GB_BLOCKS (1 or 2: times 16 rows that a warp has) or GB_MASK (0 or 1). */
struct Choice {
  const char* macro;
  int value;
};

/** A kernel of tensor cores for each half type, width of heads, and choice. */
class ByWidth {
 public:
  static Unit unit(const char* file, DType type, int64_t width, Choice choice) {
    return {file, std::string("-DGB_H=") + kernelType(type) + " -DGB_WIDTH=" + std::to_string(width) + " -D" + choice.macro + "=" +
                      std::to_string(choice.value)};
  }
  /** Blocks of four warps for tiles of 64 rows, or of so many times 64. */
  void run(const char* file, const char* name, const AttentionArguments& a, const Tensor& like, int64_t rows, int blocks,
           Choice choice) {
    const int place = int((std::max(a.width, a.values) + 31) / 32 - 1);
    const int64_t tile = 64 * blocks, tiles = like.size(0) * a.heads * ((rows + tile - 1) / tile);
    Function& f = functions_[like.dtype() == DType::BFloat16][place][choice.value % 2];
    const CUfunction kernel = f.get(cudaIndex(like.device()), name, [&] { return unit(file, like.dtype(), kWidths[place], choice); });
    launch(kernel, like.device(), gridFor(tiles, 1), 128, a);
  }
  void run(const char* file, const char* name, const AttentionArguments& a, const Tensor& like, int blocks) {
    run(file, name, a, like, a.queries, blocks, {"GB_BLOCKS", blocks});
  }

 private:
  Function functions_[2][std::size(kWidths)][2];
};

/** Two blocks of rows a warp where registers suffice and there are enough of them for all multiprocessors. */
int blocksOf(const AttentionArguments& a, const Tensor& out) {
  const int64_t tiles = out.size(0) * a.heads * ((a.queries + 127) / 128);
  const bool many = a.queries > 64 && tiles >= properties(cudaIndex(out.device())).multiProcessorCount;
  return std::max(a.width, a.values) <= kNarrow && !a.mask.data && many ? 2 : 1;
}

Tensor attentionOnCuda(const AttentionCall& call, const Tensor& out) {
  static ByFloat kernels;
  static ByWidth halfKernels;
  static InTiles tileKernels;
  AttentionArguments a = argumentsOf(call);
  const bool half = isHalf(out.dtype()), tiles = InTiles::fit(call);
  // Without them the derivative makes its own.
  Tensor logSums = emptyTensor({out.size(0), a.heads, half || tiles ? a.queries : 0}, computeType(out.dtype()), out.device());
  a.out = out.data();
  a.logSums = logSums.data();
  if (half) {
    halfKernels.run(kFlash, "flash", a, out, blocksOf(a, out));
  } else if (tiles) {
    tileKernels.run(kTile, "attentionTile", a, out, a.queries, 0);
  } else {
    run(kernels, kForward, "attention", a, out, a.queries, a.values);
  }
  return logSums;
}

void attentionBackwardOnCuda(const AttentionCall& call, const Tensor& grad, const Tensor& out, const Tensor& logSums,
                             const Tensor& dq, const Tensor& dk, const Tensor& dv) {
  static ByFloat statistics, queries, keys;
  static ByWidth halfQueries, halfKeys;
  static InTiles tileQueries, tileKeys;
  AttentionArguments a = argumentsOf(call);
  const bool half = isHalf(dq.dtype()), kept = half || InTiles::fit(call);
  const Tensor near = kept && !rowsFit(grad) ? contiguous(grad) : grad;
  a.grad = rowsOf(near);
  a.result = rowsOf(out);
  a.dq = dq.data();
  a.dk = dk.data();
  a.dv = dv.data();
  const size_t each = size_t(dq.size(0) * a.heads * a.queries) * itemSize(computeType(dq.dtype()));
  const Scratch dots(std::max<size_t>(each, 8), dq.device());
  a.dots = dots.data();
  if (kept) {
    const Dims expected{dq.size(0), a.heads, a.queries};
    GB_CHECK(logSums.sizes() == expected && logSums.dtype() == DType::Float32, "expected float32 sums of shape ", expected, ", got ",
             nameOf(logSums.dtype()), " ", logSums.sizes());
    const Tensor sums = contiguous(logSums);
    a.logSums = sums.data();
    if (half) {
      halfQueries.run(kFlashQuery, "flashQueryGradient", a, dq, blocksOf(a, dq));
      halfKeys.run(kFlashKey, "flashKeyGradient", a, dq, a.keys, 1, {"GB_MASK", a.mask.data != nullptr});
    } else {
      tileQueries.run(kTileQuery, "tileQueryGradient", a, dq, a.queries, InTiles::kMostTiles);
      tileKeys.run(kTileKey, "tileKeyGradient", a, dq, a.keys, InTiles::kMostTiles);
    }
    return;
  }
  const Scratch sums(std::max<size_t>(each, 8), dq.device());
  a.logSums = sums.data();
  run(statistics, kBackward, "statistics", a, dq, a.queries, 1);
  run(queries, kBackward, "queryGradient", a, dq, a.queries, a.width);
  run(keys, kBackward, "keyGradient", a, dq, a.keys, std::max(a.width, a.values));
}

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) {
    for (const char* file : {kForward, kBackward}) all.push_back(ByFloat::unit(file, type));
  }
  for (bool wide : {false, true}) {
    for (bool mask : {false, true}) {
      for (const char* file : {kTile, kTileQuery, kTileKey}) all.push_back(InTiles::unit(file, wide, mask));
    }
  }
  for (DType type : {DType::Float16, DType::BFloat16}) {
    for (int64_t width : kWidths) {
      for (int blocks = 1; blocks <= (width <= kNarrow ? 2 : 1); blocks++) {
        for (const char* file : {kFlash, kFlashQuery}) all.push_back(ByWidth::unit(file, type, width, {"GB_BLOCKS", blocks}));
      }
      for (int mask : {0, 1}) all.push_back(ByWidth::unit(kFlashKey, type, width, {"GB_MASK", mask}));
    }
  }
}

GB_KERNEL(CUDA, attentionTypeKernel, attentionTypeOnCuda)
GB_KERNEL(CUDA, attentionKernel, attentionOnCuda)
GB_KERNEL(CUDA, attentionBackwardKernel, attentionBackwardOnCuda)

}  // namespace
}  // namespace gb::cuda
