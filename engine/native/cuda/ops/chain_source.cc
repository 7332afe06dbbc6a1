#include "cuda/ops/chain_source.h"

#include "cuda/ops/units.h"

namespace gb::cuda {
namespace {

std::string number(int n) { return std::to_string(n); }

/** An operand as it lies in memory. */
std::string raw(const ChainPlan& plan, const ChainOperand& in) {
  if (in.kind == ChainOperand::Value) return "r" + number(in.index);
  const ChainInput& input = plan.inputs[size_t(in.index)];
  switch (input.access) {
    case ChainInput::Flat: return "m" + number(in.index) + ".at[j]";
    case ChainInput::Single: return "m" + number(in.index);
    case ChainInput::Strided: break;
  }
  return std::string("elementAt<") + kernelType(input.type) + ">(a.in[" + number(in.index) + "], at[" + number(1 + input.walked) +
         "])";
}

DType typeOf(const ChainPlan& plan, const ChainOperand& in) {
  return in.kind == ChainOperand::Value ? plan.steps[size_t(in.index)].type : plan.inputs[size_t(in.index)].type;
}

/** The step's lines: operands in the compute type, the formula, and the value rounded to the type that memory would hold. */
std::string lines(const ChainPlan& plan, int j) {
  const ChainStep& step = plan.steps[size_t(j)];
  const std::string type = kernelType(step.type), compute = computeName(step.compute);
  const std::string result = "    const " + type + " r" + number(j) + " = ";
  if (step.kind == ChainStep::Where) {
    return result + raw(plan, step.in[0]) + " ? " + raw(plan, step.in[1]) + " : " + raw(plan, step.in[2]) + ";\n";
  }
  if (step.kind == ChainStep::Convert) {
    if (typeOf(plan, step.in[0]) == step.type) return result + raw(plan, step.in[0]) + ";\n";
    return result + "cast<" + type + ">(cast<" + compute + ">(" + raw(plan, step.in[0]) + "));\n";
  }
  std::string call = std::string("scalar::") + step.formula + "(";
  for (int k = 0; k < step.inputs; k++) {
    const ChainOperand& in = step.in[k];
    const std::string x = in.kind == ChainOperand::Number
                              ? "numberOf<" + compute + ">(a.numbers[" + number(in.index) + "])"
                              : "cast<" + compute + ">(" + raw(plan, in) + ")";
    call += (k ? ", " : "") + ("wrapped(" + x + ", ") + number(int(step.common)) + ")";
  }
  for (int p = 0; p < step.parameters; p++) call += ", " + compute + "(a.parameters[" + number(step.firstParameter + p) + "])";
  const std::string formulaType = step.test ? "bool" : compute;
  return "    const " + formulaType + " y" + number(j) + " = " + call + ");\n" + result + "cast<" + type + ">(y" + number(j) + ");\n";
}

}  // namespace

std::string ChainPlan::text() const {
  std::string before, within, after;
  bool walks = false;
  for (size_t i = 0; i < inputs.size(); i++) {
    const std::string type = kernelType(inputs[i].type), n = number(int(i));
    switch (inputs[i].access) {
      case ChainInput::Flat: before += "  const Vector<" + type + ", N> m" + n + " = lanesAt<" + type + ", N>(a.in[" + n + "], first);\n"; break;
      case ChainInput::Single: before += "  const " + type + " m" + n + " = elementAt<" + type + ">(a.in[" + n + "]);\n"; break;
      case ChainInput::Strided: walks = true; break;
    }
  }
  if (walks) within += "    i64 at[1 + kMostChainWalked];\n    locate(a.walk, u32(first + j), at);\n";
  for (size_t j = 0; j < steps.size(); j++) {
    within += lines(*this, int(j));
    if (steps[j].store < 0) continue;
    const std::string type = kernelType(steps[j].type), s = number(steps[j].store);
    before += "  Vector<" + type + ", N> s" + s + ";\n";
    within += "    s" + s + ".at[j] = r" + number(int(j)) + ";\n";
    after += "  putLanes(a.out[" + s + "], first, s" + s + ");\n";
  }
  return "#include \"cuda/kernels/chain.cuh\"\n\nnamespace gb {\nnamespace cuda {\n\n"
         "template <int N>\nGB_DEVICE void run(const ChainArguments& a, i64 first) {\n" +
         before + "#pragma unroll\n  for (int j = 0; j < N; j++) {\n" + within + "  }\n" + after +
         "}\n\n"
         "extern \"C\" __global__ void chain(ChainArguments a, i64 n, bool aligned) {\n"
         "  const i64 first = globalThread() * kChainLanes;\n"
         "  if (aligned && first + kChainLanes <= n) return run<kChainLanes>(a, first);\n"
         "  for (i64 i = first; i < first + kChainLanes && i < n; i++) run<1>(a, i);\n"
         "}\n\n}  // namespace cuda\n}  // namespace gb\n";
}

Unit chainUnit(const std::string& text) { return {"chain.cu", "", text}; }

namespace {

/** A chain for the test that compiles everything: GELU of a product with a broadcast bias, in bfloat16, and what its gradient needs. */
GB_UNITS(all) {
  ChainPlan plan;
  plan.inputs = {{DType::BFloat16, ChainInput::Flat, 0}, {DType::BFloat16, ChainInput::Strided, 0}, {DType::Float32, ChainInput::Single, 0}};
  const auto step = [&](const char* formula, int inputs, int parameters, ChainOperand a, ChainOperand b, int store) {
    plan.steps.push_back({ChainStep::Pointwise, formula, inputs, 0, parameters, DType::BFloat16, DType::Float32, DType::BFloat16, false, {a, b, {}}, store});
  };
  step("mul", 2, 0, {ChainOperand::Input, 0}, {ChainOperand::Number, 0}, -1);
  step("addScaled", 2, 1, {ChainOperand::Value, 0}, {ChainOperand::Input, 1}, 0);
  step("gelu", 1, 0, {ChainOperand::Value, 1}, {}, -1);
  plan.steps.push_back({ChainStep::Convert, "", 1, 0, 0, DType::Float32, DType::Float32, DType::Float32, false, {{ChainOperand::Value, 2}, {}, {}}, 1});
  plan.steps.push_back({ChainStep::Pointwise, "gt", 2, 0, 0, DType::Float32, DType::Float32, DType::Bool, true, {{ChainOperand::Value, 3}, {ChainOperand::Input, 2}, {}}, 2});
  plan.steps.push_back({ChainStep::Where, "", 3, 0, 0, DType::BFloat16, DType::Float32, DType::BFloat16, false, {{ChainOperand::Value, 4}, {ChainOperand::Value, 2}, {ChainOperand::Value, 1}}, 3});
  all.push_back(chainUnit(plan.text()));
}

}  // namespace

}  // namespace gb::cuda
