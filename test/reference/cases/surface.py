"""What is seldom needed and yet reached for: second names, differences, statistics, parts put into tensors, reductions by
index, functions of special use; in-place forms of all of it."""

from math import inf, nan

from harness import T, index, ints, mask

cases = []


def case(name, *args, checks=None, **kwargs):
    cases.append((name, args, kwargs, checks or {}))


SPECIAL = [nan, inf, -inf, 0.0, -0.0, 1.0, -1.5, 1e-30, 3e30]
no_second = {"second": False}
unnamed = {"node": None}

# Second names.
for name, lo, hi in [("absolute", -2, 2), ("negative", -2, 2), ("fix", -3, 3), ("arcsin", -0.9, 0.9), ("arccos", -0.9, 0.9),
                     ("arctan", -2, 2), ("arcsinh", -2, 2), ("arccosh", 1.2, 3), ("arctanh", -0.8, 0.8)]:
    case(name, T(2, 3, lo=lo, hi=hi))
    case(f"{name}_", T(2, 3, lo=lo, hi=hi))
for name in ("subtract", "multiply", "divide", "true_divide", "subtract_", "multiply_", "divide_", "true_divide_"):
    case(name, T(2, 3), T(3, lo=0.5, hi=2))
    case(name, T(2, 3), 2.5)
case("arctan2", T(2, 3, lo=0.5, hi=2), T(3, lo=0.5, hi=2))
case("arctan2_", T(2, 3, lo=0.5, hi=2), T(3, lo=0.5, hi=2))
case("subtract", T(2, 3), T(3), alpha=2)
case("divide", T(2, 3, lo=-9, hi=9), T(3, lo=1, hi=4), rounding_mode="floor")
for name in ("greater", "greater_equal", "less", "less_equal", "not_equal"):
    case(name, T(2, 3, grad=False), 0.25)
    case(f"{name}_", T(2, 3, grad=False), 0.25)

# Special functions.
for name, lo, hi in [("sinc", -2.7, 2.7), ("logit", 0.1, 0.9), ("deg2rad", -200, 200), ("rad2deg", -3, 3), ("sgn", -2, 2)]:
    case(name, T(2, 3, lo=lo, hi=hi))
    case(f"{name}_", T(2, 3, lo=lo, hi=hi))
    case(name, T(9, values=SPECIAL, grad=False))
    case(name, T(0, 2, grad=False))
case("sinc", T(3, values=[0.0, 1.0, 0.5]), checks=no_second)
case("sinc", ints(3))
case("logit", T(5, values=[-0.5, 0.02, 0.5, 0.99, 1.5]), 0.1, checks={"numeric": False})
case("logit", T(5, lo=0.2, hi=0.8), eps=0.1)
case("logit", T(5, values=[-0.5, 0.0, 0.5, 1.0, 1.5], grad=False))
case("deg2rad", ints(4))
case("digamma", T(5, lo=0.3, hi=6))
case("digamma", T(5, lo=-0.9, hi=-0.1), checks=no_second)
case("lgamma", T(5, lo=0.3, hi=6))
for n in (0, 1, 2, 3, 4):
    case("polygamma", n, T(5, lo=0.3, hi=12), checks={"places": ["torch"]})
