// Attention on the CPU. A block of queries meets all keys at once; its scores stay in the cache. The derivative makes the
// probabilities again.
#include "ops/attention.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "cpu/gemm.h"
#include "cpu/simd/rows.h"
#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

/** Queries of a block. */
constexpr int64_t kRows = 64;
/** Queries for which it pays to lay keys out for the product. */
constexpr int64_t kLayRows = 16;
/** Multiplications that are worth another thread. */
constexpr int64_t kThreadWork = 200000;

template <class T>
class Attention {
 public:
  explicit Attention(const AttentionCall& call)
      : heads_(call.query->size(1)), L_(call.query->size(2)), S_(call.key->size(2)), E_(call.query->size(3)),
        V_(call.value->size(3)), call_(call) {}

  void forward(const Tensor& out) const {
    const int64_t blocks = (L_ + kRows - 1) / kRows;
    const int64_t work = std::max<int64_t>(1, std::min(L_, kRows) * S_ * (E_ + V_));
    parallelFor(heads() * blocks, std::max<int64_t>(1, kThreadWork / work), [&](int64_t begin, int64_t end) {
      std::vector<T> scores(size_t(std::min(L_, kRows) * S_));
      Laid keyColumns;
      for (int64_t task = begin; task < end; task++) {
        checkInterrupt();
        const int64_t head = task / blocks, first = task % blocks * kRows, rows = std::min(kRows, L_ - first);
        const int64_t keys = keysOf(first + rows);
        probabilities(head, first, rows, keys, columnsOf(*call_.key, head, keyColumns), scores.data());
        ownGemm<T>(rows, V_, keys, {scores.data(), keys, 1}, matrix<const T>(*call_.value, head),
                   rowsFrom(matrix<T>(out, head), first), {1, 0, nullptr, nullptr});
      }
    });
  }

  void backward(const Tensor& grad, const Tensor& dq, const Tensor& dk, const Tensor& dv) const {
    const int64_t work = std::max<int64_t>(1, L_ * S_ * (E_ + V_) * 2);
    parallelFor(heads(), std::max<int64_t>(1, kThreadWork / work), [&](int64_t begin, int64_t end) {
      std::vector<T> p(size_t(std::min(L_, kRows) * S_)), dp(p.size());
      Laid keyColumns, valueColumns;
      for (int64_t head = begin; head < end; head++) {
        const Matrix<const T> q = matrix<const T>(*call_.query, head), k = matrix<const T>(*call_.key, head);
        const Matrix<const T> g = matrix<const T>(grad, head);
        const Matrix<const T> kt = columnsOf(*call_.key, head, keyColumns), vt = columnsOf(*call_.value, head, valueColumns);
        const Matrix<T> toQ = matrix<T>(dq, head), toK = matrix<T>(dk, head), toV = matrix<T>(dv, head);
        std::fill_n(toK.data, S_ * E_, T(0));
        std::fill_n(toV.data, S_ * V_, T(0));
        for (int64_t first = 0; first < L_; first += kRows) {
          checkInterrupt();
          const int64_t rows = std::min(kRows, L_ - first), keys = keysOf(first + rows);
          probabilities(head, first, rows, keys, kt, p.data());
          const Matrix<const T> own = rowsFrom(g, first);
          ownGemm<T>(keys, V_, rows, {p.data(), 1, keys}, own, toV, {1, 1, nullptr, nullptr});
          ownGemm<T>(rows, keys, V_, own, vt, {dp.data(), keys, 1}, {1, 0, nullptr, nullptr});
          for (int64_t r = 0; r < rows; r++) {
            loops_.softmaxBackward(dp.data() + r * keys, dp.data() + r * keys, p.data() + r * keys, keys);
          }
          const T scale = T(call_.scale);
          ownGemm<T>(rows, E_, keys, {dp.data(), keys, 1}, k, rowsFrom(toQ, first), {scale, 0, nullptr, nullptr});
          ownGemm<T>(keys, E_, rows, {dp.data(), 1, keys}, rowsFrom(q, first), toK, {scale, 1, nullptr, nullptr});
        }
      }
    });
  }

