// LU, Cholesky's factors and QR of the stand-in for cuSOLVER.
#include <algorithm>
#include <cmath>

#include "cusolver.h"

namespace {

using namespace standin;
using namespace standin::solver;

/** Whether one of the others is another type. */
bool several(int type, std::initializer_list<int> others) {
  for (int other : others) {
    if (other != type) return true;
  }
  return false;
}

/** The lower triangle becomes L with LLᵀ; the order of the first minor that is not positive. */
int cholesky(Dense& a) {
  for (int j = 0; j < a.columns; j++) {
    for (int i = 0; i <= j; i++) {
      double sum = a.at(j, i);
      for (int k = 0; k < i; k++) sum -= a.at(i, k) * a.at(j, k);
      if (i == j && sum <= 0) return j + 1;
      a.at(j, i) = i == j ? std::sqrt(sum) : sum / a.at(i, i);
    }
  }
  return 0;
}

int lu(Dense& a, int64_t* pivots) {
  int info = 0;
  for (int k = 0; k < a.rows && k < a.columns; k++) {
    int place = k;
    for (int i = k; i < a.rows; i++) place = std::fabs(a.at(i, k)) > std::fabs(a.at(place, k)) ? i : place;
    pivots[k] = place + 1;
    for (int j = 0; j < a.columns; j++) std::swap(a.at(k, j), a.at(place, j));
    if (a.at(k, k) == 0) {
      info = info ? info : k + 1;
      continue;
    }
    for (int i = k + 1; i < a.rows; i++) {
      a.at(i, k) /= a.at(k, k);
      for (int j = k + 1; j < a.columns; j++) a.at(i, j) -= a.at(i, k) * a.at(k, j);
    }
  }
  return info;
}

void solve(const Dense& a, const int64_t* pivots, Dense& b) {
  const int n = a.rows;
  for (int j = 0; j < b.columns; j++) {
    for (int i = 0; i < n; i++) std::swap(b.at(i, j), b.at(int(pivots[i]) - 1, j));
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < i; k++) b.at(i, j) -= a.at(i, k) * b.at(k, j);
    }
    for (int i = n; i-- > 0;) {
      for (int k = i + 1; k < n; k++) b.at(i, j) -= a.at(i, k) * b.at(k, j);
      b.at(i, j) /= a.at(i, i);
    }
  }
}

/** x −= tau · v (vᵀ x) for column j from row k on; v stands below the diagonal of a. */
void reflect(const Dense& a, int k, double tau, Dense& x, int j) {
  double sum = x.at(k, j);
  for (int i = k + 1; i < a.rows; i++) sum += a.at(i, k) * x.at(i, j);
  x.at(k, j) -= tau * sum;
  for (int i = k + 1; i < a.rows; i++) x.at(i, j) -= tau * sum * a.at(i, k);
}

std::vector<double> reflections(Dense& a) {
  std::vector<double> taus;
  for (int k = 0; k < a.rows && k < a.columns; k++) {
    double rest = 0;
    for (int i = k + 1; i < a.rows; i++) rest = std::hypot(rest, a.at(i, k));
    const double alpha = a.at(k, k), beta = -std::copysign(std::hypot(alpha, rest), alpha);
    taus.push_back(rest == 0 ? 0 : (beta - alpha) / beta);
    if (rest == 0) continue;
    for (int i = k + 1; i < a.rows; i++) a.at(i, k) /= alpha - beta;
    for (int j = k + 1; j < a.columns; j++) reflect(a, k, taus.back(), a, j);
    a.at(k, k) = beta;
  }
  return taus;
}

/** Columns of Q in place of the reflections, of which there are as many as taus. */
Dense orthogonal(const Dense& a, const Dense& taus) {
  Dense q(a.rows, a.columns);
  for (int j = 0; j < q.columns; j++) {
    q.at(j, j) = 1;
    for (int k = taus.rows; k-- > 0;) reflect(a, k, taus.at(k, 0), q, j);
  }
  return q;
}

int orgqr(Handle* h, int m, int n, int k, void* a, int type, int lead, const void* taus, void* card, int count, int* info) {
  if (n > m || k > n || k < 0) return wrong("orgqr of more columns than rows, or more reflections than columns");
  const Matrix q{a, type, m, n, lead}, scales{taus, type, k, 1, k};
  return begin(h, "orgqr", {q, scales}, info, 1, card, size_t(count) * sizeOf(type), nullptr, 0, false, [=](int* infos) {
    q.write(orthogonal(q.read(), scales.read()));
    *infos = 0;
  });
}

}  // namespace

