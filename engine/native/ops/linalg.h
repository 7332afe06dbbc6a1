// Factorisations of matrices and what is solved with them. Everything is computed in double, also for floats, and
// rounded once at the end, but by a card's library; batches of matrices are independent of each other.
#pragma once
#include <tuple>

#include "ops/kernel.h"

namespace gb {

// Kernels work on row-major doubles [batch, …] in place or into tensors that the front end made.

/** a [b, m, n] becomes L below its diagonal and U; pivots [b, min(m, n)]: the row that row i was exchanged with; info [b]: 0,
 * or the place (from 1) of the first pivot that is 0. */
extern Kernel<void(const Tensor& a, const Tensor& pivots, const Tensor& info)> luKernel;
/** b [b, n, k] becomes the solution. */
extern Kernel<void(const Tensor& lu, const Tensor& pivots, const Tensor& b)> luSolveKernel;
/** a [b, n, n]: its lower triangle becomes L, the rest 0; info [b]: 0, or the order of the minor that is not positive. */
extern Kernel<void(const Tensor& a, const Tensor& info)> choleskyKernel;
/** b [b, n, k] becomes the solution for the triangle of a [b, n, n]. */
extern Kernel<void(const Tensor& a, const Tensor& b, bool upper, bool unit)> triangularKernel;
/** a [b, m, n], q [b, m, c], r [b, c, n]: c columns of Q, by Householder reflections with LAPACK's signs. */
extern Kernel<void(const Tensor& a, const Tensor& q, const Tensor& r)> qrKernel;
/** a [b, n, n], of which the lower triangle counts: values [b, n] in rising order, vectors [b, n, n] (or none) as columns. */
extern Kernel<void(const Tensor& a, const Tensor& values, MaybeTensor vectors)> eighKernel;
/** a [b, m, n] with m ≥ n: u [b, m, n], s [b, n] in falling order, v [b, n, n] as columns; u and v both or neither. */
extern Kernel<void(const Tensor& a, MaybeTensor u, const Tensor& s, MaybeTensor v)> svdKernel;

using Two = std::pair<Tensor, Tensor>;
using Three = std::tuple<Tensor, Tensor, Tensor>;

// The same by a card's library, which takes matrices [..., m, n] of any strides, computes in their own dtype and leaves its results
// by columns. Nothing where there is none, or the kernels above are better.
extern Kernel<std::optional<Three>(const Tensor& a)> luLibrary;
extern Kernel<std::optional<Tensor>(const Tensor& lu, const Tensor& pivots, const Tensor& b)> luSolveLibrary;
extern Kernel<std::optional<Two>(const Tensor& a)> choleskyLibrary;
extern Kernel<std::optional<Two>(const Tensor& a, bool complete)> qrLibrary;
// Without `vectors` only the values are something.
extern Kernel<std::optional<Two>(const Tensor& a, bool vectors)> eighLibrary;
extern Kernel<std::optional<Three>(const Tensor& a, bool vectors)> svdLibrary;

/** LU, pivots (int64, from 0) and info (int64). */
Three luFactor(const Tensor& a);
Tensor luSolve(const Tensor& lu, const Tensor& pivots, const Tensor& b);
/** L and info (int64). */
Two cholesky(const Tensor& a);
Tensor triangularSolve(const Tensor& a, const Tensor& b, bool upper, bool unit);
/** Q of min(m, n) columns, or (complete) of m; and R. */
Two qr(const Tensor& a, bool complete);
Two eigh(const Tensor& a);
/** The values of `eigh` alone, without the work for vectors. */
Tensor eigvalsh(const Tensor& a);
/** U of min(m, n) columns, S, and V transposed. */
Three svd(const Tensor& a);
/** The S of `svd` alone. */
Tensor svdvals(const Tensor& a);

}  // namespace gb
