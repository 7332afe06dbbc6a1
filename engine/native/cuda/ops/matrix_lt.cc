#include "cuda/ops/matrix_lt.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "cuda/api/cublas.h"
#include "cuda/runtime/fault.h"
#include "cuda/runtime/launch.h"
#include "cuda/runtime/launch_thread.h"
#include "cuda/runtime/switches.h"

namespace gb::cuda {
namespace {

constexpr int64_t kMostBatches = 65535;
/** What NVIDIA's documentation recommends. */
constexpr uint64_t kWorkspace = uint64_t(8) << 20, kWorkspaceFrom90 = uint64_t(32) << 20;
/** Plans that are kept. Programs with more shapes than that start anew. */
constexpr size_t kMostPlans = 4096;

/** A matrix as the library sees it: columns of `rows` elements, `lead` apart. */
struct Columns {
  int64_t rows, columns, lead, batchStride;
};

/** Everything that the choice of an algorithm depends on. */
struct Key {
  Columns a, b, c;
  int64_t batch;
  int32_t device, dtype;
  int32_t transA, transB, alignA, alignB, alignC;
  int32_t bias, tf32, reductions;

  bool operator==(const Key& other) const { return std::memcmp(this, &other, sizeof *this) == 0; }
};
static_assert(std::has_unique_object_representations_v<Key>, "keys are compared byte by byte");

struct KeyHash {
  size_t operator()(const Key& key) const {
    uint64_t words[sizeof(Key) / 8], hash = 0xcbf29ce484222325;
    std::memcpy(words, &key, sizeof words);
    for (uint64_t word : words) hash = (hash ^ word) * 0x9e3779b97f4a7c15 + (hash >> 29);
    return hash;
  }
};

/** A product as the library wants it, with the algorithm that its heuristics chose. */
struct Plan {
  lt::Operation operation = nullptr;
  lt::Layout a = nullptr, b = nullptr, c = nullptr;
  lt::Algorithm algorithm{};
  size_t workspace = 0;
  bool possible = false;
  /** Whether the library has taken it once. */
  bool tried = false;

