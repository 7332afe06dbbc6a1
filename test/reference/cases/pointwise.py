"""Pointwise ops: one and two inputs, numbers, in-place forms, comparisons, NaN and infinity."""

from math import inf, nan

from harness import T, ints, mask

cases = []


def case(name, *args, checks=None, **kwargs):
    cases.append((name, args, kwargs, checks or {}))


SPECIAL = [nan, inf, -inf, 0.0, -0.0, 1.0, -1.5, 1e-30, 3e30]
no_second = {"second": False}

# Functions of one tensor, with the interval where they are smooth.
for name, lo, hi in [
    ("neg", -2, 2), ("abs", -2, 2), ("sign", -2, 2), ("square", -2, 2), ("reciprocal", 0.5, 2), ("sqrt", 0.2, 3),
    ("rsqrt", 0.3, 3), ("exp", -2, 2), ("exp2", -2, 2), ("expm1", -1, 1), ("log", 0.2, 3), ("log2", 0.2, 3),
    ("log10", 0.2, 3), ("log1p", -0.5, 2), ("sin", -3, 3), ("cos", -3, 3), ("tan", -1, 1), ("asin", -0.9, 0.9),
    ("acos", -0.9, 0.9), ("atan", -3, 3), ("sinh", -2, 2), ("cosh", -2, 2), ("tanh", -2, 2), ("asinh", -3, 3),
    ("acosh", 1.2, 3), ("atanh", -0.8, 0.8), ("erf", -2, 2), ("erfc", -2, 2), ("erfinv", -0.8, 0.8),
    ("lgamma", 0.5, 4), ("floor", -3, 3), ("ceil", -3, 3), ("trunc", -3, 3), ("frac", -3, 3), ("round", -3, 3),
    ("sigmoid", -4, 4), ("relu", -2, 2), ("digamma", 0.5, 4),
]:
    unknown = name == "digamma"
    more = {"gradients": False} if unknown else no_second if name == "lgamma" else None
    case(name, T(2, 3, lo=lo, hi=hi, grad=not unknown), checks=more)
    case(name, T(2, 3, lo=lo, hi=hi, grad=not unknown), checks=more)
    case(f"{name}_", T(2, 3, lo=lo, hi=hi, grad=not unknown), checks=more)
    case(name, T(0, 2, lo=lo, hi=hi, grad=False))
    case(name, T(lo=lo, hi=hi, grad=False))
    case(name, T(9, values=SPECIAL, grad=False))
    if name not in ("frac", "round", "floor", "ceil", "trunc", "lgamma", "digamma"):
        case(name, ints(3, lo=0, hi=2))

for name in ("abs", "neg", "sign", "square", "relu"):
    case(name, ints(5))
    case(name, T(5, lo=-9, hi=9, dtype="int32"))
case("exp", mask(3))
case("sqrt", T(4, lo=0, hi=9, dtype="uint8"))
case("round", T(9, values=[0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997, 8388609.0, nan, inf], grad=False))
case("round", T(5, lo=-9, hi=9), decimals=1)
case("round", T(5, lo=-999, hi=999, grad=False), decimals=-2)
case("round_", T(5, lo=-9, hi=9), decimals=2)

# Two operands.
smooth = [("add", -2, 2), ("sub", -2, 2), ("mul", -2, 2), ("div", 0.5, 2), ("pow", 0.5, 2), ("maximum", -2, 2),
          ("minimum", -2, 2), ("fmax", -2, 2), ("fmin", -2, 2), ("atan2", 0.5, 2), ("hypot", 0.5, 2),
          ("logaddexp", -2, 2), ("logaddexp2", -2, 2), ("xlogy", 0.5, 2), ("copysign", 0.5, 2), ("remainder", 0.6, 3),
          ("fmod", 0.6, 3)]
for name, lo, hi in smooth:
    for a, b in [((2, 3), (2, 3)), ((2, 3), (3,)), ((3,), (2, 1)), ((2, 3), ()), ((), ()), ((1, 3), (2, 1))]:
        case(name, T(*a, lo=lo, hi=hi), T(*b, lo=lo, hi=hi))
    case(name, T(2, 3, lo=lo, hi=hi), T(3, lo=lo, hi=hi, grad=False))
    case(name, T(2, 3, lo=lo, hi=hi, grad=False), T(3, lo=lo, hi=hi))
    case(name, T(2, 0), T(1, 0))
    case(name, T(9, values=SPECIAL, grad=False), T(9, 1, values=SPECIAL, grad=False))
for name, lo, hi in [("add_", -2, 2), ("sub_", -2, 2), ("mul_", -2, 2), ("div_", 0.5, 2), ("pow_", 0.5, 2),
                     ("atan2_", 0.5, 2), ("hypot_", 0.5, 2), ("xlogy_", 0.5, 2), ("copysign_", 0.5, 2),
                     ("remainder_", 0.6, 3), ("fmod_", 0.6, 3)]:
    case(name, T(2, 3, lo=lo, hi=hi), T(2, 3, lo=lo, hi=hi))
    case(name, T(2, 3, lo=lo, hi=hi), T(3, lo=lo, hi=hi))

