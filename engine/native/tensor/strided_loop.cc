#include "tensor/strided_loop.h"

#include <algorithm>
#include <cstdlib>

namespace gb {

Dims broadcastShapes(const Dims& a, const Dims& b) {
  if (a == b) return a;
  const int n = std::max(a.size(), b.size());
  Dims result(n, 1);
  for (int i = 0; i < n; i++) {
    const int ia = i - (n - a.size()), ib = i - (n - b.size());
    const int64_t da = ia < 0 ? 1 : a[ia], db = ib < 0 ? 1 : b[ib];
    GB_CHECK(da == db || da == 1 || db == 1, "The size of tensor a (", da, ") must match the size of tensor b (", db,
             ") at non-singleton dimension ", i, ": shapes ", a, " and ", b);
    result[i] = da == 1 ? db : da;
  }
  return result;
}

Dims broadcastStrides(const Tensor& x, const Dims& sizes) {
  Dims strides(sizes.size(), 0);
  const int shift = sizes.size() - x.ndim();
  for (int i = 0; i < x.ndim(); i++) {
    if (x.size(i) == sizes[i + shift]) strides[i + shift] = x.size(i) == 1 ? 0 : x.stride(i);
  }
  return strides;
}

Tensor expandTo(const Tensor& x, const Dims& sizes) {
  const int shift = sizes.size() - x.ndim();
  bool fits = shift >= 0;
  for (int i = 0; fits && i < x.ndim(); i++) fits = x.size(i) == sizes[i + shift] || x.size(i) == 1;
  GB_CHECK(fits, "a tensor of shape ", x.sizes(), " can't be expanded to ", sizes);
  Dims strides = broadcastStrides(x, sizes);
  for (int i = 0; i < x.ndim(); i++) {
    if (x.size(i) == sizes[i + shift]) strides[i + shift] = x.stride(i);
  }
  return x.viewed(sizes, strides);
}

StridedLoop::StridedLoop(const Dims& shape, const Tensor* const* tensors, int count) : operands(count) {
  const int n = shape.size();
  Dims full[kMost];
  for (int k = 0; k < count; k++) {
    full[k] = tensors[k] ? broadcastStrides(*tensors[k], shape) : Dims(n, 0);
    data[k] = tensors[k] ? tensors[k]->as<char>() : nullptr;
    const int64_t size = tensors[k] ? int64_t(tensors[k]->itemSize()) : 0;
    for (int64_t& s : full[k]) s *= size;
  }
  for (int64_t d : shape) numel *= d;
  // Innermost first; then an insertion sort by stride, in which the first operand with an opinion decides.
  Dims order;
  for (int i = n - 1; i >= 0; i--) {
    if (shape[i] != 1) order.push(i);
  }
  const auto smaller = [&](int a, int b) {  // whether dimension a belongs inside b
    for (int k = 0; k < count; k++) {
      const int64_t sa = std::abs(full[k][a]), sb = std::abs(full[k][b]);
      if (sa == 0 || sb == 0 || sa == sb) continue;
      return sa < sb;
    }
    return false;
  };
  for (int i = 1; i < order.size(); i++) {
    for (int j = i; j > 0 && smaller(int(order[j]), int(order[j - 1])); j--) std::swap(order[j], order[j - 1]);
  }
  for (int64_t dim : order) {
    const int d = int(dim), top = sizes.size() - 1;
    bool merge = top >= 0;
    for (int k = 0; merge && k < count; k++) merge = full[k][d] == strides[k][top] * sizes[top];
    if (merge) {
      sizes[top] *= shape[d];
      continue;
    }
    sizes.push(shape[d]);
    for (int k = 0; k < count; k++) strides[k].push(full[k][d]);
  }
}

Odometer::Odometer(const StridedLoop& loop, int first, int64_t position) : loop_(loop), first_(first) {
  index_ = Dims(loop.sizes.size(), 0);
  for (int i = first; i < loop.sizes.size() && position > 0; i++) {
    index_[i] = position % loop.sizes[i];
    position /= loop.sizes[i];
    for (int k = 0; k < loop.operands; k++) offsets_[k] += index_[i] * loop.strides[k][i];
  }
}

void Odometer::next() {
  for (int i = first_; i < loop_.sizes.size(); i++) {
    if (++index_[i] < loop_.sizes[i]) {
      for (int k = 0; k < loop_.operands; k++) offsets_[k] += loop_.strides[k][i];
      return;
    }
    index_[i] = 0;
    for (int k = 0; k < loop_.operands; k++) offsets_[k] -= loop_.strides[k][i] * (loop_.sizes[i] - 1);
  }
}

Dims stridesLike(const Dims& shape, const Tensor* const* inputs, int count) {
  bool plain = true;
  for (int k = 0; k < count; k++) plain &= !inputs[k] || inputs[k]->contiguous();
  if (plain) return contiguousStrides(shape);
  const int n = shape.size();
  Dims full[StridedLoop::kMost];
  for (int k = 0; k < count; k++) full[k] = inputs[k] ? broadcastStrides(*inputs[k], shape) : Dims(n, 0);
  Dims order;
  for (int i = n - 1; i >= 0; i--) order.push(i);
  // PyTorch's TensorIterator: -1 a stays inside, 1 they swap, 0 no opinion.
  const auto compare = [&](int a, int b) {
    for (int k = 0; k < count; k++) {
      const int64_t sa = full[k][a], sb = full[k][b];
      if (sa == 0 || sb == 0) continue;
      if (sa < sb) return -1;
      if (sa > sb) return 1;
      if (shape[a] > shape[b]) return 1;
    }
    return 0;
  };
  for (int i = 1; i < n; i++) {
    int moving = i;
    for (int j = i - 1; j >= 0; j--) {
      const int opinion = compare(int(order[j]), int(order[moving]));
      if (opinion > 0) {
        std::swap(order[j], order[moving]);
        moving = j;
      } else if (opinion < 0) {
        break;
      }
    }
  }
  Dims strides(n, 0);
  int64_t step = 1;
  for (int64_t i : order) {
    strides[int(i)] = step;
    step *= std::max<int64_t>(shape[int(i)], 1);
  }
  return strides;
}

}  // namespace gb
