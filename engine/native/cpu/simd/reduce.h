// Loops of reductions, one table per target.
#pragma once
#include <cstdint>

#include "ops/reduce.h"

namespace gb {

/** Elements that are gathered for one call of ReduceRun, where they are not in place. */
constexpr int64_t kReduceRun = 1024;
/** Columns that one call of ReduceRows takes at most. */
constexpr int64_t kReduceColumns = 256;

/** result = join(result, x[0], …, x[n - 1]), the result in double (or int64 for integers). */
using ReduceRun = void (*)(const void* x, int64_t n, double p, void* result);
/** results[j] = join(results[j], x[0][j], x[1][j], …) for n columns and rows that lie `rowBytes` apart. */
using ReduceRows = void (*)(const void* x, int64_t rowBytes, int64_t rows, int64_t n, double p, void* results);
/** Sets n results to the reduction's start. */
using ReduceStart = void (*)(void* results, int64_t n);

struct ReduceLoops {
  ReduceRun run;
  ReduceRows rows;
  ReduceStart start;
  /** results[j] = join(results[j], others[j]) */
  ReduceRows join;
};

namespace base {
extern const ReduceLoops reduceLoops[][3];
}
namespace avx2 {
extern const ReduceLoops reduceLoops[][3];
}

}  // namespace gb
