// The Box-Muller step on a block of sixteen uniforms: u1 in the first eight, u2 in the last.
#pragma once

namespace gb {

/** In float, with the polynomials and the order of operations that give the bits of PyTorch's build for AVX2. */
using NormalBlock = void (*)(float* data, float mean, float std);

namespace base {
extern const NormalBlock normalBlockF32;
}
namespace avx2 {
extern const NormalBlock normalBlockF32;
}

}  // namespace gb
