#include "cuda/ops/chain.h"

#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "cuda/ops/chain_source.h"
#include "cuda/ops/units.h"
#include "cuda/ops/walk.h"
#include "cuda/runtime/capture.h"
#include "tensor/deferred.h"
#include "tensor/memory.h"

namespace gb::cuda {
namespace {

/** Ops that wait at most, and that one kernel takes. */
constexpr size_t kMostWaiting = 256;
constexpr size_t kMostSteps = kMostChainOutputs;

/** An op that waits. It holds its tensors: their memory is not given to others before it was queued. */
struct Op {
  const char* name;
  ChainStep step;  // operands are filled in when it joins a chain
  Tensor out;
  std::optional<Tensor> in[3];
  Number numbers[3];
  double parameters[3];
  std::function<void(const Op&)> alone;
};

thread_local std::deque<Op> waiting;
thread_local bool queueing = false;

bool sameView(const Tensor& a, const Tensor& b) {
  return a.storage().get() == b.storage().get() && a.offset() == b.offset() && a.dtype() == b.dtype() && a.sizes() == b.sizes() &&
         a.strides() == b.strides();
}

/** Ops over one shape that become one kernel. */
class Chain {
 public:
  explicit Chain(const Op& first) : shape_(first.out) {
    // One that reads another part of what it writes stays alone.
    alone_ = !add(first);
    if (!alone_) return;
    ops_.push_back(&first);
    for (const auto& x : first.in) {
      if (x) memory_.push_back(&*x);
    }
  }

  bool add(const Op& op) {
    if (alone_) return false;
    if (op.out.sizes() != shape_.sizes() || op.out.strides() != shape_.strides()) return false;
    if (op.out.device() != shape_.device() || ops_.size() >= kMostSteps) return false;
    ChainStep step = op.step;
    std::vector<const Tensor*> fresh;
    size_t numbers = numbers_.size();
    int walked = walked_;
    for (int k = 0; k < step.inputs; k++) {
      if (!op.in[k]) {
        step.in[k] = {ChainOperand::Number, int(numbers++)};
        continue;
      }
      const Tensor& x = *op.in[k];
      if (const int made = lastWrite(x); made >= 0) {
        if (!sameView(ops_[size_t(made)]->out, x)) return false;
        step.in[k] = {ChainOperand::Value, made};
        continue;
      }
      int index = -1;
      const size_t known = memory_.size();
      for (size_t i = 0; i < known + fresh.size() && index < 0; i++) {
        if (sameView(i < known ? *memory_[i] : *fresh[i - known], x)) index = int(i);
      }
      if (index < 0) {
        index = int(known + fresh.size());
        fresh.push_back(&x);
        walked += accessOf(x) == ChainInput::Strided;
      }
      step.in[k] = {ChainOperand::Input, index};
    }
    // Another thread's element must not be read after this one was written, nor be overwritten before it was read.
    const auto clashes = [&](const Tensor& other) {
      return other.storage().get() == op.out.storage().get() && !sameView(other, op.out);
    };
    for (const Tensor* x : memory_) {
      if (clashes(*x)) return false;
    }
    for (const Tensor* x : fresh) {
      if (clashes(*x)) return false;
    }
    for (const Op* other : ops_) {
      if (clashes(other->out)) return false;
    }
    if (memory_.size() + fresh.size() > size_t(kMostChainInputs) || numbers > size_t(kMostChainNumbers) || walked > kMostChainWalked) return false;
    if (parameters_.size() + size_t(step.parameters) > size_t(kMostChainParameters)) return false;

    for (const Tensor* x : fresh) {
      const ChainInput::Access access = accessOf(*x);
      plan_.inputs.push_back({x->dtype(), access, access == ChainInput::Strided ? walked_++ : 0});
      memory_.push_back(x);
    }
    for (int k = 0; k < step.inputs; k++) {
      if (!op.in[k]) numbers_.push_back(op.numbers[k]);
    }
    step.firstParameter = int(parameters_.size());
    parameters_.insert(parameters_.end(), op.parameters, op.parameters + step.parameters);
    step.store = -1;
    plan_.steps.push_back(step);
    ops_.push_back(&op);
    return true;
  }