for name in ("add", "sub", "mul", "div", "pow", "remainder", "fmod", "add_", "sub_", "mul_", "div_", "pow_"):
    case(name, T(2, 3, lo=0.6, hi=3), 2.5)
    case(name, T(2, 3, lo=0.6, hi=3), 2)
for exponent in (0, 1, -1, 0.5, 3):
    case("pow", T(4, lo=0.5, hi=2), exponent)
case("pow", T(4), 2)
case("pow", T(4), 3)
case("pow", 2.5, T(4), checks={"places": ["torch"]})
case("pow", T(5, values=[0.0, 0.0, 2.0, -1.0, 0.0]), T(5, values=[0.0, 2.0, 0.0, 2.0, 1.0]), checks={"numeric": False})
case("xlogy", T(3, values=[0.0, 0.0, 2.0], grad=False), T(3, values=[0.0, nan, 0.5], grad=False))
case("xlogy", T(3, lo=0.5, hi=2), 2.5)
case("rsub", T(2, 3), 1.5)
case("rsub", T(2, 3), T(3), alpha=2)
case("add", T(2, 3), T(3), alpha=2.5)
case("sub", T(2, 3), T(3), alpha=2)
case("add", T(2, 3), 3, alpha=2)
case("add_", T(2, 3), T(3), alpha=2)
for mode in ("trunc", "floor"):
    case("div", T(2, 3, lo=-9, hi=9), T(3, lo=1, hi=4), rounding_mode=mode)
    case("div", ints(5, lo=-9, hi=9), 2, rounding_mode=mode)
    case("div_", T(2, 3, lo=-9, hi=9), 2, rounding_mode=mode)
    case("div", T(5, values=[1.0, -1.0, 0.0, inf, nan], grad=False), 0.0, rounding_mode=mode)
case("floor_divide", T(5, lo=-9, hi=9, grad=False), 2)
case("floor_divide", ints(5, lo=-9, hi=9), ints(5, lo=1, hi=4))
for name in ("maximum", "minimum", "fmax", "fmin"):
    case(name, T(6, values=[1.0, 1.0, 2.0, nan, 1.0, nan]), T(6, values=[1.0, 0.0, 2.0, 1.0, nan, nan]), checks={"numeric": False})

# Promotion: what the result's dtype is.
for name in ("add", "mul", "div"):
    for left in ("int64", "int32", "uint8", "int8", "bool", "float32", "float64", "float16", "bfloat16"):
        for right in ("int64", "uint8", "bool", "float32", "float64", "float16"):
            case(name, T(2, lo=1, hi=4, dtype=left), T(2, lo=1, hi=4, dtype=right))
        case(name, T(2, lo=1, hi=4, dtype=left), T(dtype=right, lo=1, hi=4))
        case(name, T(2, lo=1, hi=4, dtype=left), 2.5)
        case(name, T(2, lo=1, hi=4, dtype=left), 2)
        case(name, T(2, lo=1, hi=4, dtype=left), True)
case("pow", ints(4, lo=0, hi=4), 2)
case("pow", ints(4, lo=0, hi=4), ints(4, lo=0, hi=4))
case("remainder", ints(6, lo=-7, hi=7), 3)
case("remainder", ints(6, lo=-7, hi=7), -3)
case("fmod", ints(6, lo=-7, hi=7), 3)
case("maximum", ints(4), T(4, grad=False))

for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    case(name, T(2, 3, grad=False), T(3, grad=False))
    case(name, T(2, 3, grad=False), 0.25)
    case(name, ints(6), 2)
    case(name, ints(6), 1.5)
    case(name, T(9, values=SPECIAL, grad=False), T(9, 1, values=SPECIAL, grad=False))
    case(f"{name}_", T(2, 3, grad=False), 0.25)
for name in ("logical_and", "logical_or", "logical_xor"):
    case(name, mask(4), mask(4))
    case(name, T(3, values=[0.0, 1.5, nan], grad=False), T(3, 1, values=[0.0, 1.5, nan], grad=False))
for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    case(name, ints(6), ints(6))
    case(name, mask(4), mask(4))
    case(name, ints(6), 3)
    case(f"{name}_", ints(6), 3)
case("bitwise_left_shift", ints(4, lo=0, hi=9), ints(4, lo=0, hi=4))
case("bitwise_right_shift", ints(4, lo=-90, hi=90), ints(4, lo=0, hi=4))
for name in ("isnan", "isinf", "isfinite", "logical_not"):
    case(name, T(9, values=SPECIAL, grad=False))
    case(name, ints(3, lo=0, hi=2))
