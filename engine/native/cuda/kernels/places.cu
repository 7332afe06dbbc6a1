// Moving elements by their places in a plane. Macro: GB_SIZE (bytes of an element).
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/layer_arguments.h"

namespace gb {
namespace cuda {

using Bits = BitsOf<GB_SIZE>::Type;

/** Where element i goes among all planes; −1 where its place is none. */
GB_DEVICE i64 placeOf(const PlaceArguments& a, u32 i) {
  const int place = a.places[i];
  if (place >= 0 && place < a.size) return divide(i, a.count) * a.size + place;
  report(a.fault, a.op, kNoPlace, place, a.size);
  return -1;
}

extern "C" __global__ void pick(PlaceArguments a, Bits* out, const Bits* x) {
  const i64 i = globalThread();
  if (i >= a.total) return;
  const i64 from = placeOf(a, u32(i));
  if (from >= 0) out[i] = x[from];
}

/** Of several elements at one place the last: `last` is −1 everywhere. */
extern "C" __global__ void findLast(PlaceArguments a, int* last) {
  const i64 i = globalThread();
  if (i >= a.total) return;
  const i64 to = placeOf(a, u32(i));
  if (to >= 0) atomicMax(last + to, int(i));
}
extern "C" __global__ void putLast(Bits* out, const Bits* x, const int* last, i64 n) {
  const i64 place = globalThread();
  if (place < n) out[place] = last[place] < 0 ? Bits(0) : x[last[place]];
}

/** Strings the elements of each place together, in any order: `heads` is −1 everywhere. */
extern "C" __global__ void chain(PlaceArguments a, int* heads, int* next) {
  const i64 i = globalThread();
  if (i >= a.total) return;
  const i64 to = placeOf(a, u32(i));
  if (to >= 0) next[i] = atomicExch(heads + to, int(i));
}

}  // namespace cuda
}  // namespace gb