  const std::vector<const Tensor*>& reads() const { return memory_; }

  /** Queues it. `needed` says which memory others look at. */
  void queue(const std::function<bool(const Storage*)>& needed) {
    std::vector<const Tensor*> results;
    for (size_t j = 0; j < ops_.size(); j++) {
      const Tensor& out = ops_[j]->out;
      if (alone_ || lastWrite(out) != int(j) || !needed(out.storage().get())) continue;
      plan_.steps[j].store = int(results.size());
      results.push_back(&out);
    }
    if (ops_.size() == 1) {
      const OpName name(ops_[0]->name);
      ops_[0]->alone(*ops_[0]);
      return;
    }
    // What nobody holds any more need not be computed.
    if (results.empty()) return;
    launchChain(results);
  }

 private:
  ChainInput::Access accessOf(const Tensor& x) const {
    if (x.sizes() == shape_.sizes() && x.strides() == shape_.strides()) return ChainInput::Flat;
    return x.numel() == 1 ? ChainInput::Single : ChainInput::Strided;
  }

  /** The last op of the chain that wrote to this memory; −1. */
  int lastWrite(const Tensor& x) const {
    for (size_t j = ops_.size(); j-- > 0;) {
      if (ops_[j]->out.storage().get() == x.storage().get()) return int(j);
    }
    return -1;
  }

  void launchChain(const std::vector<const Tensor*>& results) {
    const Device device = shape_.device();
    ChainArguments a{};
    bool aligned = true;
    const auto align = [&](const Tensor& x) {
      aligned &= reinterpret_cast<size_t>(x.data()) % (x.itemSize() * kChainLanes) == 0;
    };
    const Tensor* walk[1 + kMostChainWalked] = {&shape_};
    int walked = 1;
    for (size_t i = 0; i < memory_.size(); i++) {
      a.in[i] = memory_[i]->as<char>();
      if (plan_.inputs[i].access == ChainInput::Flat) align(*memory_[i]);
      if (plan_.inputs[i].access == ChainInput::Strided) walk[walked++] = memory_[i];
    }
    for (size_t i = 0; i < results.size(); i++) {
      a.out[i] = results[i]->as<char>();
      align(*results[i]);
    }
    std::copy(numbers_.begin(), numbers_.end(), a.numbers);
    std::copy(parameters_.begin(), parameters_.end(), a.parameters);
    if (walked > 1) a.walk = walkOf<1 + kMostChainWalked>(StridedLoop(shape_.sizes(), walk, 1 + kMostChainWalked));
    static std::unordered_map<std::string, Function> kernels;
    const std::string text = plan_.text();
    const OpName name(title());
    const CUfunction kernel = kernels[text].get(cudaIndex(device), "chain", [&] { return chainUnit(text); });
    const long long n = shape_.numel();
    launch(kernel, device, gridFor(n, kThreads * kChainLanes), kThreads, a, n, aligned);
  }

  /** "mul, exp, add": for errors; lives as long as the program. */
  const char* title() const {
    static std::set<std::string> titles;
    std::string all;
    for (const Op* op : ops_) all += (all.empty() ? "" : ", ") + std::string(op->name);
    return titles.insert(all).first->c_str();
  }