 private:
  int64_t heads() const { return call_.query->size(0) * heads_; }
  /** How many keys the queries before `end` see. */
  int64_t keysOf(int64_t end) const { return call_.causal ? std::min(S_, end) : S_; }

  template <class E>
  Matrix<E> matrix(const Tensor& x, int64_t head) const {
    return {x.as<T>() + head / heads_ * x.stride(0) + head % heads_ * x.stride(1), x.stride(2), x.stride(3)};
  }
  template <class E>
  static Matrix<E> rowsFrom(Matrix<E> x, int64_t first) {
    return {x.data + first * x.row, x.row, x.column};
  }

  /** A head's transpose, copied. */
  struct Laid {
    int64_t head = -1;
    std::vector<T> data;
  };
  /** The transpose of keys or values of a head; with many queries laid out so that products read it where it lies. */
  Matrix<const T> columnsOf(const Tensor& x, int64_t head, Laid& laid) const {
    const Matrix<const T> rows = matrix<const T>(x, head);
    if (L_ < kLayRows) return {rows.data, rows.column, rows.row};
    const int64_t n = x.size(3);
    if (laid.head != head) {
      laid.head = head;
      laid.data.resize(size_t(n * S_));
      constexpr int64_t kBlock = 16;
      for (int64_t first = 0; first < S_; first += kBlock) {
        const int64_t end = std::min(S_, first + kBlock);
        for (int64_t j = 0; j < n; j++) {
          for (int64_t s = first; s < end; s++) laid.data[size_t(j * S_ + s)] = rows.data[s * rows.row + j * rows.column];
        }
      }
    }
    return {laid.data.data(), S_, 1};
  }

  /** out[rows][keys]: softmax of the scores; a query that sees no key gets zeros. */
  void probabilities(int64_t head, int64_t first, int64_t rows, int64_t keys, Matrix<const T> columns, T* out) const {
    ownGemm<T>(rows, keys, E_, rowsFrom(matrix<const T>(*call_.query, head), first),
               columns, {out, keys, 1}, {T(call_.scale), 0, nullptr, nullptr});
    for (int64_t r = 0; r < rows; r++) {
      T* row = out + r * keys;
      const int64_t seen = call_.causal ? std::min(keys, first + r + 1) : keys;
      if (call_.mask) {
        const Matrix<const T> mask = rowsFrom(matrix<const T>(*call_.mask, head), first + r);
        for (int64_t j = 0; j < seen; j++) row[j] += mask.data[j * mask.column];
      }
      if (call_.mask && loops_.max(row, seen) == -std::numeric_limits<T>::infinity()) {
        std::fill_n(row, seen, T(0));
      } else {
        loops_.softmax(row, row, seen);
      }
      std::fill(row + seen, row + keys, T(0));
    }
  }

  const int64_t heads_, L_, S_, E_, V_;
  const AttentionCall& call_;
  const RowLoops<T>& loops_ = rowLoops<T>();
};

DType attentionTypeOnCpu(const Tensor& query, const Tensor&, const Tensor&) {
  return computeType(query.dtype());
}

Tensor attentionOnCpu(const AttentionCall& call, const Tensor& out) {
  out.dtype() == DType::Float64 ? Attention<double>(call).forward(out) : Attention<float>(call).forward(out);
  return emptyTensor({out.size(0), out.size(1), 0}, out.dtype(), out.device());
}

void attentionBackwardOnCpu(const AttentionCall& call, const Tensor& grad, const Tensor&, const Tensor&, const Tensor& dq,
                            const Tensor& dk, const Tensor& dv) {
  dq.dtype() == DType::Float64 ? Attention<double>(call).backward(grad, dq, dk, dv)
                               : Attention<float>(call).backward(grad, dq, dk, dv);
}

}  // namespace

GB_KERNEL(CPU, attentionTypeKernel, attentionTypeOnCpu)
GB_KERNEL(CPU, attentionKernel, attentionOnCpu)
GB_KERNEL(CPU, attentionBackwardKernel, attentionBackwardOnCpu)

}  // namespace gb
