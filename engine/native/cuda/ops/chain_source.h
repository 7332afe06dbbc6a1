// The text of a kernel for a chain of pointwise ops. It depends on the ops, the types and the ways of access alone, so that steps
// with other sizes and numbers meet the same compiled kernel.
#pragma once
#include <string>
#include <vector>

#include "cuda/runtime/launch.h"
#include "tensor/dtype.h"

namespace gb::cuda {

struct ChainOperand {
  enum Kind { Value, Input, Number } kind;
  int index;
};

struct ChainInput {
  DType type;
  enum Access { Flat, Single, Strided } access;
  int walked;  // which of the walk's tensors; for Strided
};

/** One op: from operands to a value of `type`, as the op's own kernel computes and rounds it. */
struct ChainStep {
  enum Kind { Pointwise, Convert, Where } kind;
  const char* formula;  // of scalar/; for Pointwise
  int inputs;
  int firstParameter, parameters;
  DType common, compute, type;
  bool test;
  ChainOperand in[3];
  int store;  // which result it is; -1: nobody needs it in memory
};

struct ChainPlan {
  std::vector<ChainInput> inputs;
  std::vector<ChainStep> steps;

  std::string text() const;
};

Unit chainUnit(const std::string& text);

}  // namespace gb::cuda
