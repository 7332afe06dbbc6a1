// Writing at places that very many positions name (kernels/scatter_runs.cu): they are sorted by place first, so that any number of
// thread blocks can share them out evenly, also where most of them name one place.
#pragma once
#include "cuda/kernels/scatter_arguments.h"
#include "tensor/strided_loop.h"
#include "tensor/tensor.h"

namespace gb::cuda {

/** Elements of a block of values that stand side by side in a thread block. */
constexpr int64_t kColumns = 32;

/** Values of positions, and the bytes from one to the next. */
struct ValueRows {
  const char* data;
  int64_t step;
};

/**
 * Blocks of `elements` at places that `count` positions name; walk: operands base and values. `reach`: elements from the first place to
 * behind the last one, fewer than 2³².
 */
void joinBlockRuns(DType type, Device device, const IndexArguments& index, int64_t count, int64_t reach, const Walk<2>& walk,
                   int64_t elements, char* base, ValueRows values, int mode, double factor);

/** Elements of lines; `nest` over the index: operands other (whose elements lie in its order), index, x. */
void joinLineRuns(DType type, Device device, const Line& line, const StridedLoop& nest, int64_t reach, int mode);

}  // namespace gb::cuda
