"""PyTorch's random numbers on the CPU. Writes random.json.

    python make_random.py

A case is a seed and steps; each step draws from the default generator (or, with "own", from one of its own), so that what
one leaves behind for the next (a cached normal, a half-used draw) is seen too.
"""

import pathlib

import torch

import harness
from harness import data

here = pathlib.Path(__file__).parent
rows = []


def dtype_of(name):
    return getattr(torch, name)


def step(kind, size, dtype, arguments, generator):
    more = {"generator": generator} if generator else {}
    if kind in ("rand", "randn"):
        return getattr(torch, kind)(size, dtype=dtype_of(dtype), **more)
    if kind == "randint":
        return torch.randint(*arguments, size, dtype=dtype_of(dtype), **more)
    if kind == "randperm":
        return torch.randperm(*arguments, **more)
    if kind == "bernoulli":
        return torch.bernoulli(torch.full(size, arguments[0], dtype=dtype_of(dtype)), **more)
    if kind == "multinomial":
        weights, count, replacement = arguments
        return torch.multinomial(torch.tensor(weights), count, replacement=replacement, **more)
    if kind == "normal":
        return torch.normal(*arguments, size, **more)
    if kind == "dropout":
        return torch.nn.functional.dropout(torch.ones(size, dtype=dtype_of(dtype)), arguments[0])
    if kind == "strided_normal_":
        # Memory that is not contiguous is filled element by element.
        return torch.zeros([*size, 2])[..., 0].normal_(**more)
    if kind == "turned":
        # In place, in the order of memory.
        name, *rest = arguments
        return getattr(torch.zeros(size, dtype=dtype_of(dtype)).t(), name)(*rest, **more)
    if kind == "normals":
        # Of tensors: the dtype is that of mean.
        mean, std = (torch.tensor(values, dtype=dtype_of(name)) for name, values in arguments)
        return torch.normal(mean, std, **more)
    if kind == "like":
        # In the order of the memory of what it is like.
        name, *bounds = arguments
        return getattr(torch, name)(torch.full(size, 0.5, dtype=dtype_of(dtype)).t(), *bounds)
    x = torch.zeros(size, dtype=dtype_of(dtype))
    return getattr(x, kind)(*arguments, **more)


def case(seed, *steps, own=False):
    """steps: (kind, size, dtype, *arguments)"""
    torch.manual_seed(0 if own else seed)
    generator = torch.Generator().manual_seed(seed) if own else None
    row = {"seed": str(seed), "steps": []}
    if own:
        row["own"] = True
    for kind, size, dtype, *arguments in steps:
        drawn = step(kind, size, dtype, arguments, generator)
        row["steps"].append(
            {"kind": kind, "size": size, "dtype": dtype, "args": arguments, "out": data(drawn),
             "is": str(drawn.dtype).removeprefix("torch.")}
        )
    rows.append(row)


f32, f64 = "float32", "float64"
for seed in (0, 1, 42, 1234, 2**32 + 5, 2**63 - 1, -1):
    case(seed, ("rand", [3], f32), ("randn", [3], f32), ("randn", [4], f32), ("rand", [2, 2], f32))
for size in (1, 2, 7, 15, 16, 17, 31, 32, 33, 100):
    case(size, ("randn", [size], f32), ("randn", [size], f32))
    case(size, ("randn", [size], f64), ("rand", [size], f64))
    case(size, ("rand", [size], f32), ("randn", [3], f32))
case(3, ("randn", [4, 5], f32), ("randn", [1], f32), ("rand", [1], f32), ("randn", [1], f32))
case(3, ("randn", [], f32), ("randn", [], f32), ("rand", [], f64))
case(3, ("randn", [0], f32), ("rand", [2], f32))
for half in ("float16", "bfloat16"):
    case(4, ("rand", [5], half), ("randn", [5], half), ("randn", [20], half))
