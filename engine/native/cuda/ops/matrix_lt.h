// Matrix products by cuBLASLt.
#pragma once
#include "ops/matrix.h"

namespace gb::cuda {

/** Queues the product, and says so; false where the library is missing or does not take such operands. */
bool multiplyByLibrary(const GemmCall& call);

}  // namespace gb::cuda
