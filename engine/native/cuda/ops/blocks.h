// Parts of matrices, and products with them.
#pragma once
#include <algorithm>

#include "cuda/kernels/matrix_arguments.h"
#include "ops/matrix.h"

namespace gb::cuda {

/** Rows and columns of the matrices [batch, m, n] of a tensor of doubles, and the steps in elements from one to the next. */
struct Block {
  double* data;
  int64_t rows, columns, row, column, batch, perMatrix;
  Device device;

  explicit Block(const Tensor& x)
      : data(x.as<double>()), rows(x.size(1)), columns(x.size(2)), row(columns), column(1), batch(x.size(0)), perMatrix(rows * columns),
        device(x.device()) {}

  Block part(int64_t firstRow, int64_t howManyRows, int64_t firstColumn, int64_t howManyColumns) const {
    Block block = *this;
    block.data += firstRow * row + firstColumn * column;
    block.rows = howManyRows;
    block.columns = howManyColumns;
    return block;
  }
  /** So many rows and columns behind each other, from an element of each matrix on. */
  Block shaped(int64_t first, int64_t howManyRows, int64_t howManyColumns) const {
    Block block = *this;
    block.data += first;
    block.rows = howManyRows;
    block.columns = block.row = howManyColumns;
    return block;
  }
  /** The i-th of a batch alone. */
  Block one(int64_t i) const {
    Block block = *this;
    block.data += i * perMatrix;
    block.batch = 1;
    return block;
  }
  /** The squares of `side` rows on the diagonal of one matrix, as a batch of so many. */
  Block squares(int64_t side, int64_t count) const {
    Block block = part(0, side, 0, side);
    block.perMatrix = side * (row + column);
    block.batch = count;
    return block;
  }
  Block transposed() const {
    Block block = *this;
    std::swap(block.rows, block.columns);
    std::swap(block.row, block.column);
    return block;
  }
};

/** Threads that take a panel of so many rows: whole warps. */
inline unsigned panelThreads(int64_t rows) {
  const int64_t wanted = (rows + kPanelRows - 1) / kPanelRows * kPanel;
  return unsigned((std::min<int64_t>(wanted, kPanelThreads) + 31) / 32 * 32);
}

/** c = alpha·a·b + beta·c; `own`: by our kernel also where cuBLASLt is, whose plans cost more than a product so narrow. */
void multiply(const Block& c, const Block& a, const Block& b, double alpha, double beta, bool own = false);

inline void subtractProduct(const Block& c, const Block& a, const Block& b, bool own = false) { multiply(c, a, b, -1, 1, own); }

}  // namespace gb::cuda
