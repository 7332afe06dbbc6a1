// Operations on one contiguous row of floating-point numbers, one table per target.
#pragma once
#include <cstdint>

namespace gb {

/** Rows of up to so many elements are short, and worked on so many at a time: a vector holds one element of each. */
constexpr int64_t kShortRow = 32, kAbreast = 64;
/** Columns that one call takes at most; `held` has a multiple of so many. */
constexpr int64_t kMostColumns = 256, kColumnStep = 16;

template <class T>
struct RowLoops {
  /** The largest and the smallest element; NaN where there is one. */
  T (*max)(const T* x, int64_t n);
  T (*min)(const T* x, int64_t n);
  /** Sum of e^(x - shift). */
  double (*sumExp)(const T* x, T shift, int64_t n);
  void (*softmax)(T* y, const T* x, int64_t n);
  void (*logSoftmax)(T* y, const T* x, int64_t n);
  /** y·(g − Σ g·y) */
  void (*softmaxBackward)(T* dx, const T* g, const T* y, int64_t n);
  /** g − e^y·Σ g */
  void (*logSoftmaxBackward)(T* dx, const T* g, const T* y, int64_t n);
  double (*sum)(const T* x, int64_t n);
  /** Sum of (x − shift)². */
  double (*sumSquares)(const T* x, T shift, int64_t n);
  /** y[i] += b·e^(z[i]) */
  void (*scaleAddExp)(T* y, T b, const T* z, int64_t n);
  /** The same of up to kAbreast short rows, one after another; y may be x. */
  void (*softmaxShort)(T* y, const T* x, int64_t rows, int64_t n);
  void (*logSoftmaxShort)(T* y, const T* x, int64_t rows, int64_t n);
  /** One number for each row. */
  void (*logSumExpShort)(T* y, const T* x, int64_t rows, int64_t n);
  /** Down `columns` neighbouring columns of n elements each, which lie `stride` apart; `held` has room for all of them. */
  void (*softmaxColumns)(bool log, T* y, const T* x, int64_t stride, int64_t n, int64_t columns, T* held);
  void (*softmaxColumnsBackward)(bool log, T* dx, const T* g, const T* y, int64_t stride, int64_t n, int64_t columns);
};

namespace base {
extern const RowLoops<float> rowsF32;
extern const RowLoops<double> rowsF64;
}  // namespace base
namespace avx2 {
extern const RowLoops<float> rowsF32;
extern const RowLoops<double> rowsF64;
}  // namespace avx2
namespace avx512 {
extern const RowLoops<float> rowsF32;
extern const RowLoops<double> rowsF64;
}  // namespace avx512

template <class T>
const RowLoops<T>& rowLoops();

}  // namespace gb
