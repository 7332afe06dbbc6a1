"""Parametrizations, weight and spectral norm, pruning: python make_parametrize.py writes nn_parametrize.json."""

import warnings

import torch
import torch.nn as nn
from torch.nn.utils import parametrizations, parametrize, prune

from common import backward, encode, write

warnings.filterwarnings("ignore")
torch.set_num_threads(1)


def state(module):
    return {k: encode(v.clone()) for k, v in module.state_dict().items()}


def grads(module):
    return {k: encode(p.grad) for k, p in module.named_parameters() if p.grad is not None}


def run(label, kind, sizes, make, undo, kwargs, train=True, steps=2):
    """Some steps of training, or of reading the weight in evaluation; then the parametrization is taken away."""
    torch.manual_seed(len(cases))
    layer = nn.Linear(*sizes)
    made = make(layer)
    made.train(train)
    case = {"label": label, "seed": len(cases), "kind": kind, "sizes": sizes, "kwargs": encode(kwargs), "train": train, "text": str(made), "before": state(made), "parameters": [k for k, _ in made.named_parameters()]}
    x = torch.linspace(-1, 1, 5 * sizes[0]).reshape(5, sizes[0]).sin()
    optimizer = torch.optim.SGD(made.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        output = made(x)
        backward(output)
        optimizer.step()
    case.update(input=encode(x), output=encode(output), grads=grads(made), after=state(made))
    undone = undo(made)
    case.update(undone=state(undone), undoneText=str(undone), undoneParameters=[k for k, _ in undone.named_parameters()])
    cases.append(case)


cases = []
for kwargs in [{}, {"dim": 1}, {"dim": None}]:
    run(f"weight_norm {kwargs}", "parametrizations.weightNorm", [4, 3], lambda m: parametrizations.weight_norm(m, **kwargs), lambda m: parametrize.remove_parametrizations(m, "weight"), kwargs)
    run(f"older weight_norm {kwargs}", "weightNorm", [4, 3], lambda m: nn.utils.weight_norm(m, **kwargs), nn.utils.remove_weight_norm, kwargs)
for kwargs in [{}, {"n_power_iterations": 3}, {"dim": 1}]:
    for train in [True, False]:
        run(f"spectral_norm {kwargs} {'train' if train else 'eval'}", "parametrizations.spectralNorm", [4, 3], lambda m: parametrizations.spectral_norm(m, **kwargs), lambda m: parametrize.remove_parametrizations(m, "weight"), kwargs, train)
        run(f"older spectral_norm {kwargs} {'train' if train else 'eval'}", "spectralNorm", [4, 3], lambda m: nn.utils.spectral_norm(m, **kwargs), nn.utils.remove_spectral_norm, kwargs, train)
for name in [None, "matrix_exp", "cayley", "householder"]:
    for trivial in [True, False]:
        for sizes in [[4, 4], [4, 3], [3, 4]]:
            kwargs = {"use_trivialization": trivial, **({"orthogonal_map": name} if name else {})}
            run(f"orthogonal {kwargs} {sizes}", "parametrizations.orthogonal", sizes, lambda m: parametrizations.orthogonal(m, **kwargs), lambda m: parametrize.remove_parametrizations(m, "weight"), kwargs)

pruned = []


def pruning(*steps, sizes=(6, 4), name="weight"):
    torch.manual_seed(100 + len(pruned))
    layer = nn.Linear(*sizes)
    for method, args, kwargs in steps:
        getattr(prune, method)(layer, name, *args, **kwargs)
    case = {"label": " then ".join(f"{m}({', '.join(map(str, a))}{', ' if a and k else ''}{', '.join(k)})" for m, a, k in steps) + f" of {name}", "seed": 100 + len(pruned), "sizes": sizes, "name": name, "steps": [[m, encode(list(a)), encode(k)] for m, a, k in steps], "state": state(layer), "parameters": [k for k, _ in layer.named_parameters()], "tensor": encode(getattr(layer, name))}
    x = torch.linspace(-1, 1, 3 * sizes[0]).reshape(3, sizes[0]).cos()
    output = layer(x)
    backward(output)
    case.update(input=encode(x), output=encode(output), grads=grads(layer))
    prune.remove(layer, name)
    case["removed"] = state(layer)
    pruned.append(case)


l1 = lambda amount, **k: ("l1_unstructured", (amount,), k)
random = lambda amount: ("random_unstructured", (amount,), {})
ln = lambda amount, n, dim, **k: ("ln_structured", (amount, n, dim), k)
channels = lambda amount, dim: ("random_structured", (amount, dim), {})
mask = torch.tensor([[1, 0, 1, 0, 1, 0]] * 4)
pruning(("identity", (), {}))
for method in [l1(0.3), l1(5), l1(0), random(0.5), random(3), ln(0.5, 2, 0), ln(2, 1, 1), ln(1, float("inf"), -1), ln(1, "fro", 0), channels(0.25, 0), channels(2, 1), ("custom_from_mask", (mask,), {}), l1(0.5, importance_scores=torch.arange(24.0).reshape(4, 6)), ln(1, 2, 0, importance_scores=torch.arange(24.0).reshape(4, 6))]:
    pruning(method)
pruning(l1(2), name="bias")
pruning(random(0.5), name="bias")
for steps in [[l1(0.3), l1(0.5)], [l1(0.3), random(0.5)], [ln(1, 2, 0), ln(1, 2, 0)], [ln(1, 2, 0), l1(0.3)], [channels(1, 0), channels(1, 1)], [random(4), ("custom_from_mask", (mask,), {}), l1(0.2)], [l1(0.2), l1(0.2), l1(0.2)]]:
    pruning(*steps)

together = []
for seed, (method, amount, before) in enumerate([("L1Unstructured", 0.4, False), ("RandomUnstructured", 0.3, False), ("L1Unstructured", 7, True), ("RandomUnstructured", 5, True)]):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 5))
    if before:
        prune.l1_unstructured(net[0], "weight", 0.5)
    prune.global_unstructured([(net[0], "weight"), (net[1], "weight"), (net[1], "bias")], getattr(prune, method), amount=amount)
    together.append({"seed": seed, "method": method, "amount": amount, "before": before, "state": state(net)})

write("nn_parametrize.json", {"cases": cases, "pruned": pruned, "together": together})
