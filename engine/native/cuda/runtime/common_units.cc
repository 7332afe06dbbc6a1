// What is compiled ahead: the kernels of the networks that notebooks train first, in float32, the most common first. As the files of
// cuda/ops name them, which test/cuda/compileAhead.test.ts compares.
#include "cuda/runtime/kernel_code.h"

namespace gb::cuda {
namespace {

std::string pointwise(const char* formula, int arity, int parameters = 0) {
  return std::string("-DGB_FORMULA=") + formula + " -DGB_ARITY=" + std::to_string(arity) + " -DGB_PARAMETERS=" +
         std::to_string(parameters) + " -DGB_TEST=0 -DGB_T=float -DGB_C=float";
}

UnitList made() {
  UnitList all{
      {"fill.cu", "-DGB_C=double "},
      {"random.cu", ""},
      {"pointwise.cu", pointwise("add", 2)},
      {"pointwise.cu", pointwise("mul", 2)},
      {"pointwise.cu", pointwise("relu", 1)},
      {"rows.cu", "-DGB_T=float -DGB_M=float -DGB_LANES=8 -DGB_VECTOR=1 -DGB_HELD=4 -DGB_BOUNDS=128,1"},
      {"loss.cu", "-DGB_T=float -DGB_LANES=32"},
      {"reduce.cu", "-DGB_C=float -DGB_R=Sum -DGB_T=float"},
      {"pointwise.cu", pointwise("reluBackward", 2)},
      {"step.cu", "-DGB_T=float -DGB_C=float -DGB_STEP=Adam<C,false>"},
      {"sgd.cu", "-DGB_T=float -DGB_C=float"},
      {"extremes.cu", "-DGB_C=float "},
      {"pointwise.cu", "-DGB_FORMULA=eq -DGB_ARITY=2 -DGB_PARAMETERS=0 -DGB_TEST=1 -DGB_T=gb::i64 -DGB_C=gb::i64"},
      {"copy.cu", "-DGB_TO=float -DGB_FROM=bool -DGB_C=gb::i64"},
      {"copy.cu", "-DGB_TO=double -DGB_FROM=float -DGB_C=double"},
      {"copy.cu", "-DGB_TO=gb::i64 -DGB_FROM=float -DGB_C=float"},
      {"channels.cu", "-DGB_T=float -DGB_COLUMNS=1 -DGB_VECTOR=1 -DGB_HELD=16 -DGB_BOUNDS=512,1"},
      {"norm.cu", "-DGB_T=float -DGB_VECTOR=1"},
      {"norm.cu", "-DGB_T=float -DGB_VECTOR=4"},
      {"pool.cu", "-DGB_C=float "},
      {"bias.cu", "-DGB_C=float -DGB_T=float"},
      {"channels.cu", "-DGB_T=float -DGB_COLUMNS=0 -DGB_VECTOR=4 -DGB_HELD=16 -DGB_BOUNDS=896,1"},
      {"reduce.cu", "-DGB_C=float -DGB_R=SumSquares -DGB_T=float"},
      {"pointwise.cu", pointwise("div", 2)},
      {"pointwise.cu", pointwise("clamp", 1, 2)},
      {"pointwise.cu", pointwise("sub", 2)},
      {"pointwise.cu", pointwise("squaredDifference", 2)},
      {"pointwise.cu", pointwise("scaledDifference", 3, 2)},
      {"row_norm.cu", "-DGB_T=float -DGB_M=float -DGB_LANES=32 -DGB_VECTOR=4 -DGB_HELD=4 -DGB_BOUNDS=128"},
      {"index.cu", "-DGB_SIZE=4"},
      {"where.cu", "-DGB_SIZE=4"},
      {"copy.cu", "-DGB_TO=gb::i32 -DGB_FROM=gb::i32 -DGB_C=gb::i32"},
  };
  for (const char* activation : {"sigmoid", "tanh", "gelu", "square", "neg"}) all.push_back({"pointwise.cu", pointwise(activation, 1)});
  for (const char* slope : {"sigmoidBackward", "tanhBackward", "geluBackward"}) all.push_back({"pointwise.cu", pointwise(slope, 2)});
  return all;
}

}  // namespace

const UnitList& commonUnits() {
  static const UnitList all = made();
  return all;
}

}  // namespace gb::cuda
