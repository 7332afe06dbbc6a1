#include "cpu/blas.h"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "cpu/threads.h"
#include "tensor/error.h"

namespace gb {
namespace {

constexpr int kRowMajor = 101, kPlain = 111, kTransposed = 112;
/** Multiplications from which on a product counts as large: 256 × 256 × 256. */
constexpr int64_t kLarge = int64_t(1) << 24;

template <class T>
using CblasGemm = void (*)(int order, int transA, int transB, int m, int n, int k, T alpha, const T* a, int lda, const T* b,
                           int ldb, T beta, T* c, int ldc);

struct Library {
  BlasInfo info;
  CblasGemm<float> sgemm = nullptr;
  CblasGemm<double> dgemm = nullptr;
  void (*setThreads)(int) = nullptr;
  bool named = false;  // by GRADBOOK_BLAS: used without being measured
};

/** A library's name, with the file it is looked for in or a symbol it is known by. */
struct Candidate {
  const char *name, *file;
};
constexpr Candidate candidates[] = {
#if defined(__APPLE__)
    {"Accelerate", "/System/Library/Frameworks/Accelerate.framework/Accelerate"},
    {"OpenBLAS", "libopenblas.dylib"},
#else
    {"MKL", "libmkl_rt.so.2"},
    {"MKL", "libmkl_rt.so"},
    {"OpenBLAS", "libopenblas.so.0"},
    {"OpenBLAS", "libopenblas.so"},
#endif
};

bool open(Library& library, const char* name, const char* file) {
  void* handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return false;
  library.sgemm = reinterpret_cast<CblasGemm<float>>(dlsym(handle, "cblas_sgemm"));
  library.dgemm = reinterpret_cast<CblasGemm<double>>(dlsym(handle, "cblas_dgemm"));
  if (!library.sgemm || !library.dgemm) {
    dlclose(handle);
    return false;
  }
  constexpr Candidate setters[] = {{"OpenBLAS", "openblas_set_num_threads"}, {"MKL", "MKL_Set_Num_Threads"}};
  for (const Candidate& setter : setters) {
    void* found = library.setThreads ? nullptr : dlsym(handle, setter.file);
    if (!found) continue;
    library.setThreads = reinterpret_cast<void (*)(int)>(found);
    name = setter.name;  // also of a library that the environment names
  }
  Dl_info where;
  const bool known = dladdr(reinterpret_cast<void*>(library.sgemm), &where) && where.dli_fname;
  library.info = {name, known ? where.dli_fname : file};
  return true;
}

Library find() {
  Library library;
  const char* wish = std::getenv("GRADBOOK_BLAS");
  if (wish && !std::strcmp(wish, "off")) return library;
  if (wish && *wish) {
    GB_CHECK(open(library, "BLAS", wish), "GRADBOOK_BLAS names ", wish, ", which is no BLAS that can be loaded (it needs ",
             "cblas_sgemm and cblas_dgemm); set it to a library's path or to off");
    library.named = true;
    return library;
  }
  for (const Candidate& c : candidates) {
    if (open(library, c.name, c.file)) break;
  }
  return library;
}

const Library& library() {
  static const Library it = find();
  return it;
}

template <class T>
CblasGemm<T> entry(const Library& l);
template <>
CblasGemm<float> entry<float>(const Library& l) {
  return l.sgemm;
}
template <>
CblasGemm<double> entry<double>(const Library& l) {
  return l.dgemm;
}

/** How the library sees an operand: plain or transposed, with this leading dimension. */
struct Seen {
  int transposed, leading;
  bool possible;
};
template <class T>
Seen seen(const Matrix<T>& x, int64_t rows, int64_t columns) {
  constexpr int64_t most = 0x7fffffff;
  if (x.column == 1 && x.row >= std::max<int64_t>(1, columns) && x.row <= most) return {kPlain, int(x.row), true};
  if (x.row == 1 && x.column >= std::max<int64_t>(1, rows) && x.column <= most) return {kTransposed, int(x.column), true};
  return {0, 0, false};
}

template <class T>
void call(const Library& l, int64_t m, int64_t n, int64_t k, Matrix<const T> a, Matrix<const T> b, Matrix<T> c, T alpha,
          T beta) {
  const Seen sa = seen(a, m, k), sb = seen(b, k, n);
  if (l.setThreads) {
    static int told = 0;
    if (told != numThreads()) l.setThreads(told = numThreads());
  }
  entry<T>(l)(kRowMajor, sa.transposed, sb.transposed, int(m), int(n), int(k), alpha, a.data, sa.leading, b.data,
              sb.leading, beta, c.data, int(c.row));
}

template <class F>
double seconds(F run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/** Whether the library beats the engine's kernels by a tenth, on a product of 384 × 384 × 384. */
template <class T>
bool measure(const Library& l) {
  constexpr int64_t n = 384;
  std::vector<T> a(size_t(n * n), T(0.5)), b(size_t(n * n), T(0.25)), c(size_t(n * n));
  const Matrix<const T> left{a.data(), n, 1}, right{b.data(), n, 1};
  const Matrix<T> out{c.data(), n, 1};
  double own = 1e9, theirs = 1e9;
  for (int i = 0; i < 4; i++) {
    own = std::min(own, seconds([&] { ownGemm<T>(n, n, n, left, right, out, {T(1), T(0), nullptr, nullptr}); }));
    theirs = std::min(theirs, seconds([&] { call<T>(l, n, n, n, left, right, out, T(1), T(0)); }));
  }
  return theirs < 0.9 * own;
}

}  // namespace

BlasInfo blasInfo() { return library().info; }

template <class T>
bool blasGemm(int64_t m, int64_t n, int64_t k, Matrix<const T> a, Matrix<const T> b, Matrix<T> c,
              const GemmEpilogue<T>& e) {
  if (m * n < kLarge / std::max<int64_t>(k, 1) || inParallel()) return false;
  const Library& l = library();
  if (!entry<T>(l)) return false;
  constexpr int64_t most = 0x7fffffff;
  if (m > most || n > most || k > most || c.column != 1 || c.row < n || c.row > most) return false;
  if (!seen(a, m, k).possible || !seen(b, k, n).possible) return false;
  static const bool faster = l.named || measure<T>(l);
  if (!faster) return false;
  call<T>(l, m, n, k, a, b, c, e.alpha, e.beta);
  for (int64_t i = 0; (e.columnBias || e.rowBias) && i < m; i++) {
    T* row = c.data + i * c.row;
    const T add = e.rowBias ? e.rowBias[i] : T(0);
    for (int64_t j = 0; j < n; j++) row[j] += add + (e.columnBias ? e.columnBias[j] : T(0));
  }
  return true;
}

template bool blasGemm<float>(int64_t, int64_t, int64_t, Matrix<const float>, Matrix<const float>, Matrix<float>,
                              const GemmEpilogue<float>&);
template bool blasGemm<double>(int64_t, int64_t, int64_t, Matrix<const double>, Matrix<const double>, Matrix<double>,
                               const GemmEpilogue<double>&);

}  // namespace gb
