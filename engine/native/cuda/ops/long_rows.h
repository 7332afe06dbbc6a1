// Rows so long, and so few, that a block for each would leave most of a card idle (kernels/long_rows.cu). Tensors as in ops/rows.h.
#pragma once
#include "ops/rows.h"

namespace gb::cuda {

bool inParts(int64_t rows, int64_t n, Device device);

void reduceInParts(RowReduction reduction, const Tensor& out, const Tensor& x, int64_t n, double p);
void mapInParts(RowMap map, const Tensor& y, const Tensor& x, int64_t n);
void mapBackwardInParts(RowMap map, const Tensor& dx, const Tensor& g, const Tensor& y, int64_t n);

}  // namespace gb::cuda
