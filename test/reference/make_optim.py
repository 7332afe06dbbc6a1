"""Optimisers: python make_optim.py writes optim_trajectories.json.

Every case is an optimiser with its options on fixed random gradients; the parameters after every step, the state dict and
the printed text are kept. A case here opts an optimiser into every generic test.
"""

import torch
import torch.optim as optim

from common import encode, write

cases = []
STEPS = 7


class Shampoo(optim.Optimizer):
    """Gupta, Koren and Singer, 2018, by eigenvalues: what the engine's Newton iteration must give."""

    def __init__(self, params, lr=0.1, momentum=0, weight_decay=0, eps=1e-4, update_freq=1, maximize=False):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "eps": eps, "update_freq": update_freq, "maximize": maximize})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                grad = -p.grad if group["maximize"] else p.grad
                grad = grad + group["weight_decay"] * p
                state = self.state[p]
                if not state:
                    state["step"] = 0
                    state["pre"] = [group["eps"] * torch.eye(n, dtype=torch.float64) for n in p.shape]
                    state["roots"] = [None] * p.dim()
                result = whole = grad.double()
                for d in range(p.dim()):
                    rows = whole.transpose(0, d).reshape(p.shape[d], -1)
                    state["pre"][d] += rows @ rows.t()
                    if state["step"] % group["update_freq"] == 0:
                        values, vectors = torch.linalg.eigh(state["pre"][d])
                        state["roots"][d] = vectors @ torch.diag(values ** (-1 / (2 * p.dim()))) @ vectors.t()
                    moved = result.transpose(0, d)
                    result = (state["roots"][d] @ moved.reshape(p.shape[d], -1)).reshape(moved.shape).transpose(0, d)
                result = result.to(p.dtype)
                if group["momentum"] > 0:
                    state.setdefault("buffer", torch.zeros_like(p)).mul_(group["momentum"]).add_(result, alpha=1 - group["momentum"])
                    result = state["buffer"]
                state["step"] += 1
                p.add_(result, alpha=-group["lr"])


def make(name, params, kwargs):
    return (Shampoo if name == "Shampoo" else getattr(optim, name))(params, **kwargs)


def case(name, dtype=torch.float32, groups=None, frozen=False, shapes=((3, 2), (4,), (2, 2, 3)), **kwargs):
    torch.manual_seed(len(cases))
    params = [torch.randn(*shape, dtype=dtype).requires_grad_() for shape in shapes]
    start = [encode(p.clone()) for p in params]
    given = params
    if groups:
        given = [{"params": params[:1]}, {"params": params[1:], **groups}]
    optimizer = make(name, given, kwargs)
    text = str(optimizer)
    grads, after = [], []
    for step in range(STEPS):
        row = [torch.randn(*shape, dtype=dtype) for shape in shapes]
        if step == 3:
            row = [g * 0 for g in row]
        for i, (p, g) in enumerate(zip(params, row)):
            p.grad = None if frozen and i == 1 else g.clone()
        optimizer.step()
        grads.append([encode(g) for g in row])
        after.append([encode(p.clone()) for p in params])
    cases.append({
        "name": name, "kwargs": kwargs, "groups": groups, "frozen": frozen, "dtype": str(dtype).removeprefix("torch."),
        "start": start, "grads": grads, "after": after, "text": text,
        "stateDict": None if name == "Shampoo" else encode(optimizer.state_dict()),
    })