  Plan() = default;
  Plan(const Plan&) = delete;
  ~Plan() {
    const lt::Functions* f = lt::functions();
    if (operation) f->operationDestroy(operation);
    for (lt::Layout layout : {a, b, c}) {
      if (layout) f->layoutDestroy(layout);
    }
  }
};

/** Operand roles: row-major C = A·B is column-major Cᵀ = Bᵀ·Aᵀ, so that the library's A is our B. */
struct Operands {
  MatrixRef a, b, c;
  int64_t m, n;
};

struct Seen {
  Columns columns;
  lt::Transpose transpose;
};

/**
 * `rows` × `columns` with these strides as columns of adjacent elements, or as the transpose of such a matrix; nothing
 * where neither stride is 1 or elements share places.
 */
std::optional<Seen> seen(const MatrixRef& x, int64_t rows, int64_t columns) {
  if ((x.row == 1 || rows == 1) && (columns == 1 || x.column >= rows)) {
    return Seen{{rows, columns, columns == 1 ? rows : x.column, x.batchStride}, lt::kAsIs};
  }
  if ((x.column == 1 || columns == 1) && (rows == 1 || x.row >= columns)) {
    return Seen{{columns, rows, rows == 1 ? columns : x.row, x.batchStride}, lt::kTransposed};
  }
  return std::nullopt;
}

MatrixRef transposed(const MatrixRef& x) { return {x.data, x.batchStride, x.column, x.row}; }

int dataType(DType type) {
  return type == DType::Float64   ? lt::kDouble
         : type == DType::Float32 ? lt::kFloat
         : type == DType::Float16 ? lt::kHalf
                                  : lt::kBFloat16;
}

int32_t alignment(const void* p) {
  const size_t address = reinterpret_cast<size_t>(p);
  return int32_t(std::min<size_t>(256, address & (~address + 1)));
}

lt::Layout layoutOf(const Columns& x, const Key& key) {
  lt::Layout layout = nullptr;
  GB_CUBLASLT(layoutCreate, &layout, dataType(DType(key.dtype)), uint64_t(x.rows), uint64_t(x.columns), x.lead);
  if (key.batch > 1) {
    const int32_t count = int32_t(key.batch);
    GB_CUBLASLT(layoutSet, layout, lt::kBatchCount, &count, sizeof count);
    GB_CUBLASLT(layoutSet, layout, lt::kBatchOffset, &x.batchStride, sizeof x.batchStride);
  }
  return layout;
}

/** What the heuristics are asked for. */
struct Wish {
  lt::Preference preference = nullptr;
  Wish() { GB_CUBLASLT(preferenceCreate, &preference); }
  ~Wish() { lt::functions()->preferenceDestroy(preference); }
  Wish(const Wish&) = delete;
  template <class T>
  void set(int attribute, T value) {
    GB_CUBLASLT(preferenceSet, preference, attribute, &value, sizeof value);
  }
};

void choose(Plan& plan, const Key& key, const void* bias) {
  const bool wide = DType(key.dtype) == DType::Float64;
  GB_CUBLASLT(operationCreate, &plan.operation, wide ? lt::kCompute64 : key.tf32 ? lt::kComputeTf32 : lt::kCompute32,
              wide ? lt::kDouble : lt::kFloat);
  GB_CUBLASLT(operationSet, plan.operation, lt::kTransA, &key.transA, sizeof key.transA);
  GB_CUBLASLT(operationSet, plan.operation, lt::kTransB, &key.transB, sizeof key.transB);
  if (bias) {
    const int32_t epilogue = lt::kBias;
    GB_CUBLASLT(operationSet, plan.operation, lt::kEpilogue, &epilogue, sizeof epilogue);
    GB_CUBLASLT(operationSet, plan.operation, lt::kBiasPointer, &bias, sizeof bias);
  }
  plan.a = layoutOf(key.a, key);
  plan.b = layoutOf(key.b, key);
  plan.c = layoutOf(key.c, key);
  Wish wish;
  wish.set(lt::kMostWorkspace, properties(key.device).capability() >= 90 ? kWorkspaceFrom90 : kWorkspace);
  if (key.reductions) wish.set(lt::kReductions, uint32_t(key.reductions));
  wish.set(lt::kAlignA, uint32_t(key.alignA));
  wish.set(lt::kAlignB, uint32_t(key.alignB));
  wish.set(lt::kAlignC, uint32_t(key.alignC));
  wish.set(lt::kAlignD, uint32_t(key.alignC));
  lt::Choice choice{};
  int found = 0;
  const int status = lt::functions()->heuristic(lt::handleOf(key.device), plan.operation, plan.a, plan.b, plan.c, plan.c,
                                                wish.preference, 1, &choice, &found);
  if (status != lt::kNotSupported) lt::check(status, "heuristic");
  plan.possible = status == 0 && found == 1 && choice.state == 0;
  plan.algorithm = choice.algorithm;
  plan.workspace = choice.workspace;
}

class Plans {
 public:
  Plan& get(const Key& key, const void* bias) {
    const auto found = plans_.find(key);
    if (found != plans_.end()) return found->second;
    if (plans_.size() >= kMostPlans) plans_.clear();
    try {
      Plan& plan = plans_[key];
      choose(plan, key, bias);
      return plan;
    } catch (...) {
      plans_.erase(key);
      throw;
    }
  }
  std::mutex lock;

 private:
  std::unordered_map<Key, Plan, KeyHash> plans_;
};

Plans& plans() {
  // Never destroyed: the library may be gone when the program ends.
  static Plans* const made = new Plans;
  return *made;
}

/** How half types' sums may be joined where one may not round in between. 0: as the library likes. */
int32_t reductionsFor(DType type) {
  const bool free = type == DType::Float16    ? isOn(Switch::MatmulReducedHalf)
                    : type == DType::BFloat16 ? isOn(Switch::MatmulReducedBFloat16)
                                              : true;
  return free ? 0 : int32_t(lt::kReduceNone | lt::kReduceInCompute);
}

/** A product as it is handed over. */
struct Multiplication {
  const Plan* plan;
  lt::Handle handle;
  const void *a, *b, *bias;
  void *c, *workspace;
  double alpha, beta;
  bool wide;
  CUstream stream;

