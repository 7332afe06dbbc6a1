"""Initialisers: python make_init.py writes nn_init.json."""

import torch
import torch.nn as nn

from common import encode, write

cases = []


def case(name, shape, *args, dtype=torch.float32, turned=False, **kwargs):
    torch.manual_seed(len(cases))
    tensor = torch.full(shape, 7.0, dtype=dtype)
    if turned:
        tensor = tensor.t()
    getattr(nn.init, name)(tensor, *args, **kwargs)
    more = {"turned": True} if turned else {}
    cases.append({**more, "name": name, "seed": len(cases), "shape": list(shape), "dtype": str(dtype).removeprefix("torch."), "args": list(args), "kwargs": kwargs, "result": encode(tensor), "after": encode(torch.rand(3))})


for shape in [(3, 4), (5, 4, 3), (20,), (7,)]:
    for dtype in [torch.float32, torch.float64]:
        case("uniform_", shape, dtype=dtype)
        case("uniform_", shape, -2.0, 3.0, dtype=dtype)
        case("normal_", shape, dtype=dtype)
        case("normal_", shape, 1.0, 0.1, dtype=dtype)
        case("trunc_normal_", shape, dtype=dtype)
        case("trunc_normal_", shape, 0.0, 1.0, -0.5, 0.8, dtype=dtype)
        case("trunc_normal_", shape, 0.0, 1.0, 2.0, 3.0, dtype=dtype)
        case("trunc_normal_", shape, std=0.02, dtype=dtype)
    case("constant_", shape, 0.3)
    case("ones_", shape)
    case("zeros_", shape)
for shape in [(3, 4), (4, 3), (5, 4, 3), (6, 3, 2, 2)]:
    case("xavier_uniform_", shape)
    case("xavier_uniform_", shape, gain=1.5)
    case("xavier_normal_", shape)
    case("xavier_normal_", shape, 0.5)
    for kwargs in [{}, {"a": 5**0.5}, {"mode": "fan_out"}, {"nonlinearity": "relu"}, {"nonlinearity": "tanh", "mode": "fan_out"}, {"nonlinearity": "selu"}, {"nonlinearity": "linear"}]:
        case("kaiming_uniform_", shape, **kwargs)
        case("kaiming_normal_", shape, **kwargs)
    case("orthogonal_", shape)
    case("orthogonal_", shape, gain=2.0)
    case("orthogonal_", shape, dtype=torch.float64)
case("orthogonal_", (40, 30))
case("orthogonal_", (1, 5))
case("eye_", (3, 4))
case("eye_", (4, 3))
case("sparse_", (6, 4), sparsity=0.5)
case("sparse_", (5, 3), 0.1, std=0.5)
case("dirac_", (4, 2, 3))
case("dirac_", (4, 3, 3, 2))
case("dirac_", (6, 2, 3, 3), 3)
case("dirac_", (2, 2, 3, 3, 3))
for shape in [(3, 4), (5, 4)]:
    # Numbers are drawn in the order of memory, those that are drawn again too.
    case("trunc_normal_", shape, 0.0, 1.0, -0.5, 0.8, turned=True)
    case("trunc_normal_", shape, 0.0, 1.0, 2.0, 3.0, turned=True)
    case("trunc_normal_", shape, 0.5, 1.0, -3.0, 1.0, dtype=torch.float16, turned=True)
    case("kaiming_normal_", shape, turned=True)
case("constant_", (2, 3), val=0.3)
gains = [{"nonlinearity": n, "param": p, "gain": nn.init.calculate_gain(n, p)} for n, p in [("linear", None), ("conv2d", None), ("sigmoid", None), ("tanh", None), ("relu", None), ("leaky_relu", None), ("leaky_relu", 0.2), ("selu", None)]]
write("nn_init.json", {"cases": cases, "gains": gains})
