#include "cuda/ops/conv_dnn.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "cuda/api/cudnn.h"
#include "cuda/ops/conv_bias.h"
#include "cuda/runtime/capture.h"
#include "cuda/runtime/fault.h"
#include "cuda/runtime/launch.h"
#include "cuda/runtime/launch_thread.h"
#include "cuda/runtime/switches.h"

namespace gb::cuda {
namespace {

/** An algorithm that wants more than this gets none: it would take the memory of tensors. */
constexpr size_t kMostWorkspace = size_t(1) << 30;
constexpr size_t kMostPlans = 1024;
constexpr int kChoices = 8;

enum Pass : int { kForward, kData, kFilter };

/** Everything that the choice of an algorithm depends on, in numbers. */
using Key = std::vector<int64_t>;

/** A convolution as the library wants it, with the algorithm that was chosen for a pass. */
struct Plan {
  dnn::OwnedTensor x, y;
  dnn::OwnedFilter weight;
  dnn::OwnedConv conv;
  dnn::Choice choice{};
  bool possible = false;
  /** Whether the library has taken it once. */
  bool tried = false;
};

struct Plans {
  std::mutex lock;
  std::map<Key, Plan> all;
};

Plans& plans() {
  // Never destroyed: the library may be gone when the program ends.
  static Plans* const made = new Plans;
  return *made;
}

/** Of the three spatial dimensions, those that the library is told of: it wants two at least. */
int firstDimension(const ConvShape& s) {
  const bool flat = s.in[0] == 1 && s.out[0] == 1 && s.kernel[0] == 1 && s.padding[0] == 0;
  return flat ? 1 : 0;
}

/** What every case of the library's has: something to compute, and sizes that it counts in 32 bits. */
bool takes(const ConvShape& s) {
  int64_t in = s.batch * s.groups * s.channels, out = s.batch * s.groups * s.features, taps = s.channels * s.features * s.groups;
  for (int i = 0; i < 3; i++) {
    if (s.padding[i] < 0) return false;
    const int64_t reach = s.dilation[i] * (s.kernel[i] - 1) + 1;
    if (s.kernel[i] < 1 || s.out[i] != (s.in[i] + 2 * s.padding[i] - reach) / s.stride[i] + 1) return false;
    in *= s.in[i];
    out *= s.out[i];
    taps *= s.kernel[i];
  }
  constexpr int64_t most = (int64_t(1) << 31) - 1;
  return in > 0 && out > 0 && taps > 0 && in <= most && out <= most && taps <= most;
}

Key keyOf(const ConvShape& s, Pass pass, int index, DType type) {
  Key key{pass, index, int(type), s.batch, s.groups, s.channels, s.features};
  for (int i = 0; i < 3; i++) {
    for (int64_t n : {s.in[i], s.kernel[i], s.stride[i], s.padding[i], s.dilation[i]}) key.push_back(n);
  }
  for (Switch which : {Switch::CudnnBenchmark, Switch::CudnnDeterministic, Switch::CudnnTf32}) key.push_back(isOn(which));
  return key;
}

/** Sizes behind the first two, from `first` on, and the strides of a contiguous tensor of them. */
struct Layout {
  std::vector<int> sizes, strides;
  Layout(int64_t outer, int64_t inner, const int64_t (&spatial)[3], int first) : sizes{int(outer), int(inner)} {
    for (int i = first; i < 3; i++) sizes.push_back(int(spatial[i]));
    strides.resize(sizes.size());
    int step = 1;
    for (size_t i = sizes.size(); i-- > 0;) {
      strides[i] = step;
      step *= sizes[i];
    }
  }
};

/** Convolutions of bfloat16 go by tensor cores only where they are told so. */
dnn::MathType mathOf(DType type) { return type == DType::BFloat16 ? dnn::kTensorMath : dnn::mathFor(type); }

void setTensor(dnn::TensorDesc to, const Layout& x, DType type) {
  GB_CUDNN(tensorSet, to, dnn::dataTypeOf(type), int(x.sizes.size()), x.sizes.data(), x.strides.data());
}

void describe(Plan& plan, const ConvShape& s, DType type) {
  const int first = firstDimension(s), spatial = 3 - first;
  setTensor(plan.x, Layout(s.batch, s.groups * s.channels, s.in, first), type);
  setTensor(plan.y, Layout(s.batch, s.groups * s.features, s.out, first), type);
  const Layout weight(s.groups * s.features, s.channels, s.kernel, first);
  GB_CUDNN(filterSet, plan.weight, dnn::dataTypeOf(type), dnn::kNchw, int(weight.sizes.size()), weight.sizes.data());
  std::vector<int> padding, stride, dilation;
  for (int i = first; i < 3; i++) {
    padding.push_back(int(s.padding[i]));
    stride.push_back(int(s.stride[i]));
    dilation.push_back(int(s.dilation[i]));
  }
  // Half types are summed in float.
  GB_CUDNN(convSet, plan.conv, spatial, padding.data(), stride.data(), dilation.data(), dnn::kCrossCorrelation,
           dnn::dataTypeOf(computeType(type)));
  GB_CUDNN(convGroups, plan.conv, int(s.groups));
  GB_CUDNN(convMath, plan.conv, mathOf(type));
}

/** The pointers of a pass: what it reads, and what it writes. */
struct Operands {
  const void *first, *second;
  void* result;
};

/** A convolution as it is handed over. */
struct Convolution {
  const Plan* plan;
  dnn::Handle handle;
  dnn::Choice choice;
  Pass pass;
  Operands o;
  bool wide;
  void* room;
  CUstream stream;

