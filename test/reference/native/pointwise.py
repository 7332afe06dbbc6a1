"""What PyTorch gives for pointwise ops and type promotion, as test/engine/native expects it.

    python3 test/reference/native/pointwise.py > test/reference/native/pointwise.json
"""
import json
import math
import sys
import torch
import torch.nn.functional as F

inf, nan = math.inf, math.nan
dtypes = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.float32, torch.float64,
          torch.bool, torch.bfloat16]


def name(dtype):
    return str(dtype).removeprefix("torch.")


def plain(t):
    return [str(v) if isinstance(v, float) and not math.isfinite(v) else v for v in t.flatten().tolist()]


def attempt(f):
    try:
        t = f()
        return dict(dtype=name(t.dtype), values=plain(t))
    except (RuntimeError, NotImplementedError, TypeError) as error:
        return dict(error=str(error).split("\n")[0])


points = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.5, -2.5, 1e-8, -1e-8, 3e-4, -0.02, 0.3, -0.3, 0.9, -0.93, 0.95, 1.5, -1.7, 3.0, -3.0, 6.0, 7.3,
          -7.9, 12.0, -12.5, 20.0, -20.5, 45.0, -45.0, 88.0, -88.0, 103.0, -103.5, 1e4, -1e4, 1e-40, inf, -inf, nan, 0.1, 0.7, 5.5]
whole = [0, 1, 2, 3, -1, -2, -7, 5, 100, -128, 127]

unary = {
    "neg": torch.neg, "abs": torch.abs, "sign": torch.sign, "square": torch.square, "reciprocal": torch.reciprocal,
    "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "exp": torch.exp, "exp2": torch.exp2, "expm1": torch.expm1,
    "log": torch.log, "log2": torch.log2, "log10": torch.log10, "log1p": torch.log1p, "sin": torch.sin,
    "cos": torch.cos, "tan": torch.tan, "asin": torch.asin, "acos": torch.acos, "atan": torch.atan,
    "sinh": torch.sinh, "cosh": torch.cosh, "tanh": torch.tanh, "asinh": torch.asinh, "acosh": torch.acosh,
    "atanh": torch.atanh, "erf": torch.erf, "erfc": torch.erfc, "erfinv": torch.erfinv, "lgamma": torch.lgamma,
    "digamma": torch.digamma, "floor": torch.floor, "ceil": torch.ceil, "trunc": torch.trunc, "frac": torch.frac,
    "round": torch.round, "isnan": torch.isnan, "isinf": torch.isinf, "isfinite": torch.isfinite,
    "logicalNot": torch.logical_not, "bitwiseNot": torch.bitwise_not, "sigmoid": torch.sigmoid,
    "logSigmoid": F.logsigmoid, "relu": torch.relu, "relu6": F.relu6, "silu": F.silu, "mish": F.mish,
    "softsign": F.softsign, "hardsigmoid": F.hardsigmoid, "hardswish": F.hardswish, "tanhshrink": F.tanhshrink,
    "gelu": F.gelu, "geluTanh": lambda x: F.gelu(x, approximate="tanh"),
}
parametrised = [
    ("leakyRelu", [0.01], lambda x: F.leaky_relu(x, 0.01)), ("leakyRelu", [-0.3], lambda x: F.leaky_relu(x, -0.3)),
    ("elu", [1.0, 1.0, 1.0], F.elu), ("elu", [0.7, 1.0, 1.0], lambda x: F.elu(x, 0.7)),
    ("elu", [1.6732632423543772, 1.0507009873554805, 1.0], F.selu), ("elu", [0.5, 1.0, 2.0], lambda x: F.celu(x, 0.5)),
    ("softplus", [1.0, 20.0], F.softplus), ("softplus", [2.0, 5.0], lambda x: F.softplus(x, 2.0, 5.0)),
    ("hardshrink", [0.5], F.hardshrink), ("softshrink", [0.5], F.softshrink),
    ("hardtanh", [-1.0, 1.0], F.hardtanh), ("threshold", [0.1, 20.0], lambda x: F.threshold(x, 0.1, 20.0)),
    ("clamp", [-1.0, 2.0], lambda x: torch.clamp(x, -1, 2)), ("clamp", [-0.5, "nan"], lambda x: torch.clamp(x, min=-0.5)),
    ("clamp", ["nan", 3.0], lambda x: torch.clamp(x, max=3)), ("clamp", [5.0, 2.0], lambda x: torch.clamp(x, 5, 2)),
    ("nanToNum", [0.5, 9.0, -9.0], lambda x: torch.nan_to_num(x, 0.5, 9.0, -9.0)),
    ("roundDecimals", [1.0], lambda x: torch.round(x, decimals=1)),
    ("roundDecimals", [-1.0], lambda x: torch.round(x, decimals=-1)),
]
binary = {
    "mul": torch.mul, "div": torch.div, "floorDivide": torch.floor_divide,
    "truncDivide": lambda a, b: torch.div(a, b, rounding_mode="trunc"), "remainder": torch.remainder,
    "fmod": torch.fmod, "pow": torch.pow, "maximum": torch.maximum, "minimum": torch.minimum, "fmax": torch.fmax,
    "fmin": torch.fmin, "atan2": torch.atan2, "hypot": torch.hypot, "logaddexp": torch.logaddexp,
    "logaddexp2": torch.logaddexp2, "xlogy": torch.xlogy, "copysign": torch.copysign, "eq": torch.eq, "ne": torch.ne,
    "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge, "logicalAnd": torch.logical_and,
    "logicalOr": torch.logical_or, "logicalXor": torch.logical_xor, "bitwiseAnd": torch.bitwise_and,
    "bitwiseOr": torch.bitwise_or, "bitwiseXor": torch.bitwise_xor, "bitwiseLeftShift": torch.bitwise_left_shift,
    "bitwiseRightShift": torch.bitwise_right_shift, "add": torch.add, "sub": torch.sub,
}


