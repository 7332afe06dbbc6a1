// Products of two long vectors by the engine's own kernel.
#pragma once
#include "ops/matrix.h"

namespace gb::cuda {

/** Queues the product, and says so; false where it is not one of two long vectors whose elements lie behind each other. */
bool multiplyVectors(const GemmCall& call);

}  // namespace gb::cuda
