"""Every family over dtypes, and over empty and scalar tensors, NaN and infinity: what the other tables show in float only."""

from math import inf, nan

import torch
from harness import T, index

cases = []
T.count = 0
SPECIAL = [nan, inf, -inf, 0.0, -0.0, 1.0, -1.5, 1e-30, 3e30]
WHOLE = ("uint8", "int8", "int16", "int32", "int64")
HALF = ("float16", "bfloat16")


def case(name, *args, checks=None, **kwargs):
    cases.append((name, args, kwargs, checks or {}))


def of(dtype, *shape, lo=None, hi=None):
    low, high = (0, 9) if dtype == "uint8" else (0, 2) if dtype == "bool" else (-9, 9)
    return T(*shape, lo=low if lo is None else lo, hi=high if hi is None else hi, dtype=dtype)


def refused(name, *args, **kwargs):
    """Whether PyTorch refuses the call for these dtypes: the case then says so."""
    made = [a.make() if isinstance(a, T) else a for a in args]
    for space in (torch, torch.Tensor):
        if hasattr(space, name):
            try:
                getattr(space, name)(*made, **kwargs)
                return {}
            except (RuntimeError, TypeError, IndexError):
                return {"raises": True}
    return {"raises": True}


def both(name, *args, **kwargs):
    case(name, *args, checks=refused(name, *args, **kwargs), **kwargs)


# One tensor.
for name in ("neg", "abs", "sign", "square", "relu", "sqrt", "exp", "sigmoid", "tanh", "reciprocal", "floor", "round", "frac",
             "logical_not", "bitwise_not", "isnan", "isfinite", "erf", "lgamma", "sinc", "signbit", "sgn", "clone"):
    for dtype in (*WHOLE, "bool"):
        both(name, of(dtype, 2, 3, lo=0, hi=2 if dtype == "bool" else 5))
    both(name, of("int32"))
    both(name, of("int64", 0, 2))
# Two.
for name in ("add", "sub", "mul", "div", "floor_divide", "remainder", "fmod", "pow", "maximum", "fmin", "eq", "lt", "logical_xor",
             "bitwise_and", "atan2", "hypot", "copysign", "gcd", "heaviside", "logaddexp", "xlogy"):
    for left, right in (("int8", "int8"), ("int16", "uint8"), ("bool", "bool"), ("bool", "int32"), ("uint8", "uint8")):
        both(name, of(left, 2, 3, lo=1, hi=2 if left == "bool" else 9), of(right, 3, lo=1, hi=2 if right == "bool" else 5))
    both(name, of("int64", 0, 3), of("int64", 3))
    both(name, of("int64", lo=1, hi=9), of("int64", lo=1, hi=9))
    both(name, of("float16", 2, 3, lo=1), of("float16", 3, lo=1))
case("add", of("int8", 3, lo=120, hi=127), of("int8", 3, lo=120, hi=127))
case("mul", of("uint8", 3, lo=100, hi=255), of("uint8", 3, lo=100, hi=255))
case("neg", T(1, values=[-128], dtype="int8"))
case("abs", T(1, values=[-128], dtype="int8"))
case("floor_divide", T(4, values=[7, -7, 7, -7], dtype="int32"), T(4, values=[2, 2, -2, -2], dtype="int32"))
case("remainder", T(4, values=[7, -7, 7, -7], dtype="int32"), T(4, values=[2, 2, -2, -2], dtype="int32"))
case("div", T(3, values=[1, 0, -1], dtype="int32"), 0)
case("floor_divide", T(3, values=[1, 0, -1], dtype="int32"), 0, checks={"raises": True})
case("remainder", T(3, values=[1, 0, -1], dtype="int32"), 0, checks={"raises": True})
# Reductions.
for name in ("sum", "prod", "mean", "amax", "amin", "all", "any", "max", "min", "argmax", "median", "std", "logsumexp",
             "count_nonzero", "norm", "nansum"):
    for dtype in (*WHOLE, "bool", *HALF):
        both(name, of(dtype, 2, 3), **({"dim": 1} if name == "logsumexp" else {}))
        if name not in ("norm",):
            both(name, of(dtype, 2, 3), dim=0)
    for shape in ((), (0,), (0, 3), (3, 0)):
        both(name, T(*shape, dtype="float32"), **({"dim": 0} if name == "logsumexp" else {}))
        if len(shape) == 2 and name != "norm":
            both(name, T(*shape, dtype="float32"), dim=0)
            both(name, T(*shape, dtype="float32"), dim=1)
    if name not in ("count_nonzero", "argmax", "all", "any"):
        both(name, T(9, values=SPECIAL, dtype="float64"), **({"dim": 0} if name == "logsumexp" else {}))
# Order and running results.
for name, more in (("sort", {}), ("argsort", {}), ("topk", {"k": 2}), ("kthvalue", {"k": 2}), ("cumsum", {"dim": 0}),
                   ("cumprod", {"dim": 0}), ("cummax", {"dim": 0}), ("unique", {}), ("diff", {}), ("flip", {"dims": [0]})):
    for dtype in ("uint8", "int16", "int64", "bool", *HALF):
        # Without repeated values where the order of equal ones is no promise.
        values = [1, 0] if dtype == "bool" else [3, 1, 7, 5, 2]
        both(name, T(len(values), values=values, dtype=dtype), **more)
for name, more in (("sort", {}), ("cumsum", {"dim": 0}), ("cumprod", {"dim": 0}), ("cummax", {"dim": 0}), ("cummin", {"dim": 0}),
                   ("logcumsumexp", {"dim": 0})):
    both(name, T(5, values=[1.0, nan, inf, -inf, 2.0], dtype="float64"), **more)
    both(name, T(dtype="float64"), **more)
    both(name, T(0, 2, dtype="float64"), **more)
# Shapes and places.
for dtype in ("uint8", "int16", "bool", *HALF):
    case("reshape", of(dtype, 2, 3), [3, 2])
    case("permute", of(dtype, 2, 3), [1, 0])
    case("cat", [of(dtype, 2, 2), of(dtype, 1, 2)])
    case("stack", [of(dtype, 2), of(dtype, 2)], 1)
    case("tril", of(dtype, 3, 3))
    case("roll", of(dtype, 2, 3), 1)
    case("repeat", of(dtype, 2), 2, 2)
    case("gather", of(dtype, 3, 2), 0, index(0, 2, 1, 1, shape=[2, 2]))
    case("index_select", of(dtype, 3, 2), 0, index(2, 0))
    case("masked_fill", of(dtype, 3), T(3, values=[True, False, True], dtype="bool"), 1)
    case("scatter_add", of(dtype, 3, hi=2, lo=0), 0, index(0, 0, 2), of(dtype, 3, hi=2, lo=0))
    case("where", T(3, values=[True, False, True], dtype="bool"), of(dtype, 3), of(dtype, 3), checks={"places": ["torch"]})
    case("diag", of(dtype, 3))
    case("flip", of(dtype, 2, 3), [1])
# Products.
for dtype in ("uint8", "int32", "int64", *HALF):
    case("matmul", of(dtype, 2, 3), of(dtype, 3, 2))
    case("bmm", of(dtype, 2, 2, 3), of(dtype, 2, 3, 1))
    case("outer", of(dtype, 2), of(dtype, 3))
both("matmul", of("bool", 2, 2), of("bool", 2, 2))
both("matmul", of("int32", 2, 2), of("int64", 2, 2))
case("matmul", T(2, 2, values=[nan, 1.0, inf, 0.0], dtype="float64"), T(2, 2, values=[1.0, 0.0, 0.0, 2.0], dtype="float64"))
