// Large matrices on a card, so that one of them keeps all of it busy: panels and triangles of few columns by one block of threads
// (kernels/panels.cu), everything else by products and by kernels that are shared out by columns. In place, as in ops/linalg.h.
#pragma once
#include "ops/linalg.h"

namespace gb::cuda {

/** Whether matrices [m, n] of a batch are for these, or for the kernels that give each of them to one block. */
bool inBlocks(int64_t batch, int64_t m, int64_t n);

void luInBlocks(const Tensor& a, const Tensor& pivots, const Tensor& info);
void luSolveInBlocks(const Tensor& lu, const Tensor& pivots, const Tensor& b);
void choleskyInBlocks(const Tensor& a, const Tensor& info);
void triangularInBlocks(const Tensor& a, const Tensor& b, bool upper, bool unit);

}  // namespace gb::cuda
