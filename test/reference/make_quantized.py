"""Dynamic quantization: python make_quantized.py writes ao_quantized.json."""

import torch
import torch.nn as nn

from common import encode, write

torch.set_num_threads(1)
cases = []


def case(label, layers, x):
    torch.manual_seed(len(cases))
    model = layers()
    made = torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)
    x = x()
    weights = [m.weight() for m in made.modules() if isinstance(m, torch.ao.nn.quantized.dynamic.Linear)]
    cases.append({"label": label, "seed": len(cases), "text": str(made), "training": made.training, "scales": [w.q_scale() for w in weights], "sums": [w.int_repr().int().sum(1).tolist() for w in weights], "first": str(weights[0][:2, :4]), "input": encode(x), "output": encode(made(x))})


two = lambda: nn.Sequential(nn.Linear(20, 7), nn.ReLU(), nn.Linear(7, 5, bias=False))
case("two layers", two, lambda: torch.randn(6, 20))
case("three dimensions", two, lambda: torch.randn(2, 3, 20))
case("positive inputs", two, lambda: torch.rand(5, 20))
case("negative inputs", two, lambda: -torch.rand(5, 20))
case("zeros", two, lambda: torch.zeros(2, 20))
case("small inputs", two, lambda: torch.randn(2, 20) * 1e-3)
case("tiny inputs", two, lambda: torch.randn(2, 20) * 1e-7)
case("large inputs", two, lambda: torch.randn(2, 20) * 1e6)
case("no inputs", two, lambda: torch.zeros(0, 20))
case("longer rows than a vector", lambda: nn.Sequential(nn.Linear(130, 9)), lambda: torch.randn(5, 130))
case("nested", lambda: nn.Sequential(nn.Sequential(nn.Linear(4, 3)), nn.Tanh()), lambda: torch.randn(9, 4))
write("ao_quantized.json", {"cases": cases})
