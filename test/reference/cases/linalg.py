"""Factorisations, inverses, determinants, linear equations. Signs are LAPACK's where they are defined; factors that are
only defined up to signs are tested in test/engine/ops/linalg.test.ts."""

from math import inf

from harness import T, ints

cases = []
T.count = 0


def case(name, *args, checks=None, **kwargs):
    cases.append((name, args, kwargs, checks or {}))


unnamed = {"node": None}
raises = {"raises": True}
# Well-conditioned matrices: a strong diagonal.
square = [4.0, 1.0, -0.5, 0.3, -3.0, 0.8, 1.2, 0.4, 2.75]
other = [2.0, -1.0, 0.5, 1.3, 3.0, 0.2, -0.2, 0.9, -4.0]
positive = [4.0, 1.0, 0.5, 1.0, 3.0, -0.4, 0.5, -0.4, 2.5]
singular = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 1.0, 0.0, 1.0]
one = lambda **more: T(3, 3, values=square, **more)
two = lambda **more: T(2, 3, 3, values=square + other, **more)

case("logdet", T(2, 3, 3, values=positive + other), checks={"node": None, "numeric": False})
case("logdet", T(3, 3, values=positive), checks=unnamed)
for name in ("inverse", "linalg.inv", "det", "linalg.det"):
    case(name, one(), checks=unnamed)
    case(name, two(), checks=unnamed)
case("det", T(3, 3, values=singular), checks={"node": None, "numeric": False})
case("det", T(2, 0, 0, grad=False))
case("det", T(1, 1), checks=unnamed)
case("linalg.inv", T(3, 3, values=[0.0] * 9), checks=raises)
case("linalg.inv", T(2, 3), checks=raises)
case("linalg.inv", ints(2, 2), checks=raises)
case("linalg.inv", T(0, 3, 3, grad=False))
for name in ("slogdet", "linalg.slogdet"):
    case(name, one(), checks=unnamed)
    case(name, two(), checks=unnamed)
case("slogdet", T(2, 2, values=[0.0, 0.0, 0.0, 0.0], grad=False))
case("linalg.solve", one(), T(3), checks=unnamed)
case("linalg.solve", one(), T(3, 2), checks=unnamed)
case("linalg.solve", two(), T(3, 2), checks=unnamed)
case("linalg.solve", two(), T(2, 3), checks=unnamed)
case("linalg.solve", one(), T(2, 3, 2), checks=unnamed)
case("linalg.solve", one(), T(2, 3), left=False, checks=unnamed)
case("linalg.solve", T(2, 2, values=[1.0, 2.0, 2.0, 4.0]), T(2), checks=raises)
case("linalg.solve", one(), T(4), checks=raises)
for upper in (True, False):
    case("linalg.solve_triangular", one(), T(3, 2), upper=upper)
    case("linalg.solve_triangular", two(), T(3, 2), upper=upper, unitriangular=True, checks=unnamed)
    case("linalg.solve_triangular", one(), T(2, 3), upper=upper, left=False, checks=unnamed)
case("linalg.lu_factor", T(3, 3, values=square, grad=False))
case("linalg.lu_factor", T(2, 3, 3, values=square + other, grad=False))

# One triangle counts, the gradient is that of a symmetric change: finite differences of single elements do not fit.
one_triangle = {"node": None, "numeric": False}
case("linalg.cholesky", T(3, 3, values=positive), checks={"numeric": False})
case("linalg.cholesky", T(2, 3, 3, values=positive + positive), checks={"numeric": False})
case("linalg.cholesky", T(3, 3, values=positive), upper=True, checks=one_triangle)
case("linalg.cholesky", T(2, 2, values=[1.0, 2.0, 2.0, 1.0]), checks=raises)
case("cholesky_solve", T(3, 2), T(3, 3, values=[2.0, 0.0, 0.0, 0.5, 1.5, 0.0, 0.2, -0.3, 1.0], grad=False), checks={"node": None, "places": ["torch"]})
case("cholesky_inverse", T(3, 3, values=[2.0, 0.0, 0.0, 0.5, 1.5, 0.0, 0.2, -0.3, 1.0], grad=False))

for shape in ((3, 3), (4, 2), (2, 4), (2, 4, 3), (1, 3), (3, 1)):
    case("linalg.qr", T(*shape), checks={"second": False})
