// Eigenvalues and singular values of the stand-in for cuSOLVER.
#include "cusolver.h"

namespace {

using namespace standin;
using namespace standin::solver;

bool isJob(int jobz) { return jobz == kNoVectors || jobz == kVectors; }
std::string told(const char* name, bool vectors) { return std::string(name) + (vectors ? "" : " without vectors"); }

/** One triangle of a symmetric matrix becomes its eigenvectors, or nothing of use; values [n]. */
void decompose(const Matrix& a, const Matrix& values, int uplo, bool vectors) {
  Dense x = a.read();
  for (int j = 0; j < x.columns; j++) {
    for (int i = 0; i < j; i++) (uplo == kUpper ? x.at(j, i) : x.at(i, j)) = uplo == kUpper ? x.at(i, j) : x.at(j, i);
  }
  values.write(dense::eigenvalues(x));
  a.write(vectors ? x : Dense(x.rows, x.columns));
}

int eigen(const Handle* handle, const char* name, int jobz, int uplo, int64_t n, int type, void* a, int64_t lead, void* values, void* card,
          size_t cardBytes, void* host, size_t hostBytes, bool wantsHost, int* info, int64_t batch) {
  if (!isJob(jobz) || (uplo != kLower && uplo != kUpper) || n < 1 || batch < 1) return wrong(std::string(name) + " as the stand-in does not know it");
  // The matrices of a batch follow each other.
  const Matrix all{a, type, n, n * batch, lead}, allValues{values, type, n, batch, n};
  return begin(handle, told(name, jobz == kVectors).c_str(), {all, allValues}, info, batch, card, cardBytes, host, hostBytes, wantsHost, [=](int* infos) {
    for (int64_t i = 0; i < batch; i++) {
      char* const own = static_cast<char*>(a) + size_t(i * n * lead) * sizeOf(type);
      decompose({own, type, n, n, lead}, {static_cast<char*>(values) + size_t(i * n) * sizeOf(type), type, n, 1, n}, uplo, jobz == kVectors);
      infos[i] = 0;
    }
  });
}

/** Singular values of a tall matrix. */
struct Singular {
  const void *a, *s, *u, *v;
  int type;
  int64_t m, n, lead, uLead, vLead;
  /** u is square. */
  bool full;
  /** v by rows. */
  bool turned;
  bool vectors = true;

  std::vector<Matrix> memory(int64_t batch) const {
    return {{a, type, m, n * batch, lead}, {s, type, n, batch, n}, {u, type, m, (full ? m : n) * batch, uLead}, {v, type, n, n * batch, vLead}};
  }
  /** That of a batch's i-th matrix. */
  Singular of(int64_t i) const {
    Singular own = *this;
    const auto step = [&](const void*& at, int64_t elements) { at = static_cast<const char*>(at) + size_t(i * elements) * sizeOf(type); };
    step(own.a, n * lead);
    step(own.s, n);
    step(own.u, (full ? m : n) * uLead);
    step(own.v, n * vLead);
    return own;
  }
  void run() const {
    Dense left(m, full ? m : n), right(n, n);
    const std::vector<double> sizes = dense::singularValues(Matrix{a, type, m, n, lead}.read(), left, right);
    Matrix{s, type, n, 1, n}.write(sizes);
    if (!vectors) return;
    Matrix{u, type, m, left.columns, uLead}.write(left);
    Matrix{v, type, n, n, vLead}.write(turned ? right.turned() : right);
  }
};

bool restless() { return setting("cusolver") == "restless"; }

int rotations(const Handle* handle, const char* name, int jobz, bool full, Singular p, void* card, int count, int* info,
              const GesvdjInfo* settings, int batch) {
  if (!there({settings}) || settings->tolerance <= 0 || settings->sweeps < 1) return wrong(std::string(name) + " without settings");
  if (!isJob(jobz) || batch < 1) return wrong(std::string(name) + " as the stand-in does not know it");
  if (full && (p.m > 32 || p.n > 32)) return wrong("a batch of matrices with more than 32 rows or columns");
  if (p.m < p.n) return wrong("the stand-in knows tall matrices only");
  p.full = full;
  p.vectors = jobz == kVectors;
  return begin(handle, told(name, p.vectors).c_str(), p.memory(batch), info, batch, card, size_t(count) * sizeOf(p.type), nullptr, 0, false, [=](int* infos) {
    for (int64_t i = 0; i < batch; i++) {
      p.of(i).run();
      infos[i] = restless() ? int(p.n) + 1 : 0;
    }
  });
}

}  // namespace

