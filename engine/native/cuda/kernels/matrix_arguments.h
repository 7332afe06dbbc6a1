// How large matrices are cut: read by the engine's compiler and by NVRTC.
#pragma once

namespace gb {
namespace cuda {

/** Columns that one block of threads factors alone, and columns after which all others are brought up to date. */
constexpr int kPanel = 16, kBlock = 64;
/** Rows of a panel that a thread has under way, and threads of its block at most. */
constexpr int kPanelRows = 8, kPanelThreads = 512;
/** Threads of a block that exchanges rows, and columns that it takes. */
constexpr int kExchangeThreads = 256, kExchangeColumns = 32;
/** Substitution: threads that share a row, each with so many columns. */
constexpr int kSolveSide = 4, kSolveEach = 4, kSolveColumns = kSolveSide * kSolveEach;

/** Rows and columns up to which one warp takes a matrix, and warps of a block. */
constexpr int kSmallSide = 32, kSmallWarps = 2;

/** Sweeps of Jacobi's rotations at most, and pairs of a block in each direction. */
constexpr int kSweeps = 60, kPairs = 16;

/** Some columns of a matrix: `count` of them, of which those from the `hole`-th on stand `skip` further to the right. */
struct Columns {
  long long count, hole, skip;
};

}  // namespace cuda
}  // namespace gb