case("linalg.qr", T(4, 2, grad=False), "complete")
case("linalg.qr", T(2, 4), mode="complete", checks={"second": False})
case("linalg.qr", T(4, 2, grad=False), mode="r")
case("linalg.qr", T(3, 0, grad=False))
case("linalg.qr", T(3, 2, values=[1.0, 0.0, 0.0, -2.0, 0.0, 0.0], grad=False))
case("linalg.qr", T(3), checks=raises)

symmetric = [2.0, -0.5, 0.3, -0.5, 1.0, 0.8, 0.3, 0.8, -1.5]
case("linalg.eigvalsh", T(3, 3, values=symmetric), checks=one_triangle)
case("linalg.eigvalsh", T(2, 3, 3, values=symmetric + positive), checks=one_triangle)
case("linalg.eigvalsh", T(3, 3, grad=False), "U")
case("linalg.eigvalsh", T(8, 8, grad=False))
case("linalg.eigvalsh", T(3, 3, values=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0], grad=False))
case("linalg.eigvalsh", T(2, 3), checks=raises)
for shape in ((3, 3), (4, 2), (2, 4), (2, 3, 2)):
    case("linalg.svdvals", T(*shape), checks={"node": None, "second": False})
case("linalg.svdvals", T(7, 12, grad=False))
case("linalg.svdvals", T(3, 3, values=singular, grad=False))
case("linalg.svdvals", T(2, 0, grad=False))

case("linalg.matrix_rank", T(3, 3, values=singular, grad=False))
case("linalg.matrix_rank", two(grad=False))
case("linalg.matrix_rank", two(grad=False), 3.0)
case("linalg.matrix_rank", T(3, 3, values=symmetric, grad=False), hermitian=True)
case("linalg.pinv", T(3, 2), checks={"second": False})
case("linalg.pinv", T(2, 3), checks={"second": False})
case("linalg.pinv", two(), checks={"second": False})
case("linalg.pinv", T(3, 3, values=singular, grad=False))
case("pinverse", T(3, 2), checks={"second": False})
for p in (None, 2, -2, "nuc"):
    case("linalg.cond", one(), p, checks={"node": None, "second": False})
for p in ("fro", 1, -1, inf, -inf):
    case("linalg.cond", one(grad=False), p)  # PyTorch cannot differentiate its own
for ord in ("fro", "nuc", 1, -1, 2, -2, inf, -inf):
    case("linalg.matrix_norm", two(), ord, checks={"node": None, "second": False})
case("linalg.matrix_norm", T(3, 2, 4), 2, (0, 2), True, checks={"node": None, "second": False})
case("linalg.matrix_norm", T(3, 2, 4), "nuc", dim=(2, 0), checks={"node": None, "second": False})
case("linalg.norm", one(), 2, checks={"node": None, "second": False})
case("linalg.norm", one(), "nuc", checks={"node": None, "second": False})
case("linalg.vecdot", T(2, 3), T(2, 3), checks=unnamed)
case("linalg.vander", T(3, grad=False))
case("linalg.vander", T(2, 3, grad=False), N=2)
dominant = [3.0 if i % 7 == 0 else ((i * 5) % 11 - 5) / 10 for i in range(36)]
case("linalg.tensorinv", T(2, 3, 6, values=dominant), checks=unnamed)
case("linalg.tensorinv", T(6, 3, 2, values=dominant), ind=1, checks=unnamed)
case("linalg.tensorsolve", T(2, 3, 6, values=dominant), T(2, 3), checks=unnamed)
case("matrix_exp", one(), checks={"node": None, "second": False})
case("matrix_exp", T(2, 2, 2, lo=-0.3, hi=0.3), checks={"node": None, "second": False})
case("linalg.matrix_exp", T(3, 3, lo=-5, hi=5, grad=False))

# Matrices of any shape, singular ones, and `info` instead of an error.
for shape in ((2, 4), (4, 2), (3, 3), (2, 3, 2), (2, 2, 3), (1, 3), (0, 2)):
    some = {"grad": False} if 0 in shape else {}
    case("linalg.lu", T(*shape, **some), checks=unnamed)
    case("linalg.lu_factor", T(*shape, **some), checks=unnamed)
