#include "cpu/simd/choose.h"
#include "cpu/simd/rows.h"

namespace gb {

template <>
const RowLoops<float>& rowLoops<float>() {
  return GB_CHOOSE(rowsF32);
}
template <>
const RowLoops<double>& rowLoops<double>() {
  return GB_CHOOSE(rowsF64);
}

}  // namespace gb