case("polygamma", 1, T(6, values=[-0.5, -1.25, 0.0, nan, inf, 30.5], grad=False), checks={"places": ["torch"]})
case("polygamma", T(4, lo=0.5, hi=3), 2, checks={"places": ["Tensor"]})
case("polygamma", -1, T(2), checks={"places": ["torch"], "raises": True})
case("positive", T(3), checks=unnamed)
case("positive", mask(3), checks={"raises": True})
case("signbit", T(9, values=SPECIAL, grad=False))
case("signbit", ints(5))
case("isposinf", T(9, values=SPECIAL, grad=False))
case("isneginf", T(9, values=SPECIAL, grad=False))
case("isreal", T(3, grad=False))
case("heaviside", T(9, values=SPECIAL, grad=False), T(9, grad=False))
case("heaviside", ints(5, lo=-1, hi=2), ints(1))
case("heaviside_", T(5, lo=-1, hi=1, grad=False), T(1, grad=False))
case("nextafter", T(5, grad=False, dtype="float64"), T(5, grad=False, dtype="float64"))
case("nextafter", T(2, values=[0.0, inf], grad=False, dtype="float32"), T(2, values=[1.0, nan], grad=False, dtype="float32"))
for name in ("gcd", "lcm", "gcd_", "lcm_"):
    case(name, ints(9, lo=-40, hi=40), ints(9, lo=-30, hi=30))
    case(name, ints(3, 1, lo=0, hi=12), ints(1))
case("gcd", T(4, lo=0, hi=99, dtype="uint8"), T(4, lo=0, hi=99, dtype="int16"))
case("gcd", T(2, grad=False), T(2, grad=False), checks={"raises": True})
case("ldexp", T(2, 3), ints(3, lo=-3, hi=4), checks=unnamed)
case("ldexp_", T(2, 3), ints(3, lo=-3, hi=4), checks=unnamed)
single = {"dtype": "float32", "lo": 0.5, "hi": 2, "grad": False}
case("float_power", T(2, 3, **single), 2)
case("float_power", ints(4), 3)
case("float_power", 2, T(3, **single), checks={"places": ["torch"]})
case("float_power", T(2, 3, **single), T(3, **single))
case("float_power_", T(2, 3, dtype="float64", lo=0.5, hi=2), T(3, dtype="float64"), checks=unnamed)
case("float_power_", T(2, **single), 2, checks={"raises": True})
case("isin", ints(2, 4), ints(3), checks={"places": ["torch"]})
case("isin", T(5, values=[1.0, nan, 2.0, 3.0, inf], grad=False), T(3, values=[nan, inf, 1.0], grad=False), checks={"places": ["torch"]})
case("isin", ints(5), 2, checks={"places": ["torch"]})
case("isin", 2, ints(5), checks={"places": ["torch"]})
case("isin", ints(5), ints(0), invert=True, checks={"places": ["torch"]})
case("logical_not_", mask(4))
case("logical_not_", T(3, values=[0.0, 1.5, nan], grad=False))
case("bitwise_not_", ints(4))

# Differences and areas.
case("diff", T(5))
case("diff", T(2, 5), n=2)
case("diff", T(4, 3), dim=0)
case("diff", T(3), n=4)
case("diff", T(3), 0, checks=unnamed)
case("diff", mask(6))
case("diff", ints(5))
case("diff", T(2, 3), prepend=T(2, 1), append=T(2, 2))
case("diff", T(), checks={"raises": True})
for name in ("trapezoid", "trapz", "cumulative_trapezoid"):
    case(name, T(2, 5), checks=unnamed)
    case(name, T(4, 3), dim=0, checks=unnamed)
    case(name, T(5), T(5, lo=0, hi=4), checks=unnamed)
    case(name, T(2, 3), T(2, 3), checks=unnamed)
    case(name, T(1), checks=unnamed)
case("trapezoid", T(2, 5), dx=0.5, checks=unnamed)
case("gradient", T(5), checks=unnamed)
case("gradient", T(3, 4), checks=unnamed)
case("gradient", T(4, 5), spacing=2.0, dim=1, edge_order=2, checks=unnamed)
case("gradient", T(5), spacing=[T(5, values=[0.0, 1.0, 3.0, 4.5, 7.0], grad=False)], checks=unnamed)
case("gradient", T(5), spacing=[T(5, values=[0.0, 1.0, 3.0, 4.5, 7.0], grad=False)], edge_order=2, checks=unnamed)
case("gradient", T(1), checks={"raises": True})
case("cumsum_", T(2, 3), 1, checks=unnamed)
case("cumprod_", T(2, 3), 1, checks=unnamed)

