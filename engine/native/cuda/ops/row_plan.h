// How the rows of an op are shared out among threads: which of the kernels of kernels/row.cuh fits them.
#pragma once
#include <algorithm>
#include <initializer_list>
#include <string>

#include "cuda/kernels/layer_arguments.h"
#include "cuda/ops/units.h"

namespace gb::cuda {

/** One compilation of a file of kernels on rows. */
struct RowKernel {
  /** Threads of a warp that take a row; 0 for all of a block's. */
  int lanes;
  /** Elements that are read and written at once, and elements that a thread keeps; rows of any length without these. */
  int vector, held;
  /** Of a block, at most. */
  int threads;
};

/** Threads of a block whose rows stand side by side. */
constexpr int kWarpRowThreads = 128;

/** All of them, shortest rows first; as many elements as registers allow. */
inline constexpr RowKernel kFloatRows[] = {
    {4, 4, 4, kWarpRowThreads},   {8, 4, 4, kWarpRowThreads},   {32, 4, 4, kWarpRowThreads},  {32, 4, 8, kWarpRowThreads},
    {32, 4, 16, kWarpRowThreads}, {32, 4, 32, kWarpRowThreads}, {0, 4, 16, 1024},             {8, 1, 4, kWarpRowThreads},
    {32, 1, 4, kWarpRowThreads},  {32, 1, 8, kWarpRowThreads},  {32, 1, 16, kWarpRowThreads}, {32, 1, 32, kWarpRowThreads},
    {0, 1, 16, 512},              {0, 1, 0, 512}};
inline constexpr RowKernel kDoubleRows[] = {
    {4, 2, 4, kWarpRowThreads},   {8, 2, 4, kWarpRowThreads},   {32, 2, 4, kWarpRowThreads},  {32, 2, 8, kWarpRowThreads},
    {32, 2, 16, kWarpRowThreads}, {0, 2, 8, 512},               {8, 1, 4, kWarpRowThreads},   {32, 1, 4, kWarpRowThreads},
    {32, 1, 8, kWarpRowThreads},  {32, 1, 16, kWarpRowThreads}, {0, 1, 8, 512},               {0, 1, 0, 512}};

/** A kernel on rows that computes in float or double; `threads` and `grid` are those of a launch. */
struct RowPlan {
  RowArguments rows;
  /** Of the memory: that of computation, or a half one. */
  DType type;
  int index;
  unsigned threads;
  Grid grid;

  /** Of `rows` of `n` elements; `memory`: what is read or written by whole rows. */
  RowPlan(int64_t rows, int64_t n, DType type, std::initializer_list<const void*> memory);
};

/** Whether rows of a half type can stay as they are: whole vectors, which threads hold. Else they go by way of float. */
bool takesHalf(int64_t n, std::initializer_list<const void*> memory);

/** A kernel of a file on rows, in all its compilations. */
class ByRow {
 public:
  static void list(UnitList& all, const char* file);
  CUfunction get(Device device, const char* file, const char* name, const RowPlan& plan);

 private:
  Function functions_[4][std::max(std::size(kFloatRows), std::size(kDoubleRows))];
};

}  // namespace gb::cuda
