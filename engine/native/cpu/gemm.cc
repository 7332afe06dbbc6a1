// Blocked matrix products around the register tiles of cpu/simd/gemm.inc.
//
// B is cut into panels as wide as a tile, A into strips as high as one. A panel whose rows are contiguous is read where
// it lies while few strips use it, else it is packed; likewise a strip. For small products packing costs more than it
// saves, and where only one side must be packed, the product is transposed so that it is the smaller one.
#include "cpu/gemm.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "cpu/blas.h"
#include "cpu/simd/choose.h"
#include "cpu/threads.h"
#include "tensor/interrupt.h"

namespace gb {

template <>
const GemmKernels<float>& gemmKernels<float>() {
#if defined(__x86_64__)
  if (simd() == Simd::Avx512) return avx512::sgemm;
#endif
  return GB_CHOOSE(sgemm);
}
template <>
const GemmKernels<double>& gemmKernels<double>() {
#if defined(__x86_64__)
  if (simd() == Simd::Avx512) return avx512::dgemm;
#endif
  return GB_CHOOSE(dgemm);
}

namespace {

/** Depth of a block: a panel of it streams through the first-level cache. */
constexpr int64_t kDepth = 512;
/** Columns of a block of packed B: a few megabytes. */
constexpr int64_t kColumns = 2048;
/** Bytes of a block of A that is meant to stay in the second-level cache. */
constexpr int64_t kBlockBytes = 192 << 10;
/** Bytes of packed B up to which every thread packs its own. */
constexpr int64_t kOwnBytes = 512 << 10;
constexpr int64_t kFewStrips = 3;
/** Multiplications that are worth another thread. */
constexpr int64_t kThreadWork = 400000;

/** Memory for packing, kept by each thread. */
template <class T>
T* scratch(int which, int64_t elements) {
  struct Buffer {
    void* data = nullptr;
    size_t bytes = 0;
    ~Buffer() { std::free(data); }
  };
  static thread_local Buffer buffers[2];
  Buffer& buffer = buffers[which];
  const size_t bytes = size_t(elements) * sizeof(T);
  if (buffer.bytes < bytes) {
    std::free(buffer.data);
    buffer.data = nullptr;
    buffer.bytes = 0;
    GB_CHECK(posix_memalign(&buffer.data, 64, bytes) == 0, "out of memory: no room to pack a matrix");
    buffer.bytes = bytes;
  }
  return static_cast<T*>(buffer.data);
}

int64_t blocksOf(int64_t n, int64_t size) { return (n + size - 1) / size; }

/** One block of depth: C += A[m][depth]·B[depth][n], n ≤ kColumns. */
template <class T>
struct Block {
  const GemmKernels<T>& kernel;
  int64_t m, n, depth;
  Matrix<const T> a, b;
  Matrix<T> c;
  GemmEpilogue<T> epilogue;
  bool packA, packB;
  int64_t strips = blocksOf(m, kernel.mr), panels = blocksOf(n, kernel.nr);
  /** Panels before this one are read where they lie. Of a B that is read in place the last, partial one is packed. */
  int64_t firstPacked = packB ? 0 : n / kernel.nr;

  void run() {
    const int64_t parts = std::min<int64_t>(numThreads(), m * n * depth / kThreadWork);
    // By columns no part of B is packed twice.
    const int64_t own = panels > strips ? blocksOf(panels - firstPacked, std::max<int64_t>(1, parts)) : panels - firstPacked;
    if (parts > 1 && own * kernel.nr * depth * int64_t(sizeof(T)) > kOwnBytes) return runShared();
    runApart(std::max<int64_t>(1, parts));
  }

  /**
   * Every thread takes its rows, or its columns where there are more of them, and packs what it needs of B for itself: lines
   * of memory that several threads write and read would cost more than packing a small B again.
   */
  void runApart(int64_t parts) {
    const bool byColumns = panels > strips;
    const int64_t all = byColumns ? panels : strips, size = blocksOf(all, parts);
    parallelFor(blocksOf(all, size), parts > 1 ? 1 : all, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; part++) {
        const int64_t from = part * size, to = std::min(all, from + size);
        const int64_t panelBegin = byColumns ? from : 0, panelEnd = byColumns ? to : panels;
        const int64_t packedBegin = std::max(firstPacked, panelBegin);
        T* packed = packPanels(packedBegin, panelEnd);
        const int64_t stripBegin = byColumns ? 0 : from, stripEnd = byColumns ? strips : to;
        // A small B is read again at little cost; the rows of C that are written in turn then lie in few pages.
        const bool smallB = n * depth * int64_t(sizeof(T)) <= kOwnBytes;
        const int64_t group = smallB ? std::min(stripsOfGroup(), kFewStrips) : stripsOfGroup();
        for (int64_t strip = stripBegin; strip < stripEnd; strip += group) {
          checkInterrupt();
          tiles(strip, std::min(stripEnd, strip + group), panelBegin, panelEnd, packed, packedBegin, true);
        }
      }
    });
  }

