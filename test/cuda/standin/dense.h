// Decompositions of dense matrices as the stand-in for cuSOLVER computes them: in double, by columns, by plain loops.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace standin::dense {

/** A matrix by columns. */
struct Dense {
  int rows, columns;
  std::vector<double> values;

  Dense(int64_t rows, int64_t columns) : rows(int(rows)), columns(int(columns)), values(size_t(rows * columns)) {}
  double& at(int i, int j) { return values[size_t(j) * size_t(rows) + size_t(i)]; }
  double at(int i, int j) const { return values[size_t(j) * size_t(rows) + size_t(i)]; }
  Dense turned() const {
    Dense other(columns, rows);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) other.at(j, i) = at(i, j);
    }
    return other;
  }
};

/** A symmetric matrix, both triangles of which are there: its eigenvalues in rising order, and the vectors in its place. */
std::vector<double> eigenvalues(Dense& a);

/** A tall matrix [m, k]: singular values in falling order; u becomes [m, k] and v [k, k]. */
std::vector<double> singularValues(const Dense& a, Dense& u, Dense& v);

/** Columns from `known` on become unit vectors orthogonal to all before them. */
void complete(Dense& q, int known);

}  // namespace standin::dense
