// What reading and writing at indices have in common: index tensors as kernels take them, and walks over blocks and lines.
#pragma once
#include "cuda/kernels/scatter_arguments.h"
#include "cuda/ops/walk.h"
#include "ops/gather.h"
#include "ops/index.h"

namespace gb::cuda {

IndexArguments argumentsOf(const Indexed& x);
/** The same from position `first` on. */
IndexArguments positionsOf(IndexArguments index, int64_t first);

/** Blocks [count, rest…]: the walk over one of them, in step with the base. */
StridedLoop blockLoop(const Tensor& blocks, const Tensor& base);
/** The walk over a block with the index as its last dimension, whatever their strides; the first operand's blocks are `step` apart. */
Walk<2> withIndexLast(const StridedLoop& block, int64_t count, int64_t step);

/**
 * The walk over blocks whose neighbours are moved as one where memory allows it, and how many bytes those are; blocks of the
 * first operand are `step` bytes apart, those of the second by multiples of the index's strides.
 */
int widen(StridedLoop& block, int itemSize, int64_t step, const IndexArguments& index);

Line lineOf(const Tensor& x, int dim, const Tensor& index, const Tensor& other);
/** The walk over the index: operands other, index, x (which stands still along `dim`). */
StridedLoop alongLoop(const Tensor& x, int dim, const Tensor& index, const Tensor& other);
/** The walk over all its dimensions but `dim`, of the same operands. */
StridedLoop linesLoop(const Tensor& x, int dim, const Tensor& index, const Tensor& other);

/** Positions so few, or threads for the elements of a block or for lines so many, that each takes all positions in order. */
constexpr int64_t kFewPositions = 8, kManyThreads = 1 << 16;

/** Elements from the first of x to behind the last one. */
int64_t reachOf(const Tensor& x);

/** For `n` elements of which each thread takes kIndexEach. */
Grid indexGrid(int64_t n);

/** Writing at places that an index names: scatter.cc. */
void joinAlong(Along mode, const Tensor& x, int dim, const Tensor& index, const Tensor& other);

/** Setting, where the last position of a place stays: set.cc. */
void setBlocks(const IndexArguments& index, int64_t count, int64_t places, StridedLoop block, int64_t step, const Tensor& values);
void setAlong(const Tensor& x, int dim, const Tensor& index, const Tensor& other);

}  // namespace gb::cuda
