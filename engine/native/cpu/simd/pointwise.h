// The loops of pointwise ops over contiguous runs, one table per target.
#pragma once
#include <cstdint>

#include "ops/pointwise_op.h"

namespace gb {

/** Which inputs of a loop are a single value instead of a run. */
enum LoopMode { kAllRuns, kFirstIsValue, kSecondIsValue };

/** Whether a loop writes past the caches (cpu/stream.h); only those that say so can. */
enum class Stores : bool { Ordinary, Streamed };

/** out[i] = f(in[0][i], …). The result may stand in the place of an input, but not where it is streamed. */
using PointwiseLoop = void (*)(void* out, const void* const* in, int64_t n, LoopMode mode, Stores stores,
                               const double* parameters);

/** Loops of an op by the type they compute in; null where the op has none. */
struct PointwiseLoops {
  PointwiseLoop f32, f64, i64;
  /** Whether f32 can stream. */
  bool streams;
};

/** out[i] = condition[i] ? a[i] : b[i] of elements of 4 bytes; `aMoves` (`bMoves`) 0: the first alone. */
using WhereLoop = void (*)(void* out, const void* condition, const void* a, bool aMoves, const void* b, bool bMoves, int64_t n,
                           Stores stores);

/** memcpy past the caches; all three are multiples of 4. */
using StreamCopy = void (*)(void* to, const void* from, int64_t bytes);

namespace base {
extern const StreamCopy streamCopy;
extern const PointwiseLoops unaryLoops[], gradLoops[], binaryLoops[], ternaryLoops[];
}
namespace avx2 {
extern const StreamCopy streamCopy;
extern const PointwiseLoops unaryLoops[], gradLoops[], binaryLoops[], ternaryLoops[];
extern const WhereLoop where4;
}
namespace avx512 {
extern const StreamCopy streamCopy;
extern const PointwiseLoops unaryLoops[], gradLoops[], binaryLoops[], ternaryLoops[];
extern const WhereLoop where4;
}

/** GB_CHOOSE among what is there for AVX-512 too. */
#if defined(__x86_64__)
#define GB_CHOOSE_WIDEST(NAME) (::gb::simd() == ::gb::Simd::Avx512 ? ::gb::avx512::NAME : GB_CHOOSE(NAME))
#else
#define GB_CHOOSE_WIDEST(NAME) GB_CHOOSE(NAME)
#endif

}  // namespace gb
