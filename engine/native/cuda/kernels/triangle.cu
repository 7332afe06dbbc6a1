// Triangles of matrices. Macro: GB_SIZE (bytes of an element).
#include "cuda/kernels/prelude.cuh"

namespace gb {
namespace cuda {

using Bits = BitsOf<GB_SIZE>::Type;
constexpr int kLanes = 16 / GB_SIZE;
using Lanes = Vector<Bits, kLanes>;

/** Whether an element is on the side that stays. */
struct Kept {
  i64 edge;
  bool lower;
  GB_DEVICE Kept(i64 row, i64 diagonal, bool lower) : edge(row + diagonal), lower(lower) {}
  GB_DEVICE bool operator()(i64 column) const { return lower ? column <= edge : column >= edge; }
};

/** A thread for a vector of each row of n / columns ones, the first of which is number `first` of all matrices. */
extern "C" __global__ void triangle(Bits* out, const Bits* in, Divisor rows, Divisor pieces, u32 first, u32 n, i64 diagonal, bool lower) {
  const u32 i = u32(globalThread());
  if (i >= n) return;
  const u32 line = divide(i, pieces), column = (i - line * pieces.d) * kLanes, row = first + line;
  const Kept kept(row - divide(row, rows) * rows.d, diagonal, lower);
  Lanes values = {};
  // Where the ends of a vector are of one side, all of it is.
  const bool begin = kept(column), end = kept(column + kLanes - 1);
  if (begin || end) {
    values = reinterpret_cast<const Lanes*>(in)[i];
    if (!(begin && end)) {
#pragma unroll
      for (int j = 0; j < kLanes; j++) {
        if (!kept(column + j)) values.at[j] = 0;
      }
    }
  }
  reinterpret_cast<Lanes*>(out)[i] = values;
}

/** A thread for each element, where rows are not whole vectors. */
extern "C" __global__ void triangleSingle(Bits* out, const Bits* in, Divisor rows, Divisor columns, u32 first, u32 n, i64 diagonal,
                                          bool lower) {
  const u32 i = u32(globalThread());
  if (i >= n) return;
  const u32 line = divide(i, columns), row = first + line;
  const Kept kept(row - divide(row, rows) * rows.d, diagonal, lower);
  out[i] = kept(i - line * columns.d) ? in[i] : Bits(0);
}

}  // namespace cuda
}  // namespace gb