  int run() const {
    // One handle and one description for all threads of the program.
    static std::mutex lock;
    std::lock_guard<std::mutex> guard(lock);
    constexpr float one = 1, zero = 0;
    constexpr double wideOne = 1, wideZero = 0;
    const void* alpha = wide ? static_cast<const void*>(&wideOne) : &one;
    const void* beta = wide ? static_cast<const void*>(&wideZero) : &zero;
    const Plan& p = *plan;
    const dnn::Functions* f = dnn::functions();
    dnn::check(f->setStream(handle, stream), "setStream");
    dnn::check(f->convMath(p.conv, choice.math), "convMath");
    switch (pass) {
      case kForward:
        return f->forward(handle, alpha, p.x, o.first, p.weight, o.second, p.conv, choice.algorithm, room, choice.memory, beta, p.y,
                          o.result);
      case kData:
        return f->backwardData(handle, alpha, p.weight, o.second, p.y, o.first, p.conv, choice.algorithm, room, choice.memory, beta,
                               p.x, o.result);
      default:
        return f->backwardFilter(handle, alpha, p.x, o.second, p.y, o.first, p.conv, choice.algorithm, room, choice.memory, beta,
                                 p.weight, o.result);
    }
  }
  void make() const { dnn::check(run(), "convolution"); }
};

/** With memory for the algorithm, which belongs to the stream from then on. */
template <class Use>
auto withRoom(dnn::Handle handle, const Plan& plan, const dnn::Choice& choice, Pass pass, const Operands& o, DType type,
              Device device, const Use& use) {
  std::optional<Scratch> workspace;
  if (choice.memory) workspace.emplace(choice.memory, device);
  const CUstream stream = currentStream(device);
  return use(Convolution{&plan, handle, choice, pass, o, type == DType::Float64, workspace ? workspace->data() : nullptr, stream});
}

/** The algorithms that may be used, the one that the library expects to be fastest first. */
std::vector<dnn::Choice> candidates(dnn::Handle handle, const Plan& plan, Pass pass, dnn::MathType math) {
  dnn::Choice all[kChoices];
  int found = 0;
  const dnn::Functions* f = dnn::functions();
  const int status =
      pass == kForward ? f->forwardAlgorithms(handle, plan.x, plan.weight, plan.conv, plan.y, kChoices, &found, all)
      : pass == kData  ? f->dataAlgorithms(handle, plan.weight, plan.y, plan.conv, plan.x, kChoices, &found, all)
                       : f->filterAlgorithms(handle, plan.x, plan.y, plan.conv, plan.weight, kChoices, &found, all);
  // A case that the library does not know is one for the engine's own kernels.
  if (status != 0) found = 0;
  std::vector<dnn::Choice> good;
  for (int i = 0; i < found; i++) {
    // The library may propose TF32 where it may not round.
    if (all[i].math != dnn::kFmaMath && math == dnn::kFmaMath) all[i].math = dnn::kFmaMath;
    const bool steady = !isOn(Switch::CudnnDeterministic) || all[i].determinism == dnn::kDeterministic;
    if (all[i].status == 0 && steady && all[i].memory <= kMostWorkspace) good.push_back(all[i]);
  }
  return good;
}

/** Milliseconds that an algorithm takes, once it has run before; nothing where it does not run. */
std::optional<float> timeOf(dnn::Handle handle, const Plan& plan, const dnn::Choice& choice, Pass pass, const Operands& o,
                            DType type, Device device) {
  const CUstream stream = currentStream(device);
  CUevent events[2] = {};
  for (CUevent& event : events) GB_CUDA(eventCreate, &event, 0);
  float milliseconds = 0;
  const auto runs = [&] {
    return withRoom(handle, plan, choice, pass, o, type, device, [](const Convolution& made) { return made.run() == 0; });
  };
  bool ran = runs();
  if (ran) {
    GB_CUDA(eventRecord, events[0], stream);
    ran = runs();
    GB_CUDA(eventRecord, events[1], stream);
    GB_CUDA(eventSynchronize, events[1]);
    GB_CUDA(eventElapsedTime, &milliseconds, events[0], events[1]);
  }
  for (CUevent event : events) driver().eventDestroy(event);
  return ran ? std::optional<float>(milliseconds) : std::nullopt;
}

void choose(Plan& plan, dnn::Handle handle, Pass pass, const Operands& o, DType type, Device device) {
  const std::vector<dnn::Choice> good = candidates(handle, plan, pass, mathOf(type));
  plan.possible = !good.empty();
  if (!plan.possible) return;
  plan.choice = good.front();
  // Running an algorithm more than once writes the same result again. What is being captured does not run.
  if (!isOn(Switch::CudnnBenchmark) || good.size() == 1 || capturing) return;
  std::optional<float> best;
  for (const dnn::Choice& choice : good) {
    const std::optional<float> time = timeOf(handle, plan, choice, pass, o, type, device);
    if (!time || (best && *best <= *time)) continue;
    best = time;
    plan.choice = choice;
  }
  plan.possible = best.has_value();
}

bool run(const ConvShape& s, Pass pass, const Operands& o, MaybeTensor bias, DType type, Device device) {
  const int index = cudaIndex(device);
  if (!isOn(Switch::CudnnEnabled) || !takes(s) || !dnn::library().problem.empty()) return false;
  const dnn::Handle handle = dnn::handleOnAnyStream(index);
  if (!handle) return false;
  std::lock_guard<std::mutex> guard(plans().lock);
  auto& all = plans().all;
  const Key key = keyOf(s, pass, index, type);
  auto found = all.find(key);
  if (found == all.end()) {
    if (all.size() >= kMostPlans) all.clear();
    found = all.try_emplace(key).first;
    try {
      describe(found->second, s, type);
      choose(found->second, handle, pass, o, type, device);
    } catch (...) {
      all.erase(found);
      throw;
    }
  }
  Plan& plan = found->second;
  if (!plan.possible) return false;
  withRoom(handle, plan, plan.choice, pass, o, type, device, [&](const Convolution& made) {
    if (plan.tried) return handOver(index, made);
    enter(index);
    made.make();
    plan.tried = true;
  });
  queued(index, currentStream(index));
  if (bias) {
    const auto& size = pass == kData ? s.in : s.out;
    addBias(o.result, *bias, s.batch, s.groups * (pass == kData ? s.channels : s.features), size[0] * size[1] * size[2]);
  }
  return true;
}

}  // namespace

bool convByLibrary(const ConvShape& s, const Tensor& y, const Tensor& x, const Tensor& weight, MaybeTensor bias) {
  return run(s, kForward, {x.data(), weight.data(), y.data()}, bias, y.dtype(), y.device());
}
bool convInputByLibrary(const ConvShape& s, const Tensor& x, const Tensor& y, const Tensor& weight, MaybeTensor bias) {
  return run(s, kData, {y.data(), weight.data(), x.data()}, bias, x.dtype(), x.device());
}
bool convWeightByLibrary(const ConvShape& s, const Tensor& weight, const Tensor& y, const Tensor& x) {
  return run(s, kFilter, {y.data(), x.data(), weight.data()}, nullptr, weight.dtype(), weight.device());
}

}  // namespace gb::cuda
