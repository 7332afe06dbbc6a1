// Ops on all tensors of a list at once: the gradients of a network.
#pragma once
#include "ops/kernel.h"

namespace gb {

/** The p-norm of the elements of all tensors, of one device, into `out`, which has one element. */
extern Kernel<void(const Tensor& out, const TensorList& xs, double p)> manyNormKernel;
/** Multiplies all tensors, of one device, in place: by the only element of `factor`, or by `number` where that is null. */
extern Kernel<void(const TensorList& xs, MaybeTensor factor, double number)> manyScaleKernel;

double totalNorm(const TensorList& xs, double p);
/** The same as a tensor without dimensions where they are, of the first one's type; nobody waits for a card. */
Tensor totalNormThere(const TensorList& xs, double p);
void scaleAll_(const TensorList& xs, double factor);
/** By the element of a tensor without dimensions where they are. */
void scaleAllBy_(const TensorList& xs, const Tensor& factor);
void zeroAll_(const TensorList& xs);

}  // namespace gb
