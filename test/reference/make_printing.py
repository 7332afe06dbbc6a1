"""PyTorch's text of tensors. Writes printing.json.

    python make_printing.py

A case is data, a dtype, a shape, what makes it part of a graph, and the print options; the test makes the same tensor.
"""

import math
import pathlib
import random

import torch

import harness
from harness import number

here = pathlib.Path(__file__).parent
nan, inf = math.nan, math.inf
rows = []
random.seed(0)


def case(values, dtype="float32", shape=None, graph=None, options=None, default=None):
    """graph: "leaf" or the name of a method that makes a node."""
    values = list(values)
    shape = shape if shape is not None else [len(values)]
    torch.set_printoptions(profile="default", sci_mode=None)
    if default:
        torch.set_default_dtype(getattr(torch, default))
    if options:
        torch.set_printoptions(**options)
    x = torch.tensor(values, dtype=getattr(torch, dtype)).reshape(shape)
    if graph:
        x.requires_grad_()
        if graph != "leaf":
            x = getattr(x, graph)()
    row = {"values": [number(v) for v in values], "dtype": dtype, "shape": shape, "text": str(x)}
    for name, value in (("graph", graph), ("options", options), ("default", default)):
        if value:
            row[name] = value
    rows.append(row)
    torch.set_printoptions(profile="default", sci_mode=None)
    torch.set_default_dtype(torch.float32)


def spread(count, low, high, digits=None):
    """Numbers whose size is between 10^low and 10^high."""
    values = [random.choice([-1, 1]) * 10 ** random.uniform(low, high) for _ in range(count)]
    return values if digits is None else [round(v, digits) for v in values]


case([1.5], shape=[])
case([3.0], shape=[])
case([0.0], shape=[])
case([-0.0], shape=[])
case([nan], shape=[])
case([-inf], shape=[])
case([7], "int64", [])
case([1], "bool", [])
case([1e-5], shape=[])
case([123456789.0], shape=[])
for values in (
    [1.0, 2.0, 3.0], [1.0, 2.5, 3.0], [-1.0, 2.0, 10.0], [0.0, 0.0], [-0.0, 0.0], [nan, 1.0], [nan, 1.5], [inf, -inf, nan],
    [1.0, inf, 2.0], [1.25, -inf, nan], [1e-4, 1.0], [1e-5, 1.0], [1000.0, 0.5], [1001.0, 1.0], [1e8, 1.0], [1e8, 2e8],
    [1.5e8, 2e8], [1e-3, 1.1], [100000.5, 1000.25], [0.00012, 0.0002], [12345.678, 23456.789], [1e10, 1e20], [1e-30, 1e30],
    [0.5, 1.5, 2.5], [0.00005, 0.00015], [1.00005, 2.0], [123456.0, 0.125], [99999.0, 1e5], [0.03125, 0.09375],
    [100005.0, 1.0], [100015.0, 1.0], [2097151.875, 3.0],
):
    case(values)
    case(values, "float64")
for low, high in ((-1, 1), (-3, 0), (0, 3), (-4, 4), (2, 3), (5, 9), (-8, -5), (-40, 38)):
    for count in (3, 7, 20):
        case(spread(count, low, high))
case(spread(12, -1, 2), shape=[3, 4])
case(spread(12, 0, 1), shape=[2, 3, 2])
case(spread(24, -6, 1), shape=[2, 1, 3, 4])
case(spread(30, 0, 2, 0), shape=[5, 6])
case(spread(200, -1, 1), shape=[200])
case(spread(60, -1, 1), shape=[2, 30])
case(range(30), "int64")
case([-5, 100, 3], "int64")
case([9223372036854775807, -9223372036854775808], "int64")
case([3, 2, 1], "int32")
case([3, 2, 1], "int16")
case([-3, 2, 1], "int8")
case([255, 0], "uint8")
case([1, 0, 1], "bool")
case([1, 0, 1, 1], "bool", [2, 2])
case([1.5, 2.25], "float64")
case([1.5, 2.25], "float16")
case([65504.0, 1e-7], "float16")
case([1.5, 2.25, 3e38], "bfloat16")
case([1.0, 2.0], "float16", options={"precision": 2})
for shape in ([0], [0, 3], [2, 0], [0, 0, 2]):
    case([], shape=shape)
    case([], "int64", shape)
case([], "bool")
case([], "float64")
case([], graph="leaf")
# Beyond a thousand elements.
case(range(1001), "int64")
case([v / 7 for v in range(1001)])
case([v / 7 for v in range(1200)], shape=[30, 40])
case([v / 7 for v in range(1200)], shape=[2, 600])
case([v / 7 for v in range(1200)], shape=[600, 2])
case([v / 7 for v in range(1200)], shape=[4, 15, 20])
case([v / 7 for v in range(1200)], shape=[10, 2, 6, 10])
case([0] * 500 + [1e6] + [0] * 700)
case([v % 2 for v in range(1200)], "bool", [40, 30])
# In a graph.
case([1.0, 2.0], graph="leaf")
case([1.5, 2.0, 3.25], "float64", graph="leaf")
case([1.5], shape=[], graph="sum")
case([1.5, 2.5], graph="exp")
case(spread(6, 0, 1), shape=[2, 3], graph="tanh")
case(spread(6, 0, 1), shape=[2, 3], graph="t")
case(spread(12, -6, 6), graph="logsumexp" if False else "sigmoid")
for count in range(5, 12):
    case(spread(count, 0, 1), graph="exp")
    case(spread(count, 0, 1), graph="leaf", dtype="float64")
# Options.
case(spread(5, -1, 1), options={"precision": 2})
case(spread(5, -1, 1), options={"precision": 8})
case([1.0, 2.5, 3.0], options={"precision": 0})
case(spread(5, 0, 1), options={"sci_mode": True})
case([1.0, 2.0, 3000.0], options={"sci_mode": True})
case(spread(5, -6, 6), options={"sci_mode": False})
case(range(30), "int64", options={"threshold": 10})
case(range(30), "int64", options={"threshold": 10, "edgeitems": 1})
case(range(100), "int64", [10, 10], options={"threshold": 10, "edgeitems": 2})
case(range(100), "int64", options={"linewidth": 40})
case(spread(30, 0, 1), shape=[3, 10], options={"linewidth": 120})
case(range(1200), "int64", options={"profile": "short"})
case(spread(8, 0, 1), options={"profile": "short"})
case(range(1005), "int64", options={"profile": "full"})
case(range(30), "int64", options={"threshold": 10, "edgeitems": 0})
case(range(30), "int64", [5, 6], options={"threshold": 10, "edgeitems": 0})
# Another default dtype.
case([1.5, 2.5], "float64", default="float64")
case([1.5, 2.5], "float32", default="float64")
case([], "float32", default="float64")

harness.write(here / "printing.json", f"made by {pathlib.Path(__file__).name}", rows)
