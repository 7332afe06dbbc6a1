#include "dense.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace standin::dense {
namespace {

constexpr double kEpsilon = 2.220446049250313e-16;
constexpr int kSweeps = 60;

void rotate(double& x, double& y, double c, double s) {
  const double first = x;
  x = c * first - s * y;
  y = s * first + c * y;
}

/** Cosine and sine of the rotation that makes [app apq; apq aqq] diagonal. */
void angle(double app, double aqq, double apq, double& c, double& s) {
  const double theta = (aqq - app) / (2 * apq);
  const double t = std::copysign(1, theta) / (std::fabs(theta) + std::hypot(1, theta));
  c = 1 / std::hypot(1, t);
  s = t * c;
}

double dot(const Dense& a, int p, int q) {
  double sum = 0;
  for (int i = 0; i < a.rows; i++) sum += a.at(i, p) * a.at(i, q);
  return sum;
}

Dense identity(int n) {
  Dense one(n, n);
  for (int i = 0; i < n; i++) one.at(i, i) = 1;
  return one;
}

void takeColumns(Dense& to, const Dense& from, const std::vector<int>& order) {
  for (int j = 0; j < int(order.size()); j++) {
    for (int i = 0; i < from.rows; i++) to.at(i, j) = from.at(i, order[size_t(j)]);
  }
}

}  // namespace

std::vector<double> eigenvalues(Dense& a) {
  const int n = a.rows;
  Dense v = identity(n);
  double size = 0;
  for (double x : a.values) size = std::max(size, std::fabs(x));
  for (int sweep = 0, more = 1; more && sweep < kSweeps; sweep++) {
    more = 0;
    for (int p = 0; p < n; p++) {
      for (int q = p + 1; q < n; q++) {
        const double apq = a.at(p, q);
        if (std::fabs(apq) <= kEpsilon * 1e-3 * size) continue;
        more = 1;
        double c, s;
        angle(a.at(p, p), a.at(q, q), apq, c, s);
        for (int j = 0; j < n; j++) rotate(a.at(p, j), a.at(q, j), c, s);
        for (int i = 0; i < n; i++) {
          rotate(a.at(i, p), a.at(i, q), c, s);
          rotate(v.at(i, p), v.at(i, q), c, s);
        }
        a.at(p, q) = a.at(q, p) = 0;
      }
    }
  }
  std::vector<int> order(size_t(n), 0);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int x, int y) { return a.at(x, x) < a.at(y, y); });
  std::vector<double> values;
  for (int i : order) values.push_back(a.at(i, i));
  takeColumns(a, v, order);
  return values;
}

std::vector<double> singularValues(const Dense& a, Dense& u, Dense& v) {
  const int k = a.columns;
  Dense columns = a, turns = identity(k);
  for (int sweep = 0, more = 1; more && sweep < kSweeps; sweep++) {
    more = 0;
    for (int p = 0; p < k; p++) {
      for (int q = p + 1; q < k; q++) {
        const double alpha = dot(columns, p, p), beta = dot(columns, q, q), gamma = dot(columns, p, q);
        if (std::fabs(gamma) <= kEpsilon * std::sqrt(alpha * beta)) continue;
        more = 1;
        double c, s;
        angle(alpha, beta, gamma, c, s);
        for (int i = 0; i < a.rows; i++) rotate(columns.at(i, p), columns.at(i, q), c, s);
        for (int i = 0; i < k; i++) rotate(turns.at(i, p), turns.at(i, q), c, s);
      }
    }
  }
  std::vector<double> sizes, values;
  for (int j = 0; j < k; j++) sizes.push_back(std::sqrt(dot(columns, j, j)));
  std::vector<int> order(size_t(k), 0);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int x, int y) { return sizes[size_t(x)] > sizes[size_t(y)]; });
  for (int i : order) values.push_back(sizes[size_t(i)]);
  takeColumns(u, columns, order);
  takeColumns(v, turns, order);
  int known = 0;
  for (; known < k && values[size_t(known)] > kEpsilon * 1e-3 * values[0]; known++) {
    for (int i = 0; i < a.rows; i++) u.at(i, known) /= values[size_t(known)];
  }
  complete(u, known);
  return values;
}

void complete(Dense& q, int known) {
  for (int axis = 0; known < q.columns && axis < q.rows; axis++) {
    for (int i = 0; i < q.rows; i++) q.at(i, known) = i == axis;
    for (int pass = 0; pass < 2; pass++) {
      for (int j = 0; j < known; j++) {
        const double along = dot(q, j, known);
        for (int i = 0; i < q.rows; i++) q.at(i, known) -= along * q.at(i, j);
      }
    }
    const double size = std::sqrt(dot(q, known, known));
    if (size < 0.5 / std::sqrt(double(q.rows))) continue;
    for (int i = 0; i < q.rows; i++) q.at(i, known) /= size;
    known++;
  }
}

}  // namespace standin::dense
