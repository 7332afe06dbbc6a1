// Triangles of matrices on the CPU.
#include <algorithm>
#include <cstring>

#include "cpu/threads.h"
#include "ops/shape.h"

namespace gb {
namespace {

void triangleOnCpu(const Tensor& y, const Tensor& x, int64_t diagonal, bool lower) {
  const int64_t rows = x.size(x.ndim() - 2), columns = x.size(x.ndim() - 1), item = int64_t(x.itemSize());
  parallelFor(x.numel() / columns, std::max<int64_t>(1, kGrain / columns), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const int64_t edge = std::clamp<int64_t>(r % rows + diagonal + (lower ? 1 : 0), 0, columns);
      const int64_t first = lower ? 0 : edge, last = lower ? edge : columns;
      char* const to = y.as<char>() + r * columns * item;
      std::memset(to, 0, size_t(first * item));
      std::memcpy(to + first * item, x.as<char>() + (r * columns + first) * item, size_t((last - first) * item));
      std::memset(to + last * item, 0, size_t((columns - last) * item));
    }
  });
}

GB_KERNEL(CPU, triangleKernel, triangleOnCpu)

}  // namespace
}  // namespace gb