  void make() const {
    // The bias is the operation's, which products of one plan share.
    static std::mutex lock;
    std::lock_guard<std::mutex> guard(lock);
    if (bias) GB_CUBLASLT(operationSet, plan->operation, lt::kBiasPointer, &bias, sizeof bias);
    const float narrowAlpha = float(alpha), narrowBeta = float(beta);
    GB_CUBLASLT(matmul, handle, plan->operation, wide ? static_cast<const void*>(&alpha) : &narrowAlpha, a, plan->a, b, plan->b,
                wide ? static_cast<const void*>(&beta) : &narrowBeta, c, plan->c, c, plan->c, &plan->algorithm, workspace,
                plan->workspace, stream);
  }
};

bool multiplyPart(const GemmCall& call, const Operands& o, const Seen& a, const Seen& b, const Seen& c, int64_t first,
                  int64_t batch) {
  const int64_t size = int64_t(itemSize(call.dtype));
  const auto at = [&](const MatrixRef& x) { return static_cast<char*>(x.data) + first * x.batchStride * size; };
  const int index = cudaIndex(call.device);
  Key key{};
  key.a = a.columns;
  key.b = b.columns;
  key.c = c.columns;
  key.batch = batch;
  key.device = index;
  key.dtype = int32_t(call.dtype);
  key.transA = a.transpose;
  key.transB = b.transpose;
  key.alignA = alignment(at(o.a));
  key.alignB = alignment(at(o.b));
  key.alignC = alignment(at(o.c));
  key.bias = call.bias ? alignment(call.bias) : 0;
  key.tf32 = call.dtype == DType::Float32 && isOn(Switch::MatmulTf32);
  key.reductions = reductionsFor(call.dtype);
  std::lock_guard<std::mutex> guard(plans().lock);
  Plan& plan = plans().get(key, call.bias);
  if (!plan.possible) return false;
  std::optional<Scratch> workspace;
  if (plan.workspace) workspace.emplace(plan.workspace, call.device);
  const CUstream stream = currentStream(index);
  const Multiplication made{&plan,       lt::handleOf(index),
                            at(o.a),     at(o.b),
                            call.bias,   at(o.c),
                            workspace ? workspace->data() : nullptr,
                            call.alpha,  call.beta,
                            call.dtype == DType::Float64, stream};
  if (plan.tried) {
    handOver(index, made);
  } else {
    enter(index);
    made.make();
    plan.tried = true;
  }
  queued(index, stream);
  return true;
}

}  // namespace

bool multiplyByLibrary(const GemmCall& call) {
  if (!isFloat(call.dtype) || call.k == 0 || !lt::library().problem.empty() || !lt::handleOf(cudaIndex(call.device))) return false;
  Operands o{call.b, call.a, call.c, call.n, call.m};
  // The library's columns are our rows.
  for (MatrixRef* x : {&o.a, &o.b, &o.c}) *x = transposed(*x);
  if (o.c.row != 1 && o.m != 1 && !call.bias) o = {call.a, call.b, call.c, call.m, call.n};
  const auto a = seen(o.a, o.m, call.k), b = seen(o.b, call.k, o.n), c = seen(o.c, o.m, o.n);
  if (!a || !b || !c || c->transpose != lt::kAsIs) return false;
  for (int64_t first = 0; first < call.batch; first += kMostBatches) {
    // Parts of one batch are alike but for the last one's length: what is possible for the first is for all.
    if (!multiplyPart(call, o, *a, *b, *c, first, std::min(kMostBatches, call.batch - first))) {
      GB_CHECK(first == 0, "cuBLASLt takes a part of the batch and refuses the rest");
      return false;
    }
  }
  return true;
}

}  // namespace gb::cuda