def tensor(dtype, values):
    if dtype == torch.bool:
        return torch.tensor([v != 0 for v in values])
    if dtype.is_floating_point:
        return torch.tensor(values, dtype=torch.float64).to(dtype)
    return torch.tensor([v for v in values], dtype=torch.int64).to(dtype)


out = dict(torch=torch.__version__, points=plain(torch.tensor(points, dtype=torch.float64)), whole=whole, unary=[], grads=[], binary=[], promotion=[], inplace=[])
for op, f in unary.items():
    for dtype in dtypes:
        x = tensor(dtype, points if dtype.is_floating_point else whole)
        out["unary"].append(dict(op=op, parameters=[], of=name(dtype), **attempt(lambda: f(x))))
for op, parameters, f in parametrised:
    for dtype in [torch.float32, torch.float64, torch.float16, torch.int64]:
        x = tensor(dtype, points if dtype.is_floating_point else whole)
        out["unary"].append(dict(op=op, parameters=parameters, of=name(dtype), **attempt(lambda: f(x))))

for op, parameters, f in [(k, [], v) for k, v in unary.items()] + parametrised:
    for dtype in [torch.float32, torch.float64]:
        x = tensor(dtype, points).requires_grad_()
        try:
            y = f(x)
            g = torch.linspace(-2, 3, len(points), dtype=dtype)
            dx, = torch.autograd.grad(y, x, g)
            out["grads"].append(dict(op=op, parameters=parameters, of=name(dtype), y=plain(y.detach()), values=plain(dx)))
        except RuntimeError:
            pass

pairs = [(a, b) for a in [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 7.0, -7.0, 0.3, 1e30, inf, -inf, nan] for b in [0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 3.0, -0.3, inf, -inf, nan]]
wholes = [(a, b) for a in [0, 1, 2, -1, -2, 7, -7, 100, -128, 127] for b in [1, -1, 2, 3, -3, 7, 9, 70]]
out["pairs"], out["wholes"] = [[str(a), str(b)] for a, b in pairs], wholes
for op, f in binary.items():
    for dtype in dtypes:
        p = pairs if dtype.is_floating_point else wholes
        a, b = tensor(dtype, [q[0] for q in p]), tensor(dtype, [q[1] for q in p])
        if op in ("pow",) and not dtype.is_floating_point:
            b = tensor(dtype, [abs(q[1]) for q in p])
        out["binary"].append(dict(op=op, of=name(dtype), **attempt(lambda: f(a, b))))
        for s in ([2, -3, 2.5] if dtype != torch.bool else [2, 2.5, True]):
            if op in ("maximum", "minimum", "fmax", "fmin", "atan2", "hypot", "logaddexp", "logaddexp2"):
                continue
            out["binary"].append(dict(op=op, of=name(dtype), scalar=s, **attempt(lambda: f(a, s))))

operands = {"dim": lambda d: torch.ones(2, dtype=d), "zero": lambda d: torch.ones((), dtype=d)}
for ka, fa in operands.items():
    for kb, fb in operands.items():
        for da in dtypes:
            for db in dtypes:
                out["promotion"].append([ka, name(da), kb, name(db), name(torch.result_type(fa(da), fb(db)))])
for ka, fa in operands.items():
    for da in dtypes:
        for s in (2, 2.5, True):
            out["promotion"].append([ka, name(da), "number", s, name(torch.result_type(fa(da), s))])
for da in dtypes:
    for db in dtypes:
        x = torch.ones(2, dtype=da)
        out["inplace"].append([name(da), name(db), attempt(lambda: x.mul_(torch.ones(2, dtype=db)))])
json.dump(out, sys.stdout)
