// Chains of pointwise ops in captured steps. An op there is not queued at once: it waits, and when anything else is queued, those
// that wait become kernels, one for each run of ops over one shape. Values stay what they are without: each is rounded to the
// type that memory would hold. A result goes to memory only where somebody still holds it, or where another kernel reads it.
#pragma once
#include "cuda/kernels/arguments.h"
#include "ops/pointwise.h"

namespace gb::cuda {

/**
 * Each takes a call over where it may wait; false: it must be queued now. `alone` is what queues it by itself; `a` has the
 * plain numbers.
 */
bool deferPointwise(const PointwiseCall& call, const char* formula, int parameters, const PointwiseArguments& a,
                    void (*alone)(const PointwiseCall&));
/** `compute`: the type that the conversion goes through. */
bool deferCopy(const Tensor& to, const Tensor& from, DType compute, void (*alone)(const Tensor&, const Tensor&));
bool deferWhere(const Tensor& out, const Tensor& condition, const Tensor& a, const Tensor& b,
                void (*alone)(const Tensor&, const Tensor&, const Tensor&, const Tensor&));

}  // namespace gb::cuda
