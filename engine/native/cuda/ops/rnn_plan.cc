#include "cuda/ops/rnn_plan.h"

#include <map>
#include <mutex>

#include "cuda/ops/rnn_dropout.h"
#include "cuda/runtime/device.h"
#include "cuda/runtime/fault.h"
#include "ops/copy.h"

namespace gb::cuda {
namespace {

constexpr dnn::RnnCell kCells[] = {dnn::kTanh, dnn::kRelu, dnn::kLstm, dnn::kGru};

/** Everything that a plan depends on, in numbers. */
using Key = std::vector<int64_t>;

Key keyOf(const RnnStackCall& s, int algorithm, int index) {
  const DType type = s.x->dtype();
  return {index, int(s.mode), int(type), s.layers, s.directions, s.inputs, s.hidden, s.out, s.weights[0].biasIh != nullptr,
          isEven(s), algorithm, dnn::mathFor(type), int64_t(s.dropout * (int64_t(1) << 40))};
}

/** Where the weights stand. The gates of each must follow each other, as they do in PyTorch's. */
void findPlaces(RnnPlan& plan, const RnnStackCall& s, dnn::Handle handle, const char* space) {
  const dnn::OwnedTensor matrix, bias;
  const int64_t gates = gatesOf(s.mode);
  const auto address = [&](size_t layer, int64_t id, bool ofBias) {
    void *m = nullptr, *b = nullptr;
    GB_CUDNN(rnnWeight, handle, plan.rnn, int32_t(layer), plan.weightBytes, space, int32_t(id), matrix, &m, bias, &b);
    return static_cast<const char*>(ofBias ? b : m);
  };
  plan.places.assign(s.weights.size() * kRnnWeights, 0);
  for (size_t layer = 0; layer < s.weights.size(); layer++) {
    const RnnWeights& w = s.weights[layer];
    const MaybeTensor four[] = {w.ih, w.hh, w.biasIh, w.biasHh};
    for (size_t k = 0; k < 4; k++) {
      if (!four[k]) continue;
      const char* const first = address(layer, k % 2 * gates, k >= 2);
      const size_t bytes = four[k]->bytes() / size_t(gates);
      for (int64_t g = 1; g < gates; g++) {
        plan.possible &= address(layer, k % 2 * gates + g, k >= 2) == first + size_t(g) * bytes;
      }
      plan.places[layer * kRnnWeights + k] = size_t(first - space);
    }
    if (w.hr) plan.places[layer * kRnnWeights + 4] = size_t(address(layer, 2 * gates, false) - space);
  }
}

void describe(RnnPlan& plan, const RnnStackCall& s, int algorithm, int index) {
  const dnn::Handle handle = dnn::handleOf(index);
  const DType type = s.x->dtype();
  if (s.dropout > 0) {
    describeDropout(plan.dropout, handle, index, s.dropout);
  } else {
    GB_CUDNN(dropoutSet, plan.dropout, handle, 0.f, nullptr, 0, 0ull);
  }
  const int status = dnn::functions()->rnnSet(
      plan.rnn, algorithm, kCells[int(s.mode)], s.weights[0].biasIh ? dnn::kDoubleBias : dnn::kNoBias, s.directions == 2 ? dnn::kBothWays : 0,
      dnn::kLinearInput, dnn::dataTypeOf(type), dnn::dataTypeOf(computeType(type)), dnn::mathFor(type), int32_t(s.inputs), int32_t(s.hidden),
      int32_t(s.out), s.layers, plan.dropout, isEven(s) ? dnn::kPaddedIo : 0);
  plan.possible = !dnn::isUnsupported(status);
  if (!plan.possible) return;
  dnn::check(status, "rnnSet");
  GB_CUDNN(rnnWeightSize, handle, plan.rnn, &plan.weightBytes);
  const Scratch space(plan.weightBytes, s.x->device());
  findPlaces(plan, s, handle, static_cast<const char*>(space.data()));
}

}  // namespace

bool isEven(const RnnShape& s) { return s.batchSizes[s.steps - 1] == s.batchSizes[0]; }

std::vector<int> rnnAlgorithms(const RnnStackCall& s, int index) {
  const DType type = s.x->dtype();
  if (s.out != s.hidden || !isEven(s) || type == DType::Float64) return {dnn::kStandard};
  const bool plain = s.mode == RnnMode::Tanh || s.mode == RnnMode::Relu;
  // One algorithm for both passes: what is kept for the second is the first one's.
  if (s.hidden <= (plain ? 256 : 128) || (!s.keep && s.hidden <= (plain ? 384 : 192))) return {dnn::kPersistSmall, dnn::kStandard};
  const Properties& card = properties(index);
  const bool whole = type == DType::Float16 && s.layers == 1 && s.directions == 1 && s.hidden <= 1024 && s.hidden % 128 == 0 &&
                     s.inputs % 128 == 0 && s.batch % 8 == 0 && s.batch <= 128;
  const bool fits = card.major >= 8 && card.minor != 6 && card.multiProcessorCount >= 98;
  const bool pays = s.mode == RnnMode::Lstm || (plain && (s.batch < 96 || s.hidden < 896));
  if (whole && fits && pays) return {dnn::kPersistStatic, dnn::kStandard};
  return {dnn::kStandard};
}

RnnPlan& rnnPlanFor(const RnnStackCall& call, int algorithm, int index) {
  // Never destroyed: the library may be gone when the program ends.
  static std::mutex lock;
  static auto* const plans = new std::map<Key, RnnPlan>;
  std::lock_guard<std::mutex> guard(lock);
  const auto [found, fresh] = plans->try_emplace(keyOf(call, algorithm, index));
  if (fresh) {
    try {
      describe(found->second, call, algorithm, index);
    } catch (...) {
      plans->erase(found);
      throw;
    }
  }
  return found->second;
}

std::vector<Tensor> weightViews(const RnnPlan& plan, const RnnStackCall& call, const Tensor& all) {
  std::vector<Tensor> views;
  eachWeight(plan, call, [&](const Tensor& weight, size_t place) {
    const int64_t first = all.offset() + int64_t(place / weight.itemSize());
    views.push_back(all.viewed(weight.sizes(), contiguousStrides(weight.sizes()), first));
  });
  return views;
}

Tensor packedWeights(const RnnPlan& plan, const RnnStackCall& call) {
  const Tensor& first = *call.weights[0].ih;
  const int64_t item = int64_t(first.itemSize()), count = (int64_t(plan.weightBytes) + item - 1) / item;
  const char *const begin = first.as<char>() - plan.places[0], *const memory = static_cast<const char*>(first.storage()->data);
  bool inPlace = begin >= memory && begin + count * item <= memory + first.storage()->bytes;
  size_t covered = 0;
  eachWeight(plan, call, [&](const Tensor& weight, size_t place) {
    covered += weight.bytes();
    inPlace &= weight.as<char>() == begin + place;
  });
  if (inPlace) return first.viewed({count}, {1}, (begin - memory) / item);
  const Tensor all = emptyTensor({count}, first.dtype(), first.device());
  // What lies between them is read too.
  if (covered < all.bytes()) fillWith(all, Scalar::of(0.0));
  const std::vector<Tensor> views = weightViews(plan, call, all);
  size_t next = 0;
  eachWeight(plan, call, [&](const Tensor& weight, size_t) { copyInto(views[next++], weight); });
  return all;
}

}  // namespace gb::cuda