for dtype in [torch.float32, torch.float64]:
    for kwargs in [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.5, "dampening": 0.3}, {"weight_decay": 0.1}, {"momentum": 0.9, "weight_decay": 0.1, "maximize": True}]:
        case("SGD", dtype, lr=0.1, **kwargs)
    for name in ["Adam", "AdamW", "NAdam", "RAdam"]:
        case(name, dtype)
        case(name, dtype, lr=0.1, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1)
        case(name, dtype, lr=0.1, maximize=True)
    for name in ["Adam", "AdamW"]:
        case(name, dtype, lr=0.1, amsgrad=True, betas=(0.5, 0.6))
    case("Adam", dtype, lr=0.1, weight_decay=0.1, decoupled_weight_decay=True)
    case("NAdam", dtype, lr=0.1, weight_decay=0.1, decoupled_weight_decay=True, momentum_decay=0.1)
    case("RAdam", dtype, lr=0.1, weight_decay=0.1, decoupled_weight_decay=True, betas=(0.6, 0.7))
    for kwargs in [{}, {"momentum": 0.9}, {"centered": True}, {"momentum": 0.9, "centered": True, "weight_decay": 0.1, "alpha": 0.8}, {"maximize": True}]:
        case("RMSprop", dtype, lr=0.05, **kwargs)
    for kwargs in [{}, {"lr": 0.1, "lr_decay": 0.2}, {"initial_accumulator_value": 0.5, "weight_decay": 0.1}, {"maximize": True}]:
        case("Adagrad", dtype, **kwargs)
    for kwargs in [{}, {"lr": 0.5, "rho": 0.7, "eps": 1e-3}, {"weight_decay": 0.1}, {"maximize": True}]:
        case("Adadelta", dtype, **kwargs)
    for kwargs in [{}, {"lr": 0.1, "betas": (0.5, 0.6), "weight_decay": 0.1}, {"maximize": True}]:
        case("Adamax", dtype, **kwargs)
    for kwargs in [{}, {"lr": 0.1, "etas": (0.3, 1.5), "step_sizes": (1e-3, 0.2)}, {"maximize": True}]:
        case("Rprop", dtype, **kwargs)
    for kwargs in [{}, {"momentum": 0.9, "weight_decay": 0.1}, {"update_freq": 3, "maximize": True}]:
        case("Shampoo", dtype, **kwargs)
for name in ["SGD", "Adam", "AdamW", "NAdam", "RAdam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Rprop", "Shampoo"]:
    case(name, frozen=True, groups={"lr": 0.5})
for dtype in [torch.float32, torch.float64]:
    for kwargs in [{}, {"lr": 0.1, "lambd": 0.01, "alpha": 0.5, "t0": 2.0, "weight_decay": 0.1}, {"maximize": True}]:
        case("ASGD", dtype, foreach=False, **kwargs)
    for kwargs in [{}, {"lr": 0.1, "beta2_decay": -0.5, "eps": (1e-6, 1e-2), "d": 1.5, "weight_decay": 0.1}, {"maximize": True}]:
        case("Adafactor", dtype, **kwargs)
matrices = ((3, 2), (4, 4), (2, 5))
for kwargs in [{}, {"lr": 0.1, "weight_decay": 0.0, "momentum": 0.5, "nesterov": False}, {"adjust_lr_fn": "match_rms_adamw", "ns_steps": 3}]:
    case("Muon", shapes=matrices, **kwargs)
case("Muon", shapes=matrices, frozen=True, groups={"lr": 0.5})
for name in ["ASGD", "Adafactor"]:
    case(name, frozen=True, groups={"lr": 0.5})


def rosenbrock(x):
    return ((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum()


lbfgs = []
for dtype in [torch.float32, torch.float64]:
    for kwargs in [{"lr": 0.1}, {"line_search_fn": "strong_wolfe"}, {"line_search_fn": "strong_wolfe", "max_iter": 4, "history_size": 3}, {"lr": 0.05, "max_iter": 5, "tolerance_grad": 1e-3}]:
        x = torch.tensor([-1.2, 1.0, 0.5, -0.3], dtype=dtype, requires_grad=True)
        optimizer = optim.LBFGS([x], **kwargs)
        text = str(optimizer)
        calls, after, losses = 0, [], []

        def closure():
            global calls
            calls += 1
            optimizer.zero_grad()
            loss = rosenbrock(x)
            loss.backward()
            return loss

        for _ in range(4):
            losses.append(optimizer.step(closure).item())
            after.append(encode(x.clone()))
        lbfgs.append({"kwargs": kwargs, "dtype": str(dtype).removeprefix("torch."), "text": text, "calls": calls, "after": after, "losses": losses})

write("optim_trajectories.json", {"cases": cases, "lbfgs": lbfgs})