API int cusolverDnXsyevd_bufferSize(Handle* h, Params* p, int, int, int64_t n, int, const void*, int64_t, int, const void*, int, size_t* card, size_t* host) {
  return there({h, p}) && n > 0 ? sizes(card, host) : wrong("a size of workspace for nothing");
}
API int cusolverDnXsyevd(Handle* h, Params* p, int jobz, int uplo, int64_t n, int type, void* a, int64_t lead, int valueType, void* values, int compute,
                         void* card, size_t cardBytes, void* host, size_t hostBytes, int* info) {
  if (!there({p}) || valueType != type || compute != type) return wrong("syevd of several types");
  return eigen(h, "syevd", jobz, uplo, n, type, a, lead, values, card, cardBytes, host, hostBytes, true, info, 1);
}
API int cusolverDnXsyevBatched_bufferSize(Handle* h, Params* p, int, int, int64_t n, int, const void*, int64_t, int, const void*, int, size_t* card,
                                          size_t* host, int64_t batch) {
  return there({h, p}) && n > 0 && batch > 0 ? sizes(card, host) : wrong("a size of workspace for nothing");
}
API int cusolverDnXsyevBatched(Handle* h, Params* p, int jobz, int uplo, int64_t n, int type, void* a, int64_t lead, int valueType, void* values,
                               int compute, void* card, size_t cardBytes, void* host, size_t hostBytes, int* info, int64_t batch) {
  if (!there({p}) || valueType != type || compute != type) return wrong("syevBatched of several types");
  return eigen(h, "syevBatched", jobz, uplo, n, type, a, lead, values, card, cardBytes, host, hostBytes, true, info, batch);
}
API int cusolverDnSsyevj_bufferSize(Handle* h, int, int, int, const float*, int, const float*, int* count, SyevjInfo* settings) {
  return there({h, settings}) ? elements(count, kFloat) : wrong("a size of workspace for nothing");
}
API int cusolverDnSsyevj(Handle* h, int jobz, int uplo, int n, float* a, int lead, float* values, float* card, int count, int* info, SyevjInfo* settings) {
  if (!there({settings})) return wrong("syevj without settings");
  return eigen(h, "syevj", jobz, uplo, n, kFloat, a, lead, values, card, size_t(count) * 4, nullptr, 0, false, info, 1);
}

#define GESVDJ(T, S, TYPE)                                                                                                             \
  API int cusolverDn##S##gesvdj_bufferSize(Handle* h, int, int, int, int, const T*, int, const T*, const T*, int, const T*, int, int* count,   \
                                           GesvdjInfo* settings) {                                                                    \
    return there({h, settings}) ? elements(count, TYPE) : wrong("a size of workspace for nothing");                                   \
  }                                                                                                                                   \
  API int cusolverDn##S##gesvdj(Handle* h, int jobz, int few, int m, int n, T* a, int lead, T* s, T* u, int uLead, T* v, int vLead, T* card,   \
                                int count, int* info, GesvdjInfo* settings) {                                                         \
    if (few != 1) return wrong("gesvdj as the stand-in does not know it");                                                            \
    return rotations(h, "gesvdj", jobz, false, {a, s, u, v, TYPE, m, n, lead, uLead, vLead, false, false}, card, count, info, settings, 1);     \
  }                                                                                                                                   \
  API int cusolverDn##S##gesvdjBatched_bufferSize(Handle* h, int, int, int, const T*, int, const T*, const T*, int, const T*, int, int* count,  \
                                                  GesvdjInfo* settings, int) {                                                        \
    return there({h, settings}) ? elements(count, TYPE) : wrong("a size of workspace for nothing");                                   \
  }                                                                                                                                   \
  API int cusolverDn##S##gesvdjBatched(Handle* h, int jobz, int m, int n, T* a, int lead, T* s, T* u, int uLead, T* v, int vLead, T* card,     \
                                       int count, int* info, GesvdjInfo* settings, int batch) {                                       \
    return rotations(h, "gesvdjBatched", jobz, true, {a, s, u, v, TYPE, m, n, lead, uLead, vLead, true, false}, card, count, info, settings,    \
                     batch);                                                                                                          \
  }
GESVDJ(float, S, kFloat)
GESVDJ(double, D, kDouble)

API int cusolverDnXgesvd_bufferSize(Handle* h, Params* p, signed char, signed char, int64_t m, int64_t n, int, const void*, int64_t, int, const void*,
                                    int, const void*, int64_t, int, const void*, int64_t, int, size_t* card, size_t* host) {
  return there({h, p}) && m >= n ? sizes(card, host) : wrong("gesvd of a wide matrix");
}
API int cusolverDnXgesvd(Handle* h, Params* p, signed char jobu, signed char jobv, int64_t m, int64_t n, int type, void* a, int64_t lead, int sType, void* s,
                         int uType, void* u, int64_t uLead, int vType, void* v, int64_t vLead, int compute, void* card, size_t cardBytes, void* host,
                         size_t hostBytes, int* info) {
  if (!there({p}) || sType != type || uType != type || vType != type || compute != type) return wrong("gesvd of several types");
  if (jobu != jobv || (jobu != 'S' && jobu != 'N') || m < n) return wrong("gesvd as the stand-in does not know it");
  const Singular all{a, s, u, v, type, m, n, lead, uLead, vLead, false, true, jobu == 'S'};
  return begin(h, told("gesvd", all.vectors).c_str(), all.memory(1), info, 1, card, cardBytes, host, hostBytes, true, [=](int* infos) {
    all.run();
    *infos = 0;
  });
}