# Statistics.
case("cov", T(3, 5), checks=unnamed)
case("cov", T(5), checks=unnamed)
case("cov", T(2, 4), correction=0, checks=unnamed)
case("cov", T(2, 4), fweights=index(1, 2, 0, 3), checks=unnamed)
case("cov", T(2, 4), aweights=T(4, lo=0.5, hi=2, grad=False), checks=unnamed)
case("cov", T(2, 4), fweights=index(1, 2, 1, 3), aweights=T(4, lo=0.5, hi=2, grad=False), checks=unnamed)
case("cov", T(2, 2, 2), checks={"raises": True})
case("corrcoef", T(3, 5), checks={"node": None, "numeric": False})
case("nanmedian", T(6, values=[nan, 3.0, 1.0, 2.0, nan, 5.0]), checks={"node": None, "numeric": False})
case("nanmedian", T(2, 3, values=[nan, 3.0, 1.0, 2.0, nan, nan]), 1, checks={"numeric": False})
case("nanmedian", T(2, 3), dim=0, keepdim=True)
case("nanmedian", ints(5))
for interpolation in ("linear", "lower", "higher", "midpoint", "nearest"):
    case("nanquantile", T(2, 4, values=[nan, 3.0, 1.0, 2.0, nan, nan, 4.0, 0.5]), 0.4, dim=1, interpolation=interpolation,
         checks={"node": None, "numeric": False})
    case("quantile", T(2, 5), 0.3, dim=1, interpolation=interpolation, checks={"node": None})
case("nanquantile", T(2, 2, values=[nan, nan, 1.0, 2.0], grad=False), 0.5, dim=1)
case("quantile", T(4, values=[1.0, nan, 2.0, 0.0], grad=False), 0.5)
case("quantile", T(2, 5), T(3, values=[0.1, 0.5, 0.9], grad=False, dtype="float"), checks={"node": None})
case("quantile", T(2, 5), 0.5, keepdim=True, checks={"node": None})
case("quantile", T(2), 1.5, checks={"raises": True})
for p in (2.0, 1.0, inf, 3.0, 0.0):
    case("cdist", T(3, 2), T(4, 2, values=[0.1, 1.7, -1.2, 0.3, 2.2, -0.4, 0.9, 0.6]), p, checks={"second": False})
case("cdist", T(2, 3, 2), T(1, 4, 2))
case("cdist", T(3, 2), T(4, 3), checks={"raises": True})
case("pdist", T(4, 2), checks=no_second)
case("pdist", T(4, 2), 1.0, checks=no_second)

# Put together and taken apart.
case("block_diag", T(2, 2), T(3), T(), T(1, 2))
case("diagflat", T(2, 2))
case("diagflat", T(3), 1)
case("vander", T(3, grad=False))  # PyTorch cannot differentiate its own
case("vander", T(3, grad=False), 2, True)
case("vander", ints(3), N=4)
case("combinations", T(4), checks=unnamed)
case("combinations", ints(4), 3)
case("combinations", T(3), with_replacement=True, checks=unnamed)
case("atleast_3d", T(), checks=unnamed)
case("atleast_3d", T(3), checks=unnamed)
case("atleast_3d", T(2, 3), checks=unnamed)
case("dstack", [T(2, 3), T(2, 3)], checks=unnamed)
case("row_stack", [T(3), T(3)], checks=unnamed)
case("hsplit", T(2, 6), 3, checks=unnamed)
case("hsplit", T(6), [2, 3], checks=unnamed)
case("vsplit", T(4, 2), 2, checks=unnamed)
case("dsplit", T(2, 2, 4), 2, checks=unnamed)
case("hsplit", T(2, 5), 3, checks={"raises": True})
case("unravel_index", index(0, 5, 7), [2, 2, 3], checks={"places": ["torch"]})
case("select_scatter", T(2, 3), T(3), 0, 1, checks=unnamed)
case("slice_scatter", T(5, 2), T(2, 2), 0, 1, 5, 2, checks=unnamed)
case("diagonal_scatter", T(3, 4), T(3), checks=unnamed)
case("diagonal_scatter", T(3, 3), T(2), 1, checks=unnamed)
case("select_scatter", T(2, 3), T(2), 0, 1, checks={"raises": True})
case("fill_diagonal_", T(3, 4, grad=False), 2.5, checks={"layouts": False})
case("fill_diagonal_", T(7, 3, grad=False), 2.5, wrap=True, checks={"layouts": False})
case("fill_diagonal_", T(3, 3, 3, grad=False), 2.5, checks={"layouts": False})
case("squeeze_", T(1, 3, 1), checks=unnamed)
case("squeeze_", T(1, 3, 1), 0, checks=unnamed)
case("unsqueeze_", T(2, 3), 1, checks=unnamed)
case("transpose_", T(2, 3, 4), 0, 2, checks=unnamed)
case("t_", T(2, 3), checks=unnamed)
case("sum_to_size", T(2, 3, 4), 3, 1, checks=unnamed)
case("sum_to_size", T(2, 3), 2, 2, checks={"raises": True})
case("is_same_size", T(2, 3, grad=False), T(2, 3, grad=False), checks={"places": ["Tensor"]})

