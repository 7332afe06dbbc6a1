// Attention on a card.
#include "ops/attention.h"

#include <algorithm>

#include "cuda/kernels/attention_arguments.h"
#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"
#include "ops/copy.h"

namespace gb::cuda {
namespace {

constexpr const char *kForward = "attention.cu", *kBackward = "attention_backward.cu";

HeadRows rowsOf(const Tensor& x) { return {x.data(), x.stride(0), x.stride(1), x.stride(2)}; }

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

void attentionOnCuda(const AttentionCall& call, const Tensor& out) {
  static ByFloat kernels;
  AttentionArguments a = argumentsOf(call);
  a.out = out.data();
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
}

GB_KERNEL(CUDA, attentionKernel, attentionOnCuda)
GB_KERNEL(CUDA, attentionBackwardKernel, attentionBackwardOnCuda)

}  // namespace
}  // namespace gb::cuda
