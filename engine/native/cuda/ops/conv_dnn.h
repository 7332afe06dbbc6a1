// Convolutions by cuDNN.
#pragma once
#include "ops/conv.h"

namespace gb::cuda {

/** The three maps of ops/conv.h. Each queues its work, and says so; false where cuDNN is missing, off or does not take the case. */
bool convByLibrary(const ConvShape& s, const Tensor& y, const Tensor& x, const Tensor& weight, MaybeTensor bias);
bool convInputByLibrary(const ConvShape& s, const Tensor& x, const Tensor& y, const Tensor& weight, MaybeTensor bias);
bool convWeightByLibrary(const ConvShape& s, const Tensor& weight, const Tensor& y, const Tensor& x);

}  // namespace gb::cuda
