#include "cuda/ops/jacobi.h"

#include <algorithm>

#include "cuda/kernels/matrix_arguments.h"
#include "cuda/ops/reflections.h"
#include "cuda/ops/units.h"
#include "cuda/runtime/fault.h"
#include "ops/transfer.h"
#include "tensor/interrupt.h"

namespace gb::cuda {
namespace {

/** Threads for a matrix that one block goes through once, and for a pair of rows at most. */
constexpr unsigned kOneBlock = 1024;
constexpr int64_t kPairThreads = 128;

constexpr const char* kFile = "jacobi.cu";

/** Blocks for each row (or pair) of each matrix. */
Grid each(int64_t count, const Tensor& a) {
  Grid grid = gridFor(count, 1);
  grid.y = unsigned(a.size(0));
  return grid;
}

Tensor doubles(const Tensor& like, std::initializer_list<int64_t> sizes) {
  return emptyTensor(Dims(sizes), DType::Float64, like.device());
}

/** Calls round(i, flag) for the rounds of sweeps over n rows until none of a sweep has raised its flag. */
template <class Round>
void sweep(const Tensor& flags, int64_t n, const Round& round) {
  const int64_t rounds = n > 1 ? 2 * ((n + 1) / 2) - 1 : 0;
  // What is not finite is found before the first sweep.
  onHost(flags);
  for (int sweep = 0;; sweep++) {
    GB_CHECK(sweep < kSweeps, "the algorithm did not converge in ", kSweeps, " sweeps");
    for (int64_t i = 0; i < rounds; i++) round(i, flags.as<int32_t>() + sweep);
    if (onHost(flags).as<int32_t>()[sweep] == 0) return;
    checkInterrupt();
  }
}

GB_UNITS(all) { all.push_back(Unit{kFile, ""}); }

}  // namespace

void eighInBlocks(const Tensor& a, const Tensor& values, MaybeTensor vectors) {
  static Function begins, nothings, rounds, ends;
  const Device device = a.device();
  const long long batch = a.size(0), n = a.size(1);
  const Scratch turns(vectors ? a.bytes() : 0, device);
  void* const turned = vectors ? turns.data() : nullptr;
  const Tensor other = doubles(a, {batch, n, n}), nothing = doubles(a, {batch});
  const Tensor flags = emptyTensor({kSweeps}, DType::Int32, device);
  launchPlain(begins, kFile, "eighBegin", device, each(n, a), kThreads, a.data(), turned, n);
  launchPlain(nothings, kFile, "eighNothing", device, gridFor(batch, 1), kOneBlock, a.data(), nothing.data(), flags.data(), n,
              faultOf(cudaIndex(device)), faultCode());
  Grid grid = gridFor((n + 1) / 2, kPairs);
  grid.y = grid.x;
  grid.z = unsigned(batch);
  const Tensor *from = &a, *to = &other;
  sweep(flags, n, [&](long long round, int32_t* flag) {
    launchPlain(rounds, kFile, "eighRound", device, grid, kPairs * kPairs, from->data(), to->data(), turned, nothing.data(),
                flag, n, round);
    std::swap(from, to);
  });
  launchPlain(ends, kFile, "eighEnd", device, each(n, a), kThreads, from->data(), turned, values.data(), dataOf(vectors), n);
}

void svdInBlocks(const Tensor& a, MaybeTensor u, const Tensor& s, MaybeTensor v) {
  static Function begins, scalings, rounds, lengths, completes, ends;
  const Device device = a.device();
  const long long batch = a.size(0), m = a.size(1), n = a.size(2);
  const Reflections reflections(a);
  const Tensor rows = doubles(a, {batch, n, n}), sizes = doubles(a, {batch, n});
  const Scratch turns(v ? rows.bytes() : 0, device);
  void* const turned = v ? turns.data() : nullptr;
  const unsigned threads = unsigned(std::clamp<int64_t>(n / 32 * 32, 32, kPairThreads));
  const Tensor scales = doubles(a, {batch}), flags = emptyTensor({kSweeps}, DType::Int32, device);
  launchPlain(begins, kFile, "svdBegin", device, each(n, a), kThreads, a.data(), rows.data(), turned, m, n);
  launchPlain(scalings, kFile, "svdScale", device, gridFor(batch, 1), kOneBlock, rows.data(), scales.data(), flags.data(), n,
              faultOf(cudaIndex(device)), faultCode());
  sweep(flags, n, [&](long long round, int32_t* flag) {
    launchPlain(rounds, kFile, "svdRound", device, each((n + 1) / 2, a), threads, rows.data(), turned, flag, n, round);
  });
  launchPlain(lengths, kFile, "svdSizes", device, each(n, a), threads, rows.data(), sizes.data(), n);
  if (u) launchPlain(completes, kFile, "svdComplete", device, gridFor(batch, 1), kThreads, rows.data(), sizes.data(), n);
  launchPlain(ends, kFile, "svdEnd", device, each(u ? m : n, a), kThreads, rows.data(), turned, sizes.data(), scales.data(),
              dataOf(u), s.data(), dataOf(v), m, n);
  if (u) reflections.apply(*u, false);
}

}  // namespace gb::cuda