  /** B is packed once, by all threads; then they take groups of strips times groups of panels. */
  void runShared() {
    T* packed = scratch<T>(0, (panels - firstPacked) * kernel.nr * depth);
    parallelFor(panels - firstPacked, std::max<int64_t>(1, 65536 / (kernel.nr * depth)), [&](int64_t begin, int64_t end) {
      pack(packed + begin * kernel.nr * depth, firstPacked + begin, firstPacked + end);
    });
    const int64_t wanted = std::min<int64_t>(numThreads() * 4, m * n * depth / kThreadWork);
    const int64_t group = std::min(stripsOfGroup(), std::max<int64_t>(1, blocksOf(strips, wanted)));
    const int64_t down = blocksOf(strips, group);
    const int64_t width = down < wanted ? std::max<int64_t>(1, blocksOf(panels, blocksOf(wanted, down))) : panels;
    const int64_t across = blocksOf(panels, width);
    parallelFor(down * across, 1, [&](int64_t begin, int64_t end) {
      int64_t packedGroup = -1;
      for (int64_t task = begin; task < end; task++) {
        const int64_t at = task / across;
        checkInterrupt();
        tiles(at * group, std::min(strips, (at + 1) * group), (task % across) * width,
              std::min(panels, (task % across + 1) * width), packed, firstPacked, packedGroup != at);
        packedGroup = at;
      }
    });
  }

  /** Strips of A whose part of the block stays in the second-level cache. */
  int64_t stripsOfGroup() const {
    return std::max<int64_t>(1, kBlockBytes / int64_t(sizeof(T)) / depth / kernel.mr);
  }

  T* packPanels(int64_t begin, int64_t end) {
    if (begin >= end) return nullptr;
    T* packed = scratch<T>(0, (end - begin) * kernel.nr * depth);
    pack(packed, begin, end);
    return packed;
  }

  void pack(T* to, int64_t begin, int64_t end) {
    const int64_t first = begin * kernel.nr, last = std::min(n, end * kernel.nr);
    kernel.pack(to, kernel.nr, b.data + first * b.column, b.row, b.column, depth, last - first);
  }

  void tiles(int64_t stripBegin, int64_t stripEnd, int64_t panelBegin, int64_t panelEnd, const T* packed,
             int64_t packedBegin, bool freshA) {
    const int64_t mr = kernel.mr, nr = kernel.nr;
    T* ownA = nullptr;
    if (packA) {
      ownA = scratch<T>(1, (stripEnd - stripBegin) * mr * depth);
      // A strip is a panel of A's transpose.
      if (freshA) {
        kernel.pack(ownA, int(mr), a.data + stripBegin * mr * a.row, a.column, a.row, depth,
                    std::min(m, stripEnd * mr) - stripBegin * mr);
      }
    }
    for (int64_t panel = panelBegin; panel < panelEnd; panel++) {
      const int64_t j = panel * nr;
      const int columns = int(std::min(nr, n - j));
      const bool inPlace = panel < firstPacked;
      const T* from = inPlace ? b.data + j : packed + (panel - packedBegin) * nr * depth;
      const int64_t ldb = inPlace ? b.row : nr;
      for (int64_t strip = stripBegin; strip < stripEnd; strip++) {
        const int64_t i = strip * mr;
        const int rows = int(std::min(mr, m - i));
        const T* left = packA ? ownA + (strip - stripBegin) * mr * depth : a.data + i * a.row;
        GemmEpilogue<T> e = epilogue;
        if (e.columnBias) e.columnBias += j;
        if (e.rowBias) e.rowBias += i;
        kernel.tiles[rows - 1](depth, left, packA ? 1 : a.row, packA ? mr : a.column, from, ldb,
                               c.data + i * c.row + j * c.column, c.row, c.column, columns, e);
      }
    }
  }
};

/** Few rows of A against columns of B that are contiguous: dot products, which read B where it lies. */
template <class T>
void byDots(const GemmKernels<T>& kernel, int64_t m, int64_t n, int64_t k, Matrix<const T> a, Matrix<const T> b,
            Matrix<T> c, const GemmEpilogue<T>& e) {
  for (int64_t i = 0; i < m; i++) {
    const T* x = a.data + i * a.row;
    if (a.column != 1) {
      T* own = scratch<T>(1, k);
      for (int64_t p = 0; p < k; p++) own[p] = x[p * a.column];
      x = own;
    }
    parallelFor(n, std::max<int64_t>(4, kThreadWork / k), [&](int64_t begin, int64_t end) {
      constexpr int64_t kGroup = 64;
      T sums[kGroup];
      for (int64_t j0 = begin; j0 < end; j0 += kGroup) {
        const int64_t count = std::min(kGroup, end - j0);
        kernel.dot(k, x, b.data + j0 * b.column, b.column, count, sums);
        for (int64_t j = 0; j < count; j++) {
          T& to = c.data[i * c.row + (j0 + j) * c.column];
          T value = e.alpha * sums[j];
          if (e.beta != T(0)) value += e.beta * to;
          if (e.columnBias) value += e.columnBias[j0 + j];
          if (e.rowBias) value += e.rowBias[i];
          to = value;
        }
      }
    });
  }
}

