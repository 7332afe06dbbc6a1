// Matrix products on the CPU by type: float and double by the blocked kernels or a BLAS, half types by way of float,
// integers by a plain loop.
#include "ops/matrix.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "cpu/gemm.h"
#include "cpu/simd/choose.h"
#include "cpu/simd/convert.h"
#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

template <class T>
Matrix<T> matrix(const MatrixRef& x, int64_t batch) {
  using Plain = std::remove_const_t<T>;
  return {static_cast<Plain*>(x.data) + batch * x.batchStride, x.row, x.column};
}

template <class T>
void inType(const GemmCall& call) {
  const GemmEpilogue<T> epilogue{T(call.alpha), T(call.beta), static_cast<const T*>(call.bias), nullptr};
  const auto one = [&](int64_t i) {
    gemm<T>(call.m, call.n, call.k, matrix<const T>(call.a, i), matrix<const T>(call.b, i), matrix<T>(call.c, i), epilogue);
  };
  if (call.batch == 1) return one(0);
  const int64_t work = std::max<int64_t>(1, call.m * call.n * call.k);
  // Matrices that are large by themselves use the threads one after the other.
  if (work > (int64_t(1) << 22)) {
    for (int64_t i = 0; i < call.batch; i++) one(i);
    return;
  }
  parallelFor(call.batch, std::max<int64_t>(1, 400000 / work), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) one(i);
  });
}

/** rows × columns elements of a strided matrix as contiguous floats. */
void toFloats(DType dtype, const MatrixRef& x, int64_t batch, int64_t rows, int64_t columns, float* out) {
  const int64_t size = int64_t(itemSize(dtype));
  const LoadRun load = GB_CHOOSE(loadRuns)[int(dtype)][computeIndex(DType::Float32)];
  const char* from = static_cast<const char*>(x.data) + batch * x.batchStride * size;
  for (int64_t i = 0; i < rows; i++) load(out + i * columns, from + i * x.row * size, x.column * size, columns);
}

void byWayOfFloat(const GemmCall& call) {
  const int64_t size = int64_t(itemSize(call.dtype));
  const StoreRun store = GB_CHOOSE(storeRuns)[int(call.dtype)][computeIndex(DType::Float32)];
  std::vector<float> a(size_t(call.m * call.k)), b(size_t(call.k * call.n)), c(size_t(call.m * call.n)), bias;
  if (call.bias) {
    bias.resize(size_t(call.n));
    toFloats(call.dtype, {const_cast<void*>(call.bias), 0, 0, 1}, 0, 1, call.n, bias.data());
  }
  for (int64_t i = 0; i < call.batch; i++) {
    toFloats(call.dtype, call.a, i, call.m, call.k, a.data());
    toFloats(call.dtype, call.b, i, call.k, call.n, b.data());
    if (call.beta != 0) toFloats(call.dtype, call.c, i, call.m, call.n, c.data());
    gemm<float>(call.m, call.n, call.k, {a.data(), call.k, 1}, {b.data(), call.n, 1}, {c.data(), call.n, 1},
                {float(call.alpha), float(call.beta), call.bias ? bias.data() : nullptr, nullptr});
    char* to = static_cast<char*>(call.c.data) + i * call.c.batchStride * size;
    for (int64_t r = 0; r < call.m; r++) store(to + r * call.c.row * size, call.c.column * size, &c[size_t(r * call.n)], call.n);
  }
}

void integers(const GemmCall& call) {
  const int64_t size = int64_t(itemSize(call.dtype));
  const LoadRun load = GB_CHOOSE(loadRuns)[int(call.dtype)][2];
  const StoreRun store = GB_CHOOSE(storeRuns)[int(call.dtype)][2];
  const int64_t alpha = int64_t(call.alpha), beta = int64_t(call.beta);
  parallelFor(call.batch * call.m, std::max<int64_t>(1, 400000 / std::max<int64_t>(1, call.n * call.k)),
              [&](int64_t begin, int64_t end) {
                std::vector<int64_t> a(size_t(call.k)), b(size_t(call.n)), c(size_t(call.n));
                for (int64_t r = begin; r < end; r++) {
                  const int64_t batch = r / call.m, i = r % call.m;
                  const auto at = [&](const MatrixRef& x, int64_t row) {
                    return static_cast<char*>(x.data) + (batch * x.batchStride + row * x.row) * size;
                  };
                  load(a.data(), at(call.a, i), call.a.column * size, call.k);
                  load(c.data(), at(call.c, i), call.c.column * size, call.n);
                  for (int64_t& x : c) x = int64_t(uint64_t(x) * uint64_t(beta));
                  for (int64_t p = 0; p < call.k; p++) {
                    load(b.data(), at(call.b, p), call.b.column * size, call.n);
                    const uint64_t factor = uint64_t(a[size_t(p)]) * uint64_t(alpha);
                    for (int64_t j = 0; j < call.n; j++) c[size_t(j)] = int64_t(uint64_t(c[size_t(j)]) + factor * uint64_t(b[size_t(j)]));
                  }
                  if (call.bias) {
                    load(b.data(), static_cast<const char*>(call.bias), size, call.n);
                    for (int64_t j = 0; j < call.n; j++) c[size_t(j)] += b[size_t(j)];
                  }
                  store(at(call.c, i), call.c.column * size, c.data(), call.n);
                  checkInterrupt();
                }
              });
}

void gemmOnCpu(const GemmCall& call) {
  switch (call.dtype) {
    case DType::Float32: return inType<float>(call);
    case DType::Float64: return inType<double>(call);
    case DType::Float16:
    case DType::BFloat16: return byWayOfFloat(call);
    default: return integers(call);
  }
}

}  // namespace

GB_KERNEL(CPU, gemmKernel, gemmOnCpu)

}  // namespace gb