API int cusolverDnXpotrf_bufferSize(Handle* h, Params* p, int, int64_t n, int, const void*, int64_t, int, size_t* card, size_t* host) {
  return there({h, p}) && n > 0 ? sizes(card, host) : wrong("a size of workspace for nothing");
}
API int cusolverDnXpotrf(Handle* h, Params* p, int uplo, int64_t n, int type, void* a, int64_t lead, int compute, void* card, size_t cardBytes,
                         void* host, size_t hostBytes, int* info) {
  if (!there({p}) || several(type, {compute}) || uplo != kLower) return wrong("potrf as the stand-in does not know it");
  const Matrix x{a, type, n, n, lead};
  return begin(h, "potrf", {x}, info, 1, card, cardBytes, host, hostBytes, true, [=](int* infos) {
    Dense values = x.read();
    *infos = cholesky(values);
    x.write(values);
  });
}
API int cusolverDnXgetrf_bufferSize(Handle* h, Params* p, int64_t m, int64_t n, int, const void*, int64_t, int, size_t* card, size_t* host) {
  return there({h, p}) && m > 0 && n > 0 ? sizes(card, host) : wrong("a size of workspace for nothing");
}
API int cusolverDnXgetrf(Handle* h, Params* p, int64_t m, int64_t n, int type, void* a, int64_t lead, int64_t* pivots, int compute, void* card,
                         size_t cardBytes, void* host, size_t hostBytes, int* info) {
  if (!there({p}) || several(type, {compute})) return wrong("getrf of several types");
  const Matrix x{a, type, m, n, lead};
  // Pivots are as a row of numbers of 64 bits.
  const Matrix places{pivots, kDouble, std::min(m, n), 1, std::min(m, n)};
  return begin(h, "getrf", {x, places}, info, 1, card, cardBytes, host, hostBytes, true, [=](int* infos) {
    Dense values = x.read();
    *infos = lu(values, static_cast<int64_t*>(onHost(pivots)));
    x.write(values);
  });
}
API int cusolverDnXgetrs(Handle* h, Params* p, int turned, int64_t n, int64_t sides, int type, const void* a, int64_t lead, const int64_t* pivots,
                         int sideType, void* b, int64_t sideLead, int* info) {
  if (!there({p}) || several(type, {sideType}) || turned) return wrong("getrs as the stand-in does not know it");
  const Matrix x{a, type, n, n, lead}, y{b, type, n, sides, sideLead}, places{pivots, kDouble, n, 1, n};
  return begin(h, "getrs", {y, x, places}, info, 1, nullptr, kNone, nullptr, 0, false, [=](int* infos) {
    Dense values = y.read();
    solve(x.read(), static_cast<const int64_t*>(onHost(pivots)), values);
    y.write(values);
    *infos = 0;
  });
}
API int cusolverDnXgeqrf_bufferSize(Handle* h, Params* p, int64_t m, int64_t n, int, const void*, int64_t, int, const void*, int, size_t* card,
                                    size_t* host) {
  return there({h, p}) && m > 0 && n > 0 ? sizes(card, host) : wrong("a size of workspace for nothing");
}
API int cusolverDnXgeqrf(Handle* h, Params* p, int64_t m, int64_t n, int type, void* a, int64_t lead, int scaleType, void* taus, int compute, void* card,
                         size_t cardBytes, void* host, size_t hostBytes, int* info) {
  if (!there({p}) || several(type, {scaleType, compute})) return wrong("geqrf of several types");
  const Matrix x{a, type, m, n, lead}, scales{taus, type, std::min(m, n), 1, std::min(m, n)};
  return begin(h, "geqrf", {x, scales}, info, 1, card, cardBytes, host, hostBytes, true, [=](int* infos) {
    Dense values = x.read();
    scales.write(reflections(values));
    x.write(values);
    *infos = 0;
  });
}

#define ORGQR(T, S, TYPE)                                                                                                         \
  API int cusolverDn##S##orgqr_bufferSize(Handle* h, int, int, int, const T*, int, const T*, int* count) {                           \
    return there({h}) ? elements(count, TYPE) : wrong("a size of workspace for nothing");                                           \
  }                                                                                                                                 \
  API int cusolverDn##S##orgqr(Handle* h, int m, int n, int k, T* a, int lead, const T* taus, T* card, int count, int* info) {         \
    return orgqr(h, m, n, k, a, TYPE, lead, taus, card, count, info);                                                                \
  }
ORGQR(float, S, kFloat)
ORGQR(double, D, kDouble)