case(5, ("randint", [6], "int64", 0, 100), ("randint", [4], "int64", -5, 5), ("randint", [3], "int64", 0, 2**28 - 1))
case(5, ("randint", [3], "int64", 0, 2**28), ("randint", [3], "int64", 0, 2**32), ("randint", [3], "int64", 0, 2**40))
case(5, ("randint", [6], "int32", 0, 10), ("randint", [6], "uint8", 0, 256), ("randint", [6], f32, 0, 10))
case(1234, ("randint", [6], "int64", 0, 100), ("randperm", [], "int64", 6))
for n in (0, 1, 2, 6, 50):
    case(7, ("randperm", [], "int64", n), ("rand", [2], f32))
for dtype in ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"):
    case(8, ("random_", [6], dtype), ("rand", [1], f32))
case(8, ("random_", [6], "int64", 10), ("random_", [6], "int32", 5, 9), ("random_", [4], f32, 100))
for p in (0.0, 0.1, 0.5, 0.9, 1.0):
    case(9, ("bernoulli", [12], f32, p), ("bernoulli_", [12], f32, p), ("rand", [1], f32))
case(9, ("bernoulli", [12], f64, 0.3), ("bernoulli_", [12], "int64", 0.5), ("bernoulli_", [5], "bool", 0.5))
case(10, ("uniform_", [5], f32, -2.0, 3.0), ("uniform_", [5], f64, -2.0, 3.0), ("normal_", [5], f32, 1.0, 2.0))
case(10, ("normal_", [20], f32, 1.0, 2.0), ("normal_", [20], f64, -1.0, 0.5), ("normal", [3], f32, 5.0, 0.1))
case(10, ("exponential_", [6], f32), ("exponential_", [6], f64, 2.5), ("rand", [1], f32))
case(11, ("strided_normal_", [5], f32), ("strided_normal_", [20], f32), ("randn", [1], f32))
case(12, ("multinomial", [], "int64", [0.1, 0.2, 0.3, 0.4], 3, False), ("rand", [1], f32))
case(12, ("multinomial", [], "int64", [0.1, 0.2, 0.3, 0.4], 6, True), ("rand", [1], f32))
case(12, ("multinomial", [], "int64", [[1.0, 0.0, 1.0], [0.0, 2.0, 1.0]], 2, False), ("rand", [1], f32))
case(12, ("multinomial", [], "int64", [[1.0, 0.0, 1.0], [0.0, 2.0, 1.0]], 4, True), ("rand", [1], f32))
case(13, ("dropout", [20], f32, 0.5), ("dropout", [20], f32, 0.2), ("rand", [1], f32))
case(14, ("rand", [3], f32), ("randn", [20], f32), ("randperm", [], "int64", 5), own=True)
case(15, ("randint", [4], "int64", 0, 50), ("bernoulli_", [8], f32, 0.5), ("uniform_", [3], f32), own=True)
case(17, ("like", [2, 3], f32, "rand_like"), ("like", [5, 4], f32, "randn_like"), ("like", [2, 3], f32, "randint_like", 10))
case(17, ("like", [2, 3], f32, "bernoulli"), ("like", [5, 4], f64, "randn_like"))
case(18, ("turned", [3, 4], f32, "cauchy_"), ("turned", [3, 4], "int64", "geometric_", 0.3), ("turned", [9, 2], f64, "log_normal_"))
case(18, ("turned", [9, 2], f32, "normal_", 1.0, 2.0), ("turned", [3, 4], f32, "uniform_"), ("turned", [3, 4], f32, "random_", 9))
case(19, ("normals", [], f32, ("float16", [1.0, 2.0, 3.0]), (f32, [0.5, 0.25, 2.0])), ("normals", [], f32, (f32, [[1.0], [2.0]]), (f64, [0.5, 0.25])))
# Ranges whose ends a type would round out of them.
case(20, ("randint", [4], f32, -5, 2**31), ("randint", [4], "bfloat16", 3, 2**40), ("random_", [4], f32, 0, 2**33), ("randint", [4], "float16", -3000, 60001))
# Across the engine's own block of 624 words.
case(16, ("rand", [700], f32), ("randn", [3], f32))
for row in rows[-1:]:
    row["steps"][0]["out"] = row["steps"][0]["out"][-20:]

harness.write(here / "random.json", f"made by {pathlib.Path(__file__).name}", rows)