case("linalg.lu", T(3, 3, values=singular, grad=False))
case("linalg.lu", T(2, 3), pivot=False, checks=raises)
case("linalg.lu_factor", T(2, 2, values=[0.0] * 4), checks=raises)
rank_one = lambda **more: T(2, 2, values=[1.0, 2.0, 2.0, 4.0], grad=False, **more)
for name in ("lu_factor_ex", "inv_ex", "ldl_factor_ex"):
    case(f"linalg.{name}", rank_one())
    case(f"linalg.{name}", T(2, 3, 3, values=positive + positive, grad=False))
for name in ("lu_factor_ex", "inv_ex"):
    case(f"linalg.{name}", one(), checks=unnamed)
    case(f"linalg.{name}", rank_one(), check_errors=True, checks=raises)
case("linalg.cholesky_ex", T(3, 3, values=positive), checks=one_triangle)
case("linalg.cholesky_ex", T(3, 3, values=positive), upper=True, checks=one_triangle)
case("linalg.cholesky_ex", T(2, 2, values=[4.0, 2.0, 2.0, 1.0], grad=False))
case("linalg.cholesky_ex", T(2, 2, values=[1.0, 2.0, 2.0, 1.0]), check_errors=True, checks=raises)
case("linalg.solve_ex", one(), T(3, 2), checks={"node": None, "places": ["linalg"]})
case("linalg.solve_ex", rank_one(), T(2, grad=False))
case("linalg.solve_ex", rank_one(), T(2, grad=False), check_errors=True, checks=raises)
case("linalg.ldl_factor", T(3, 3, values=[1.0, 2.0, 3.0, 2.0, 1.0, 0.0, 3.0, 0.0, 5.0], grad=False))
case("linalg.ldl_factor", T(3, 3, values=[0.0, 2.0, 3.0, 2.0, 0.0, 1.0, 3.0, 1.0, 0.0], grad=False))
case("linalg.ldl_factor", T(2, 7, 7, grad=False))
case("linalg.ldl_factor", T(2, 3), checks=raises)
lu_of = [4.0, 1.0, -0.5, 0.25, -3.0, 0.8, 0.5, -0.4, 2.75]
pivots = lambda *places: T(len(places), dtype="int32", values=places)
for options in ({}, {"left": False}, {"adjoint": True}, {"left": False, "adjoint": True}):
    case("linalg.lu_solve", T(3, 3, values=lu_of), pivots(3, 2, 3), T(3, 3), checks=unnamed, **options)
case("linalg.ldl_solve", T(3, 3, values=[5.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.6, 2.0, -0.8], grad=False), pivots(3, -3, -3), T(3, 2, grad=False))
case("linalg.ldl_solve", T(3, 3, values=[5.0, 0.0, 0.0, 0.5, 1.0, 0.0, 0.6, 2.0, -0.8], grad=False), pivots(2, 3, 3), T(3, 2, grad=False))
case("lu_unpack", T(3, 2, values=[4.0, 1.0, 0.5, 3.0, 0.25, -0.5]), T(2, dtype="int32", values=[3, 3]), checks=unnamed)
case("lu_unpack", T(2, 3, grad=False), T(2, dtype="int32", values=[2, 2]), unpack_data=False)
case("linalg.householder_product", T(4, 3), T(3), checks=unnamed)
case("linalg.householder_product", T(2, 3, 2), T(2, 1), checks=unnamed)
case("linalg.householder_product", T(2, 3), T(2), checks=raises)
case("linalg.matrix_sqrth", T(3, 3, values=positive), checks=one_triangle)
case("linalg.polar", one(), checks=unnamed)
case("linalg.polar", T(4, 2), checks=unnamed)
case("linalg.polar", T(2, 4), checks=raises)
for name in ("slogdet", "det"):
    case(name, rank_one())
    case(name, T(2, 3, 3, values=[1.0, 2.0, 0.0, 2.0, 4.0, 0.0, 0.0, 0.0, 1.0] + square, grad=False))
case("slogdet", T(2, 2, values=[1.0, 2.0, 2.0, 4.0]), checks={"node": None, "numeric": False, "second": False})
case("logdet", T(2, 2, values=[1.0, 2.0, 2.0, 4.0], grad=False))
# PyTorch sorts NaN among numbers as it comes; these have one answer.
nan = float("nan")
for values in ([1.0, nan, nan, 2.0], [nan, nan], [1.0, 1.0, nan]):
    case("mode", T(len(values), values=values, grad=False))
