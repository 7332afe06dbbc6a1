"""What the scripts of this folder share: inputs by a formula that the tests repeat, and results as compact JSON.

An input tensor is described, not stored: shape, dtype, range and seed. Element i of it is lo + (hi - lo)*u(i), rounded to
float32, where u(i) is a Weyl sequence: exact in doubles here and in TypeScript (test/reference/inputs.ts).
"""

import json
import math

import torch


class T:
    """An input tensor. dtype "float" stands for float32 and float64 in turn; such inputs want gradients."""

    count = 0

    def __init__(self, *shape, lo=-2.0, hi=2.0, dtype="float", values=None, grad=None, seed=None):
        T.count += 1
        self.shape = list(shape)
        self.lo, self.hi, self.dtype, self.values = lo, hi, dtype, values
        self.seed = seed if seed is not None else T.count % 97
        self.grad = dtype == "float" if grad is None else grad

    def spec(self):
        spec = {"shape": self.shape, "dtype": self.dtype}
        if self.values is not None:
            spec["values"] = [number(v) for v in self.values]
        else:
            spec.update(lo=self.lo, hi=self.hi, seed=self.seed)
        if self.grad:
            spec["grad"] = True
        return spec

    def make(self):
        size = math.prod(self.shape)
        values = self.values if self.values is not None else uniform(size, self.lo, self.hi, self.seed)
        dtype = torch.float64 if self.dtype == "float" else getattr(torch, self.dtype)
        if self.values is None and not dtype.is_floating_point:
            values = [math.floor(v) for v in values]
        if dtype == torch.bool:
            values = [bool(v) for v in values]
        tensor = torch.tensor(values, dtype=torch.float32 if self.dtype == "float" else dtype).to(dtype)
        return tensor.reshape(self.shape).requires_grad_(self.grad)


def uniform(size, lo, hi, seed):
    return [lo + (hi - lo) * (((i * 2654435761 + seed * 1234567 + 12345) % 2**32) / 2**32) for i in range(size)]


def ints(*shape, lo=-5, hi=6, **more):
    return T(*shape, lo=lo, hi=hi, dtype="int64", **more)


def index(*values, shape=None):
    return T(*(shape or [len(values)]), dtype="int64", values=values)


def mask(*shape, **more):
    return T(*shape, lo=0, hi=2, dtype="bool", **more)


def number(value):
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = float(f"{value:.14g}")
    if text == 0:
        return text if math.copysign(1, text) < 0 else 0  # -0.0 keeps its sign
    return int(text) if text.is_integer() and abs(text) < 1e15 else text


def arguments(value, tensors):
    """A call's argument as JSON; tensors are made on the way and collected."""
    if isinstance(value, T):
        tensors.append(value)
        return {"tensor": value.spec()}
    if isinstance(value, torch.dtype):
        return {"dtype": str(value).removeprefix("torch.")}
    if isinstance(value, slice):
        return {"slice": [value.start, value.stop, value.step]}
    if value is Ellipsis:
        return "..."
    if isinstance(value, (list, tuple)):
        return [arguments(item, tensors) for item in value]
    if isinstance(value, float):
        # A whole float stays one: 2.0 is no int.
        return {"float": number(value)}
    return value


def made(value, table):
    if isinstance(value, T):
        return table[id(value)]
    if isinstance(value, (list, tuple)):
        return type(value)(made(item, table) for item in value)
    return value


def flat(result):
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, (list, tuple)):
        return [x for item in result for x in flat(item)]
    return [result]


def data(tensor):
    return [number(v) for v in tensor.detach().clone().reshape(-1).tolist()]  # a copy: some zeros have no memory


def result(tensor):
    if not isinstance(tensor, torch.Tensor):
        return {"value": number(tensor) if isinstance(tensor, float) else tensor}
    return {"shape": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch."), "data": data(tensor)}


def weights(tensor, i):
    """The gradient of result i with which the pass starts."""
    values = uniform(tensor.numel(), 0.25, 1.75, 500 + i)
    return torch.tensor(values, dtype=torch.float32).to(tensor.dtype).reshape(tensor.shape)


def gradients(outputs, inputs):
    wanted = [x for x in inputs if x.requires_grad]
    roots = [(y, weights(y, i)) for i, y in enumerate(outputs) if isinstance(y, torch.Tensor) and y.requires_grad]
    if not wanted or not roots:
        return None
    found = torch.autograd.grad([y for y, _ in roots], wanted, [w for _, w in roots], allow_unused=True)
    return [None if g is None else data(g) for g in found]


def write(path, about, rows):
    head = json.dumps({"torch": torch.__version__, "about": about})
    with open(path, "w") as file:
        file.write('{"head": %s,\n"cases": [\n' % head)
        file.write(",\n".join(json.dumps(row, separators=(",", ":")) for row in rows))
        file.write("\n]}\n")
    print(f"{path}: {len(rows)} cases")