# Products.
case("addbmm", T(2, 4), T(3, 2, 3), T(3, 3, 4))
case("addbmm", T(2, 4), T(3, 2, 3), T(3, 3, 4), beta=0.5, alpha=2.0)
case("addbmm_", T(2, 4), T(3, 2, 3), T(3, 3, 4), checks=unnamed)
case("addmv_", T(2), T(2, 3), T(3), checks=unnamed)
case("baddbmm_", T(2, 2, 4), T(2, 2, 3), T(2, 3, 4), beta=0.5, checks=unnamed)
case("addr_", T(2, 3), T(2), T(3), checks=unnamed)
case("renorm_", T(2, 3), 2.0, 0, 1.0, checks=unnamed)
case("vdot", T(3), T(3), checks=unnamed)

# Reductions by index.
for reduce in ("sum", "mean", "prod", "amax", "amin"):
    for include_self in (True, False):
        case("scatter_reduce", T(3, 2), 0, T(4, 2, dtype="int64", values=[0, 1, 0, 2, 2, 1, 0, 1]), T(4, 2), reduce,
             include_self=include_self, checks={"second": reduce in ("sum", "mean")})
        case("scatter_reduce_", T(4), 0, index(0, 2, 0), T(3), reduce, include_self=include_self,
             checks={"node": None, "second": reduce in ("sum", "mean")})
        if reduce != "sum":
            case("index_reduce", T(3, 2), 0, index(2, 0, 2), T(3, 2), reduce, include_self=include_self,
                 checks={"second": reduce == "mean"})
    case("scatter_reduce", ints(3), 0, index(0, 2, 0), ints(3), reduce)
    case("scatter_reduce", ints(3), 0, index(0, 2, 0), ints(3), reduce, include_self=False)
    case("scatter_reduce", T(3, dtype="float16"), 0, index(0, 2, 0), T(3, dtype="float16"), reduce)
case("scatter_reduce", T(3, values=[0.0, 2.0, 3.0]), 0, index(0, 1, 1, 2), T(4, values=[2.0, 0.0, 3.0, 4.0]), "prod",
     checks={"second": False})
case("scatter_reduce", T(2, values=[1.0, nan], grad=False), 0, index(0, 1), T(2, values=[nan, 5.0], grad=False), "amax")
case("scatter_reduce", T(2, values=[1.0, 5.0]), 0, index(0, 1, 1), T(3, values=[1.0, 5.0, 5.0]), "amax", checks={"numeric": False})
case("scatter_reduce", T(2), 0, index(0, 5), T(2), "sum", checks={"raises": True})
case("scatter_reduce", T(2), 0, index(0, 1), T(2), "median", checks={"raises": True})