case("bitwise_not", ints(4))
case("bitwise_not", mask(4))
close = T(5, values=[1.0, 1.00001, 2.0, nan, inf], grad=False)
far = T(5, values=[1.0, 1.0, 2.1, nan, inf], grad=False)
case("isclose", close, far)
case("isclose", close, far, equal_nan=True)
case("isclose", close, far, rtol=0.1)
case("allclose", close, far)
case("allclose", close, close, equal_nan=True)
case("allclose", T(3, grad=False), T(3, grad=False), rtol=0.0, atol=10.0)
case("equal", close, far)
case("equal", ints(3, seed=1), ints(3, seed=1))

# Three operands.
function = {"places": ["torch"]}
case("where", mask(2, 3), T(2, 3), T(3), checks=function)
case("where", T(2, 3), mask(2, 3), T(3), checks={"places": ["Tensor"]})
case("where", mask(3), T(2, 3), 1.5, checks=function)
case("where", mask(3), 0.0, T(2, 3), checks=function)
case("where", mask(2, 2), checks=function)
case("lerp", T(2, 3), T(2, 3), 0.3)
case("lerp", T(2, 3), T(3), T(2, 3))
case("lerp", T(2, 3), T(2, 3), T(2, 3, lo=0, hi=1, grad=False))
case("lerp_", T(2, 3), T(2, 3), 0.8)
for name in ("addcmul", "addcdiv", "addcmul_", "addcdiv_"):
    case(name, T(2, 3), T(2, 3), T(2, 3, lo=0.5, hi=2))
    case(name, T(2, 3), T(3), T(2, 1, lo=0.5, hi=2), value=0.7)
for name in ("clamp", "clamp_"):
    case(name, T(2, 3), -1.0, 0.5)
    case(name, T(2, 3), 0)
    case(name, T(2, 3), max=0.5)
    case(name, T(2, 3), min=-0.5)
    case(name, T(2, 3), T(2, 3, lo=-2, hi=0), T(2, 3, lo=0, hi=2))
    case(name, T(2, 3), T(3, lo=-2, hi=0))
    case(name, T(2, 3), max=T(3, lo=-2, hi=0))
case("clamp", T(9, values=SPECIAL, grad=False), -1.0, 1.0)
ties = {"numeric": False}
case("clamp", T(5, values=[-1.0, 0.0, 1.0, 2.0, nan]), -1.0, 1.0, checks=ties)
case("clamp", T(5, values=[-1.0, 0.0, 1.0, 2.0, nan]), min=1.0, checks=ties)
case("clamp_min", T(5, values=[-1.0, 0.0, 1.0, 2.0, nan]), 1.0, checks=ties)
case("clamp", T(5, values=[-1.0, 0.0, 1.0, 2.0, nan]), T(5, values=[-1.0] * 5), T(5, values=[1.0] * 5), checks=ties)
case("clamp", T(5, values=[-1.0, 0.0, 1.0, 2.0, nan]), T(5, values=[1.0] * 5), T(5, values=[1.0] * 5), checks=ties)
case("clamp", T(5, values=[-1.0, 0.0, 1.0, 2.0, nan]), T(5, values=[1.0] * 5), T(5, values=[0.0] * 5), checks=ties)
case("clamp", T(5, values=[-1.0, 0.0, 1.0, 2.0, nan]), T(5, values=[1.0] * 5), checks=ties)
case("clamp", T(5, values=[-1.0, 0.0, 1.0, 2.0, nan]), max=T(5, values=[1.0] * 5), checks=ties)
case("clamp", ints(6), -2, 3)
case("clamp", T(4), T(4, lo=0.5, hi=2), T(4, lo=-1, hi=1))
case("clip", T(2, 3), -1.0, 0.5)
case("clamp_min", T(2, 3), 0.1)
case("clamp_max", T(2, 3), 0.1)
case("nan_to_num", T(9, values=SPECIAL), checks={"numeric": False})
case("nan_to_num", T(9, values=SPECIAL, grad=False), 1.0, 2.0, 3.0)
case("nan_to_num", T(9, values=SPECIAL, grad=False), nan=5.0)
case("softmax", T(2, 3), 1)
case("softmax", T(2, 3), 0)
case("softmax", T(2, 3, 2), -2)
case("softmax", T(4, values=[-inf, 1.0, 2.0, -inf], grad=False), 0)
case("softmax", ints(3), 0, checks={"raises": True})
case("log_softmax", T(2, 3), 1)
case("log_softmax", T(2, 3, 2), 0)
case("log_softmax", T(4, values=[1000.0, 0.0, -1000.0, 3.0], grad=False), 0)
case("add", T(2, 3), T(2), checks={"raises": True})
case("bitwise_and", T(2, grad=False), T(2, grad=False), checks={"raises": True})
