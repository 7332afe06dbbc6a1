// The pool of worker threads. Workers look for the next loop for some time after one, since it mostly follows soon, and
// then sleep.
#pragma once
#include <cstdint>

namespace gb {

/** Physical cores that this process may use. */
int availableCores();
int numThreads();
/** 1 runs everything on the calling thread. */
void setNumThreads(int threads);

/** The processor's "I am only waiting", for who looks again and again. */
inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/** Whether the current thread is running part of a parallel loop. */
bool inParallel();

namespace detail {
using RangeFn = void (*)(const void* context, int64_t begin, int64_t end);
void parallelRanges(int64_t n, int64_t grain, RangeFn fn, const void* context);
}  // namespace detail

/**
 * Calls body(begin, end) over ranges that together cover 0 … n, on several threads where n is more than `grain`; no
 * range but the last is shorter than `grain`. Exceptions reach the caller. The division depends on n, grain and the
 * number of threads: a result must not depend on it.
 */
template <class Body>
void parallelFor(int64_t n, int64_t grain, const Body& body) {
  if (n <= grain) {
    if (n > 0) body(int64_t(0), n);
    return;
  }
  detail::parallelRanges(
      n, grain,
      [](const void* context, int64_t begin, int64_t end) { (*static_cast<const Body*>(context))(begin, end); }, &body);
}

/** Elements of a cheap pointwise op that are worth another thread. */
constexpr int64_t kGrain = 32768;

}  // namespace gb
