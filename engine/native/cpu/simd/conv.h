// The innermost part of convolutions, one table per target. A convolution here is a matrix product whose right side is
// never made: row k of it is the padded input, shifted by offsets[k].
#pragma once
#include <cstdint>

namespace gb {

/** out[m][columns] = Σ_k a[k·lda + m] · source[offsets[k] + column], for the rows and columns of a tile. */
template <class T>
using ConvTile = void (*)(int64_t k, const T* a, int64_t lda, const T* source, const int64_t* offsets, T* out);

/** A stretch of a tile's columns and where it goes in the result. */
struct ConvSegment {
  int64_t to, from, count;
};

/** Positions of a volume in a padded copy. */
struct ConvGrid {
  int64_t size[3], plane, row;
};

/** sums[m][columns] += Σ_p rows[m][place of p] · b[p][column], over the positions p of the grid in their order. */
template <class T>
using ConvWeightTile = void (*)(const T* const* rows, const ConvGrid& grid, const T* b, T* sums);

template <class T>
struct ConvKernels {
  /** A tile's size, and that of a tile for a result of few channels. */
  int rows, columns, fewRows, wideColumns;
  /** [rows - 1] */
  const ConvTile<T>* tiles;
  const ConvTile<T>* wideTiles;
  const ConvWeightTile<T>* weightTiles;
  /** Stores a tile's rows: out[m·rowStride + to + step·i] = (+=, where `add`) tile[m·width + from + i] + bias[m]. */
  void (*store)(const T* tile, int64_t width, int rows, const ConvSegment* segments, int64_t count, T* out,
                int64_t rowStride, int64_t step, const T* bias, bool add);
  /** out[r] += Σ_i g[i] · rows[r][i] where mask[i] is all ones; its other elements are all zeros. n: a multiple of 16. */
  void (*maskedDots)(int64_t n, const T* g, const T* mask, const T* const* rows, int count, T* out);
};

namespace base {
extern const ConvKernels<float> convF32;
extern const ConvKernels<double> convF64;
}  // namespace base
namespace avx2 {
extern const ConvKernels<float> convF32;
extern const ConvKernels<double> convF64;
}  // namespace avx2
namespace avx512 {
extern const ConvKernels<float> convF32;
extern const ConvKernels<double> convF64;
}  // namespace avx512

}  // namespace gb
