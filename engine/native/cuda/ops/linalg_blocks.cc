#include "cuda/ops/linalg_blocks.h"

#include <algorithm>

#include "cuda/kernels/matrix_arguments.h"
#include "cuda/ops/blocks.h"
#include "cuda/ops/limits.h"
#include "cuda/ops/reflections.h"
#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"
#include "ops/copy.h"
#include "ops/shape.h"

namespace gb::cuda {
namespace {

/** More fill a card without being cut, and a grid in y. */
constexpr int64_t kMostMatrices = 65535;
/** Columns of a symmetric update that are one product: what lies above the diagonal is computed for nothing. */
constexpr int64_t kStrip = 1024;

constexpr const char* kFile = "panels.cu";

unsigned wholeWarps(int64_t threads) { return unsigned((threads + 31) / 32 * 32); }

Grid columnsOf(int64_t columns, int64_t each, const Block& x) {
  Grid grid = gridFor(columns, each);
  grid.y = unsigned(x.batch);
  return grid;
}

/** Rows first … first + count of some columns of x, counted from its own, change places as pivots say. */
void exchangeRows(const Block& x, const Tensor& pivots, int64_t first, int64_t count, Columns columns) {
  if (columns.count == 0) return;
  static Function kernel;
  launchPlain(kernel, kFile, "exchange", x.device, columnsOf(columns.count, kExchangeColumns, x), kExchangeThreads, x.data,
              pivots.data(), static_cast<long long>(x.rows), static_cast<long long>(x.row), static_cast<long long>(pivots.size(1)),
              static_cast<long long>(first), int(count), columns, faultOf(cudaIndex(x.device)), faultCode());
}

/** x becomes the solution of the triangle a, which has kBlock rows at most. */
void solveBlock(const Block& a, const Block& x, bool upper, bool unit) {
  if (x.columns == 0) return;
  static Function kernel;
  launchPlain(kernel, kFile, "solveBlock", x.device, columnsOf(x.columns, kSolveColumns, x), wholeWarps(a.rows * kSolveSide),
              a.data, x.data, static_cast<long long>(a.row), static_cast<long long>(x.row), static_cast<long long>(x.column),
              static_cast<long long>(x.columns), int(a.rows), upper, unit, static_cast<long long>(a.perMatrix),
              static_cast<long long>(x.perMatrix));
}

/** The same of any size. */
void solveTriangle(const Block& a, const Block& x, bool upper, bool unit) {
  const int64_t n = a.rows, k = x.columns, blocks = (n + kBlock - 1) / kBlock;
  for (int64_t step = 0; step < blocks; step++) {
    const int64_t from = (upper ? blocks - 1 - step : step) * kBlock, count = std::min<int64_t>(kBlock, n - from), to = from + count;
    const Block known = x.part(from, count, 0, k);
    solveBlock(a.part(from, count, from, count), known, upper, unit);
    if (upper) {
      subtractProduct(x.part(0, from, 0, k), a.part(0, from, from, count), known);
    } else {
      subtractProduct(x.part(to, n - to, 0, k), a.part(to, n - to, from, count), known);
    }
  }
}

/** Rows of the squares on the diagonal whose inverses are multiplied with, and what makes them worth their while. */
constexpr int64_t kInverse = 2 * kBlock, kManySides = 128, kFewMatrices = 4;

/** The inverses of a triangle's first `count` squares on the diagonal, [count, kInverse, kInverse]: of both halves by substitution. */
Tensor inverses(const Block& a, int64_t count, bool upper, bool unit) {
  const Tensor made = emptyTensor({count, kInverse, kInverse}, DType::Float64, a.device);
  setIdentity(made);
  const Block w(made), squares = a.squares(kInverse, count);
  const auto half = [](const Block& x, int64_t down, int64_t right) { return x.part(down * kBlock, kBlock, right * kBlock, kBlock); };
  for (int64_t i = 0; i < 2; i++) solveBlock(half(squares, i, i), half(w, i, i), upper, unit);
  // (A 0; B C)⁻¹ has −C⁻¹ B A⁻¹ below, and (A B; 0 C)⁻¹ has −A⁻¹ B C⁻¹ above.
  const int64_t down = upper ? 0 : 1, right = 1 - down;
  const Tensor product = emptyTensor({count, kBlock, kBlock}, DType::Float64, a.device);
  multiply(Block(product), half(squares, down, right), half(w, right, right), 1, 0);
  multiply(half(w, down, right), half(w, down, down), Block(product), -1, 0);
  return made;
}

/** x becomes the solution for right sides b, which are used up: all of it is products. What is left behind whole squares stays in b. */
void solveByInverses(const Block& a, const Block& b, const Block& x, bool upper, bool unit) {
  const int64_t n = a.rows, k = b.columns, count = n / kInverse, whole = count * kInverse;
  const Tensor inverse = inverses(a, count, upper, unit);
  // `known` rows from … from + rows are taken from all that are not.
  const auto take = [&](int64_t from, int64_t rows, const Block& known) {
    const int64_t to = from + rows;
    const int64_t first = upper ? 0 : to, others = upper ? from : n - to;
    if (others > 0) subtractProduct(b.part(first, others, 0, k), a.part(first, others, from, rows), known);
  };
  const auto rest = [&] {
    if (whole == n) return;
    const Block known = b.part(whole, n - whole, 0, k);
    solveTriangle(a.part(whole, n - whole, whole, n - whole), known, upper, unit);
    take(whole, n - whole, known);
  };
  if (upper) rest();
  for (int64_t step = 0; step < count; step++) {
    const int64_t i = upper ? count - 1 - step : step, from = i * kInverse;
    const Block known = x.part(from, kInverse, 0, k);
    multiply(known, Block(inverse).one(i), b.part(from, kInverse, 0, k), 1, 0);
    take(from, kInverse, known);
  }
  if (!upper) rest();
}

void solveSides(const Tensor& a, const Tensor& b, bool upper, bool unit) {
  const int64_t batch = b.size(0), n = b.size(1);
  if (n < 2 * kInverse || b.size(2) < kManySides || batch > kFewMatrices) return solveTriangle(Block(a), Block(b), upper, unit);
  const Tensor x = emptyTensor(b.sizes(), DType::Float64, b.device());
  for (int64_t i = 0; i < batch; i++) solveByInverses(Block(a).one(i), Block(b).one(i), Block(x).one(i), upper, unit);
  const int64_t whole = n / kInverse * kInverse;
  copyInto(slice(b, 1, 0, whole, 1), slice(x, 1, 0, whole, 1));
}

GB_UNITS(all) { all.push_back(Unit{kFile, ""}); }

}  // namespace

bool inBlocks(int64_t batch, int64_t m, int64_t n) { return batch <= kMostMatrices && m * n >= blockedFrom; }

void luInBlocks(const Tensor& a, const Tensor& pivots, const Tensor& info) {
  static Function kernel;
  const Block x(a);
  const int64_t m = x.rows, n = x.columns, steps = std::min(m, n);
  for (int64_t from = 0; from < steps; from += kBlock) {
    const int64_t to = std::min<int64_t>(from + kBlock, steps), width = to - from;
    const Block own = x.part(0, m, from, width);
    // A block's columns panel by panel: only they follow at once.
    for (int64_t k = from; k < to; k += kPanel) {
      const int64_t count = std::min<int64_t>(kPanel, to - k), next = k + count, rest = to - next;
      launchPlain(kernel, kFile, "luPanel", x.device, gridFor(x.batch, 1), panelThreads(m - k), x.data, pivots.data(), info.data(),
                  static_cast<long long>(m), static_cast<long long>(n), static_cast<long long>(k), int(count));
      exchangeRows(own, pivots, k, count, {width - count, k - from, count});
      const Block right = x.part(k, count, next, rest);
      solveBlock(x.part(k, count, k, count), right, false, true);
      subtractProduct(x.part(next, m - next, next, rest), x.part(next, m - next, k, count), right, true);
    }
    exchangeRows(x, pivots, from, width, {n - width, from, width});
    const Block right = x.part(from, width, to, n - to);
    solveBlock(x.part(from, width, from, width), right, false, true);
    subtractProduct(x.part(to, m - to, to, n - to), x.part(to, m - to, from, width), right);
  }
}

void luSolveInBlocks(const Tensor& lu, const Tensor& pivots, const Tensor& b) {
  const Block x(b);
  for (int64_t from = 0; from < x.rows; from += kBlock) {
    exchangeRows(x, pivots, from, std::min<int64_t>(kBlock, x.rows - from), {x.columns, x.columns, 0});
  }
  solveSides(lu, b, false, true);
  solveSides(lu, b, true, false);
}

void triangularInBlocks(const Tensor& a, const Tensor& b, bool upper, bool unit) { solveSides(a, b, upper, unit); }

void choleskyInBlocks(const Tensor& a, const Tensor& info) {
  static Function factors, clears;
  const Block x(a);
  const int64_t n = x.rows;
  for (int64_t from = 0; from < n; from += kBlock) {
    const int64_t count = std::min<int64_t>(kBlock, n - from), to = from + count;
    const Block corner = x.part(from, count, from, count), below = x.part(to, n - to, from, count);
    launchPlain(factors, kFile, "choleskyBlock", x.device, gridFor(x.batch, 1), kThreads, x.data, info.data(),
                static_cast<long long>(n), static_cast<long long>(from), int(count));
    // X Lᵀ = A, so L Xᵀ = Aᵀ.
    solveBlock(corner, below.transposed(), false, false);
    for (int64_t strip = to; strip < n; strip += kStrip) {
      const int64_t width = std::min(kStrip, n - strip);
      subtractProduct(x.part(strip, n - strip, strip, width), x.part(strip, n - strip, from, count),
                      x.part(strip, width, from, count).transposed());
    }
  }
  launchPlain(clears, kFile, "clearUpper", x.device, columnsOf(n, 1, x), kThreads, x.data, static_cast<long long>(n));
}

}  // namespace gb::cuda
