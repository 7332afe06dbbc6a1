// Sorting on the CPU: rows are independent. Elements become whole numbers of the same order, which go by their digits, from
// the last to the first: a digit's pass keeps the order of equals, and so does the sort, in both directions.
#include "ops/sort.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {
namespace {

/** NaN above all others, zeros alike. */
uint32_t keyOf(float x) {
  uint32_t bits;
  const float zeroed = x + 0.0f;  // −0 becomes 0
  std::memcpy(&bits, &zeroed, sizeof bits);
  const uint32_t key = bits ^ (uint32_t(int32_t(bits) >> 31) | uint32_t(1) << 31);
  return x != x ? ~uint32_t(0) : key;
}
uint64_t keyOf(double x) {
  uint64_t bits;
  const double zeroed = x + 0.0;
  std::memcpy(&bits, &zeroed, sizeof bits);
  const uint64_t key = bits ^ (uint64_t(int64_t(bits) >> 63) | uint64_t(1) << 63);
  return x != x ? ~uint64_t(0) : key;
}
uint64_t keyOf(int64_t x) { return uint64_t(x) ^ uint64_t(1) << 63; }

/** An element's key and place. I: a type that holds the places of a row. */
template <class K, class I>
struct Entry {
  K key;
  I place;
  bool operator<(const Entry& other) const { return key < other.key || (key == other.key && place < other.place); }
};

/** Rows up to here are sorted by comparing. */
constexpr int64_t kFewEntries = 64;

/** Sorts n entries, whose places ascend, by their keys; `other` has room for as many. */
template <class E>
void sortEntries(E*& entries, E*& other, int64_t n) {
  if (n <= kFewEntries) return std::sort(entries, entries + n);
  constexpr int kDigits = sizeof(E::key);
  std::vector<int64_t> counts(kDigits * 256, 0);
  for (int64_t i = 0; i < n; i++) {
    for (int d = 0; d < kDigits; d++) counts[size_t(d * 256 + int(entries[i].key >> (8 * d) & 255))]++;
  }
  for (int d = 0; d < kDigits; d++) {
    int64_t* const at = counts.data() + d * 256;
    if (at[entries[0].key >> (8 * d) & 255] == n) continue;  // a digit that all have
    int64_t begin = 0;
    for (int v = 0; v < 256; v++) begin += std::exchange(at[v], begin);
    for (int64_t i = 0; i < n; i++) other[at[entries[i].key >> (8 * d) & 255]++] = entries[i];
    std::swap(entries, other);
    checkInterrupt();
  }
}

int64_t rowGrain(int64_t n) { return std::max<int64_t>(1, kGrain / 8 / std::max<int64_t>(1, n)); }

template <class T, class I>
void sortRows(const Tensor& x, const Tensor& values, const Tensor& indices, bool descending) {
  using K = decltype(keyOf(T()));
  const int64_t n = values.size(values.ndim() - 1);
  const K flip = descending ? K(~K(0)) : K(0);
  parallelFor(values.numel() / n, rowGrain(n), [&](int64_t begin, int64_t end) {
    std::vector<Entry<K, I>> space(size_t(2 * n));
    for (int64_t r = begin; r < end; r++) {
      checkInterrupt();
      const T* row = x.as<T>() + r * n;
      Entry<K, I>*entries = space.data(), *other = entries + n;
      for (int64_t i = 0; i < n; i++) entries[i] = {K(keyOf(row[i]) ^ flip), I(i)};
      sortEntries(entries, other, n);
      for (int64_t i = 0; i < n; i++) {
        values.as<T>()[r * n + i] = row[int64_t(entries[i].place)];
        indices.as<int64_t>()[r * n + i] = int64_t(entries[i].place);
      }
    }
  });
}

template <class T>
void sortIn(const Tensor& x, const Tensor& values, const Tensor& indices, bool descending) {
  const bool few = uint64_t(values.size(values.ndim() - 1)) <= UINT32_MAX;
  few ? sortRows<T, uint32_t>(x, values, indices, descending) : sortRows<T, uint64_t>(x, values, indices, descending);
}

/** The k first of a row in order: what cannot be among them is passed over by one comparison. */
template <class T>
void topkIn(const Tensor& x, const Tensor& values, const Tensor& indices, bool largest) {
  using K = decltype(keyOf(T()));
  const int64_t n = x.size(x.ndim() - 1), k = values.size(values.ndim() - 1);
  if (k == 0) return;
  const K flip = largest ? K(~K(0)) : K(0);
  constexpr int64_t kBlock = 64;  // keys that are made together
  const size_t most = size_t(2 * k + 16);
  parallelFor(x.numel() / n, rowGrain(n), [&](int64_t begin, int64_t end) {
    std::vector<Entry<K, int64_t>> chosen;
    chosen.reserve(most);
    for (int64_t r = begin; r < end; r++) {
      checkInterrupt();
      const T* row = x.as<T>() + r * n;
      chosen.clear();
      bool full = false;
      K limit = 0;
      for (int64_t first = 0; first < n; first += kBlock) {
        const int64_t count = std::min(kBlock, n - first);
        K keys[kBlock];
        for (int64_t i = 0; i < count; i++) keys[i] = K(keyOf(row[first + i]) ^ flip);
        for (int64_t i = 0; i < count; i++) {
          // Of equal elements the first ones are chosen.
          if (full && keys[i] >= limit) continue;
          chosen.push_back({keys[i], first + i});
          if (chosen.size() < most) continue;
          std::nth_element(chosen.begin(), chosen.begin() + (k - 1), chosen.end());
          chosen.resize(size_t(k));
          limit = chosen[size_t(k - 1)].key;
          full = true;
        }
      }
      std::partial_sort(chosen.begin(), chosen.begin() + k, chosen.end());
      for (int64_t i = 0; i < k; i++) {
        const int64_t place = chosen[size_t(i)].place;
        values.as<T>()[r * k + i] = row[place];
        indices.as<int64_t>()[r * k + i] = place;
      }
    }
  });
}

void sortOnCpu(const Tensor& x, const Tensor& values, const Tensor& indices, bool descending) {
  switch (values.dtype()) {
    case DType::Float64:
      return sortIn<double>(x, values, indices, descending);
    case DType::Float32:
      return sortIn<float>(x, values, indices, descending);
    default:
      return sortIn<int64_t>(x, values, indices, descending);
  }
}

void topkOnCpu(const Tensor& x, const Tensor& values, const Tensor& indices, bool largest) {
  switch (x.dtype()) {
    case DType::Float64:
      return topkIn<double>(x, values, indices, largest);
    case DType::Float32:
      return topkIn<float>(x, values, indices, largest);
    default:
      return topkIn<int64_t>(x, values, indices, largest);
  }
}

}  // namespace

GB_KERNEL(CPU, sortKernel, sortOnCpu)
GB_KERNEL(CPU, topkKernel, topkOnCpu)

}  // namespace gb
