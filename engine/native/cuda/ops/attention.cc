// Attention on a card.
#include "ops/attention.h"

#include <algorithm>

#include "cuda/kernels/attention_arguments.h"
#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"
#include "ops/copy.h"

namespace gb::cuda {
namespace {

constexpr const char *kForward = "attention.cu", *kBackward = "attention_backward.cu", *kFlash = "flash.cu";

/** The kernels of half types want tensor cores that multiply both of them, and heads of at most so many columns. */
constexpr int kTensorCores = 80;
constexpr int64_t kWidths[] = {32, 64, 96, 128}, kNarrow = 64, kWidest = 128;
/** Places within a head are of 32 bits there, with room for the last tile. */
bool rowsFit(const Tensor& x) { return x.size(2) <= (1 << 22) && x.size(2) * x.stride(2) <= (1 << 30); }

HeadRows rowsOf(const Tensor& x) {
  const int64_t chunk = 16 / int64_t(x.itemSize());
  bool aligned = reinterpret_cast<uintptr_t>(x.data()) % 16 == 0 && x.size(3) % chunk == 0;
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

/** A kernel of tensor cores for each half type, width of heads, and for so many times 16 rows a warp. */
class ByWidth {
 public:
  static Unit unit(const char* file, DType type, int64_t width, int blocks) {
    return {file, std::string("-DGB_H=") + kernelType(type) + " -DGB_WIDTH=" + std::to_string(width) + " -DGB_BLOCKS=" + std::to_string(blocks)};
  }
  void run(const char* file, const char* name, const AttentionArguments& a, const Tensor& like, int64_t rows, int blocks) {
    const int place = placeOf(a);
    const int64_t tile = kFlashThreads / 32 * 16 * blocks;
    Function& f = functions_[like.dtype() == DType::BFloat16][place][blocks - 1];
    const CUfunction kernel = f.get(cudaIndex(like.device()), name, [&] { return unit(file, like.dtype(), kWidths[place], blocks); });
    launch(kernel, like.device(), gridFor(like.size(0) * a.heads * ((rows + tile - 1) / tile), 1), kFlashThreads, a);
  }

 private:
  static constexpr unsigned kFlashThreads = 128;
  static int placeOf(const AttentionArguments& a) { return int((std::max(a.width, a.values) + 31) / 32 - 1); }
  Function functions_[2][std::size(kWidths)][2];
};

/** Two blocks of rows a warp where registers suffice and there are enough of them for all multiprocessors. */
int blocksOf(const AttentionArguments& a, const Tensor& out) {
  const int64_t tiles = out.size(0) * a.heads * ((a.queries + 127) / 128);
  const bool many = a.queries > 64 && tiles >= properties(cudaIndex(out.device())).multiProcessorCount;
  return std::max(a.width, a.values) <= kNarrow && !a.mask.data && many ? 2 : 1;
}

void attentionOnCuda(const AttentionCall& call, const Tensor& out) {
  static ByFloat kernels;
  static ByWidth halfKernels;
  AttentionArguments a = argumentsOf(call);
  a.out = out.data();
  if (itemSize(out.dtype()) == 2) return halfKernels.run(kFlash, "flash", a, out, a.queries, blocksOf(a, out));
  run(kernels, kForward, "attention", a, out, a.queries, a.values);
}

void attentionBackwardOnCuda(const AttentionCall& call, const Tensor& grad, const Tensor& dq, const Tensor& dk,
                             const Tensor& dv) {
  static ByFloat statistics, queries, keys;
  AttentionArguments a = argumentsOf(call);
  a.grad = rowsOf(grad);
  a.dq = dq.data();
  a.dk = dk.data();
  a.dv = dv.data();
  const size_t each = size_t(dq.size(0) * a.heads * a.queries) * dq.itemSize();
  const Scratch sums(std::max<size_t>(each, 8), dq.device()), dots(std::max<size_t>(each, 8), dq.device());
  a.logSums = sums.data();
  a.dots = dots.data();
  run(statistics, kBackward, "statistics", a, dq, a.queries, 1);
  run(queries, kBackward, "queryGradient", a, dq, a.queries, a.width);
  run(keys, kBackward, "keyGradient", a, dq, a.keys, std::max(a.width, a.values));
}

GB_UNITS(all) {
  for (DType type : {DType::Float32, DType::Float64}) {
    for (const char* file : {kForward, kBackward}) all.push_back(ByFloat::unit(file, type));
  }
  for (DType type : {DType::Float16, DType::BFloat16}) {
    for (int64_t width : kWidths) {
      for (int blocks = 1; blocks <= (width <= kNarrow ? 2 : 1); blocks++) all.push_back(ByWidth::unit(kFlash, type, width, blocks));
    }
  }
}

GB_KERNEL(CUDA, attentionTypeKernel, attentionTypeOnCuda)
GB_KERNEL(CUDA, attentionKernel, attentionOnCuda)
GB_KERNEL(CUDA, attentionBackwardKernel, attentionBackwardOnCuda)

}  // namespace
}  // namespace gb::cuda