  const Tensor& shape_;
  bool alone_ = false;
  std::vector<const Op*> ops_;
  std::vector<const Tensor*> memory_;
  std::vector<Number> numbers_;
  std::vector<double> parameters_;
  int walked_ = 0;
  ChainPlan plan_;
};

void queueAll() {
  std::deque<Op> ops;
  ops.swap(waiting);
  waits = false;
  queueing = true;
  struct Reset {
    ~Reset() { queueing = false; }
  } reset;
  // JavaScript may still seem to hold what nobody will ask for.
  if (ops.size() > 1) collectGarbage(false);
  std::unordered_map<const Storage*, int> own;
  std::deque<Chain> chains;
  for (const Op& op : ops) {
    own[op.out.storage().get()]++;
    for (const auto& x : op.in) {
      if (x) own[x->storage().get()]++;
    }
    if (chains.empty() || !chains.back().add(op)) chains.emplace_back(op);
  }
  // How many of the chains that are not queued yet read a memory.
  std::unordered_map<const Storage*, int> readers;
  for (const Chain& chain : chains) {
    for (const Tensor* x : chain.reads()) readers[x->storage().get()]++;
  }
  for (Chain& chain : chains) {
    for (const Tensor* x : chain.reads()) readers[x->storage().get()]--;
    chain.queue([&](const Storage* memory) { return memory->references > own[memory] || readers[memory] > 0; });
  }
}

void dropAll() {
  waiting.clear();
  waits = false;
}

int usesOfWaiting(const Storage* memory) {
  int uses = capturing && capturing->holds(memory);
  for (const Op& op : waiting) {
    uses += op.out.storage().get() == memory;
    for (const auto& x : op.in) uses += x && x->storage().get() == memory;
  }
  return uses;
}

[[maybe_unused]] const bool registered = [] {
  waitingWork = {queueAll, dropAll};
  deferredUses = usesOfWaiting;
  return true;
}();

bool mayWait(const Tensor& out) {
  if (!capturing || queueing || !capturing->joins()) return false;
  if (cudaIndex(out.device()) != capturing->device() || !isDense(out) || out.numel() == 0 || out.numel() > mostElements()) return false;
  if (out.ndim() > kMostDims) return false;
  if (waiting.size() >= kMostWaiting) queueWaiting();
  return true;
}

void wait(Op op) {
  op.name = currentOp ? currentOp : "";
  waiting.push_back(std::move(op));
  waits = true;
}

}  // namespace

bool deferPointwise(const PointwiseCall& call, const char* formula, int parameters, const PointwiseArguments& a,
                    void (*alone)(const PointwiseCall&)) {
  if (!mayWait(*call.out)) return false;
  Op op{};
  op.step = {ChainStep::Pointwise, formula, call.inputs, 0, parameters, call.common, call.compute, call.out->dtype(), call.test, {}, -1};
  op.out = *call.out;
  for (int k = 0; k < call.inputs; k++) {
    op.numbers[k] = a.numbers[k];
    if (!((a.plain >> k) & 1)) op.in[k] = *call.in[k].tensor;
  }
  std::copy(call.parameters, call.parameters + 3, op.parameters);
  // Numbers of host tensors go along as tensors.
  std::optional<Tensor> hosts[3];
  for (int k = 0; k < call.inputs; k++) {
    if (((a.plain >> k) & 1) && call.in[k].tensor) hosts[k] = *call.in[k].tensor;
  }
  op.alone = [call, alone, first = hosts[0], second = hosts[1], third = hosts[2]](const Op& self) {
    PointwiseCall again = call;
    again.out = &self.out;
    const std::optional<Tensor>* own[3] = {&first, &second, &third};
    for (int k = 0; k < call.inputs; k++) {
      if (call.in[k].tensor) again.in[k].tensor = self.in[k] ? &*self.in[k] : &**own[k];
    }
    alone(again);
  };
  wait(std::move(op));
  return true;
}

bool deferCopy(const Tensor& to, const Tensor& from, DType compute, void (*alone)(const Tensor&, const Tensor&)) {
  if (!mayWait(to)) return false;
  Op op{};
  op.step = {ChainStep::Convert, "", 1, 0, 0, to.dtype(), compute, to.dtype(), false, {}, -1};
  op.out = to;
  op.in[0] = from;
  op.alone = [alone](const Op& self) { alone(self.out, *self.in[0]); };
  wait(std::move(op));
  return true;
}

bool deferWhere(const Tensor& out, const Tensor& condition, const Tensor& a, const Tensor& b,
                void (*alone)(const Tensor&, const Tensor&, const Tensor&, const Tensor&)) {
  if (!mayWait(out)) return false;
  Op op{};
  op.step = {ChainStep::Where, "", 3, 0, 0, out.dtype(), computeType(out.dtype()), out.dtype(), false, {}, -1};
  op.out = out;
  op.in[0] = condition;
  op.in[1] = a;
  op.in[2] = b;
  op.alone = [alone](const Op& self) { alone(self.out, *self.in[0], *self.in[1], *self.in[2]); };
  wait(std::move(op));
  return true;
}

}  // namespace gb::cuda
