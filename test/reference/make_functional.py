"""Products of derivatives with vectors, Jacobians and Hessians: torch.autograd.functional. Writes functional.json.

    python make_functional.py

The functions stand in test/engine/autograd/functional.test.ts under the same names.
"""

import torch
from torch.autograd import functional

from common import encode, write

functions = {
    "one": lambda x: x.pow(3).sum(1),
    "two": lambda x, y: (x.exp() * y).sum(0),
    "pair": lambda x, y: (x * y, x.sum() + y.sin()),
    "unused": lambda x, y: x.square(),
    "scalar": lambda x: (x.pow(3) * x.sin()).sum(),
    "scalars": lambda x, y: (x.square() @ y.exp()).sum() * x.sum(),
}
x = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]], dtype=torch.float64)
y = torch.tensor([[0.2, 0.9, -0.4], [-1.1, 0.6, 1.3]], dtype=torch.float64)
square = torch.tensor([[0.2, 0.9], [-1.1, 0.6], [0.5, 0.1]], dtype=torch.float64)
u = torch.tensor([[1.0, 0.5, -1.0], [2.0, 0.1, 0.3]], dtype=torch.float64)
w = torch.tensor([[0.3, 0.2, -0.6], [0.4, -0.9, 1.2]], dtype=torch.float64)
narrow = torch.tensor([[1.0, 0.5], [2.0, 0.1], [-0.4, 0.7]], dtype=torch.float64)
cases = []


def case(kind, name, inputs, *v):
    found = getattr(functional, kind)(functions[name], inputs, *v)
    cases.append({"kind": kind, "name": name, "inputs": encode(inputs), "v": encode(list(v)), "out": encode(found)})


case("jacobian", "one", x)
case("jacobian", "two", (x, y))
case("jacobian", "pair", (x, y))
case("jacobian", "unused", (x, y))
case("hessian", "scalar", x)
case("hessian", "scalars", (x, square))
case("vjp", "one", x, torch.tensor([0.5, -2.0], dtype=torch.float64))
case("vjp", "two", (x, y), torch.tensor([0.5, -2.0, 1.0], dtype=torch.float64))
case("vjp", "pair", (x, y), (u, w))
case("vjp", "scalar", x)
case("jvp", "one", x, u)
case("jvp", "two", (x, y), (u, w))
case("jvp", "pair", (x, y), (u, w))
case("vhp", "scalar", x, u)
case("vhp", "scalars", (x, square), (u, narrow))
case("hvp", "scalar", x, u)
case("hvp", "scalars", (x, square), (u, narrow))
write("functional.json", {"cases": cases})
