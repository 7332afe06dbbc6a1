"""torch.special, under the names that it has there."""

from math import inf, nan

from harness import T, ints

cases = []
T.count = 0


def case(name, *args, checks=None, **kwargs):
    cases.append((name, args, kwargs, checks or {}))


unnamed = {"node": None}
edges = {"numeric": False, "node": None}
for name in ("digamma", "psi", "erf", "erfc", "exp2", "expit", "expm1", "gammaln", "sinc", "ndtr"):
    case(f"special.{name}", T(2, 3), checks=unnamed)
for name in ("erfinv", "logit", "log1p", "entr"):
    case(f"special.{name}", T(2, 3, lo=0.1, hi=0.9), checks=unnamed)
for name in ("entr", "ndtr", "expit"):
    case(f"special.{name}", T(7, values=[-inf, -2.0, 0.0, 0.5, 1.0, inf, nan], grad=False))
case("special.logit", T(3), 0.25, checks=edges)
case("special.round", T(2, 3), checks=unnamed)
case("special.round", T(2, 3), decimals=1, checks=edges)
case("special.logsumexp", T(2, 3), 1, checks=unnamed)
case("special.softmax", T(2, 3), 1, checks=unnamed)
case("special.log_softmax", T(2, 3), 0, checks=unnamed)
case("special.xlogy", T(2, 3), T(3, lo=0.1), checks=unnamed)
case("special.xlog1py", T(2, 3), T(3, lo=-0.9), checks=unnamed)
case("special.xlog1py", T(6, values=[0.0, 0.0, 0.0, 1.0, nan, 2.0], grad=False), T(6, values=[-2.0, inf, nan, -1.0, 0.0, -3.0], grad=False))
case("special.polygamma", 2, T(2, 3, lo=0.2), checks={"node": None, "places": ["special"]})
for name in ("i0", "i0e", "i1", "i1e"):
    case(f"special.{name}", T(2, 3, lo=0.5, hi=6.0), checks=unnamed)
    case(f"special.{name}", T(2, 4, lo=-40.0, hi=40.0), checks=edges)
    case(f"special.{name}", T(6, values=[0.0, -0.25, 8.0, -8.5, 80.0, nan], grad=False))
    case(f"special.{name}", ints(2, 3))
case("i0", T(2, 3, lo=0.5, hi=6.0), checks=unnamed)
case("i0_", T(2, 3, lo=0.5, hi=6.0), checks=edges)
case("special.multigammaln", T(2, 3, lo=2.0, hi=4.0), 3, checks=unnamed)
case("mvlgamma", T(2, 3, lo=2.0, hi=4.0), 1, checks={"node": None, "places": ["torch"]})
case("mvlgamma", T(2, 3, lo=2.0, hi=4.0), 0, checks={"raises": True})

for name in ("erfcx", "log_ndtr"):
    case(f"special.{name}", T(2, 3), checks=unnamed)
    case(f"special.{name}", T(14, values=[-30.0, -26.0, -5.0, -1.0, -0.5, 0.0, 0.5, 4.5, 5.5, 30.0, 1e9, -inf, inf, nan], grad=False))
    case(f"special.{name}", ints(2, 3))
case("special.ndtri", T(2, 3, lo=0.01, hi=0.99), checks=unnamed)
case("special.ndtri", T(12, values=[0.0, 1e-30, 1e-6, 0.02, 0.03, 0.5, 0.9, 0.999, 1.0, -0.5, 1.5, nan], grad=False))
for name in ("gammainc", "gammaincc"):
    case(f"special.{name}", T(2, 3, lo=0.1, hi=4.0, grad=False), T(3, lo=0.1, hi=6.0), checks=unnamed)
    case(
        f"special.{name}",
        T(14, values=[0.0, 0.0, 1.0, 3.0, -1.0, 2.0, inf, 2.0, inf, nan, 1e-3, 0.05, 0.3, 5.0], grad=False),
        T(14, values=[0.0, 2.0, 0.0, 1e-8, 2.0, -1.0, 2.0, inf, inf, 1.0, 0.01, 1e-4, 0.7, 40.0], grad=False),
    )
case("special.zeta", T(2, 3, lo=1.5, hi=6.0, grad=False), T(3, lo=0.2, hi=5.0), checks=unnamed)
case("special.zeta", T(9, values=[1.0, 0.5, 2.0, 2.0, 2.5, 3.0, 60.0, nan, 2.0], grad=False), T(9, values=[2.0, 2.0, 0.0, -1.0, -0.5, -0.5, 20.0, 1.0, 1e4], grad=False))
case("special.zeta", ints(2, 3), T(3, lo=0.2, hi=5.0, grad=False), checks=edges)
