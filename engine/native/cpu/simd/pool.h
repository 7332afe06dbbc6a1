// The innermost loops of pooling by the maximum.
#pragma once
#include <cstdint>

namespace gb {

/**
 * A row of n windows that lie `stride` apart: best[i] = the greatest of taps[t][i·stride] over the `count` taps (the first
 * of equal ones, the last NaN), place[i] = places[t] + i·stride.
 */
template <class T>
using MaxRow = void (*)(const T* const* taps, const int32_t* places, int64_t count, int64_t stride, int64_t n, T* best,
                        int32_t* place);

namespace base {
extern const MaxRow<float> maxRowF32;
extern const MaxRow<double> maxRowF64;
}  // namespace base
namespace avx2 {
extern const MaxRow<float> maxRowF32;
extern const MaxRow<double> maxRowF64;
}  // namespace avx2

}  // namespace gb
