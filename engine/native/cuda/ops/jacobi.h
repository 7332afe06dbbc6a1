// Eigenvalues and singular values of large matrices on a card, by Jacobi's rotations: a launch for each round of those that do not
// touch each other (kernels/jacobi.cu). After each sweep the host looks whether there was anything to rotate: not in a captured step.
#pragma once
#include "ops/linalg.h"

namespace gb::cuda {

void eighInBlocks(const Tensor& a, const Tensor& values, MaybeTensor vectors);
void svdInBlocks(const Tensor& a, MaybeTensor u, const Tensor& s, MaybeTensor v);

}  // namespace gb::cuda