/** Nothing to multiply: only what the epilogue adds. */
template <class T>
void onlyEpilogue(int64_t m, int64_t n, Matrix<T> c, const GemmEpilogue<T>& e) {
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < n; j++) {
      T& x = c.data[i * c.row + j * c.column];
      x = (e.beta != 0 ? e.beta * x : T(0)) + (e.columnBias ? e.columnBias[j] : T(0)) + (e.rowBias ? e.rowBias[i] : T(0));
    }
  }
}

}  // namespace

template <class T>
void ownGemm(int64_t m, int64_t n, int64_t k, Matrix<const T> a, Matrix<const T> b, Matrix<T> c,
          const GemmEpilogue<T>& epilogue) {
  if (m == 0 || n == 0) return;
  if (k == 0) return onlyEpilogue(m, n, c, epilogue);
  const GemmKernels<T>& kernel = gemmKernels<T>();
  if (m <= 2 && b.row == 1 && k >= 8) return byDots(kernel, m, n, k, a, b, c, epilogue);
  if (n <= 2 && a.column == 1 && k >= 8) {
    GemmEpilogue<T> e = epilogue;
    std::swap(e.columnBias, e.rowBias);
    return byDots<T>(kernel, n, m, k, {b.data, b.column, b.row}, {a.data, a.column, a.row}, {c.data, c.column, c.row}, e);
  }
  // What must be copied in this orientation and in the transposed one; storing a tile by elements costs a little too,
  // and so does the part of a tile's width (in halves) that lies beyond the matrix.
  const int64_t half = kernel.nr / 2;
  const auto beyond = [&](int64_t columns) { return (blocksOf(columns, half) * half - columns) * k / kernel.nr; };
  const int64_t cost = (b.column == 1 ? 0 : n * k / 2) + (c.column == 1 ? 0 : m * n * 2) + beyond(n) * m;
  const int64_t transposedCost = (a.row == 1 ? 0 : m * k / 2) + (c.row == 1 ? 0 : m * n * 2) + beyond(m) * n;
  if (transposedCost < cost) {
    GemmEpilogue<T> e = epilogue;
    std::swap(e.columnBias, e.rowBias);
    return ownGemm<T>(n, m, k, {b.data, b.column, b.row}, {a.data, a.column, a.row}, {c.data, c.column, c.row}, e);
  }
  // Packing reads rows from end to end, which is faster than panel by panel where they do not lie in a near cache.
  const bool packB = b.column != 1 || m >= 96;
  const bool packA = n >= 256 || (a.column != 1 && k > 64);
  const int64_t depths = blocksOf(k, kDepth + kDepth / 2), depth = blocksOf(k, depths);
  for (int64_t j = 0; j < n; j += kColumns) {
    for (int64_t p = 0; p < k; p += depth) {
      GemmEpilogue<T> e = epilogue;
      if (p > 0) e = {epilogue.alpha, T(1), nullptr, nullptr};
      if (e.columnBias) e.columnBias += j;
      Block<T>{kernel,
               m,
               std::min(kColumns, n - j),
               std::min(depth, k - p),
               {a.data + p * a.column, a.row, a.column},
               {b.data + p * b.row + j * b.column, b.row, b.column},
               {c.data + j * c.column, c.row, c.column},
               e,
               packA,
               packB}
          .run();
    }
  }
}

template <class T>
void gemm(int64_t m, int64_t n, int64_t k, Matrix<const T> a, Matrix<const T> b, Matrix<T> c,
          const GemmEpilogue<T>& epilogue) {
  if (!blasGemm<T>(m, n, k, a, b, c, epilogue)) ownGemm<T>(m, n, k, a, b, c, epilogue);
}

#define GB_INSTANTIATE(NAME, T) \
  template void NAME<T>(int64_t, int64_t, int64_t, Matrix<const T>, Matrix<const T>, Matrix<T>, const GemmEpilogue<T>&);
GB_INSTANTIATE(gemm, float)
GB_INSTANTIATE(gemm, double)
GB_INSTANTIATE(ownGemm, float)
GB_INSTANTIATE(ownGemm, double)
#undef GB_INSTANTIATE

}  // namespace gb
