"""Random programs: python make_programs.py writes programs.json.

A program makes some tensors and does a few things to them: pointwise ops, reductions, views, writes in place, in several dtypes
and with broadcasting. Kept are the value of every step, the error where there is one, and the gradients of the last
value. Programs that touch what is known to be otherwise are not made (a number where PyTorch wants a tensor).
"""

import math
import random
import warnings

import torch

from common import number, write

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
R = random.Random(20261126)
choose = R.choice
COUNT = 220
DTYPES = ["float32", "float32", "float64", "int64", "int32", "bool", "uint8", "float16"]
UNARY = "abs neg sign square sqrt exp sin tanh sigmoid relu floor round reciprocal log1p isnan logical_not".split()
BINARY = "add sub mul div remainder eq lt ge floor_divide".split()
PAIRS = BINARY + "maximum minimum pow atan2 logical_and fmax hypot".split()
WHOLE = "sum mean amax std logsumexp argmax any prod norm count_nonzero".split()
ALONG = "cumsum softmax log_softmax sort amin var".split()
VIEWS = "transpose reshape squeeze unsqueeze expand flatten narrow select flip diagonal unbind chunk roll movedim repeat tril clone".split()
WRITES = "add_ mul_ sub_ zero_ fill_ neg_ clamp_ copy_ relu_ abs_ square_".split()


def plain(tensor):
    values = tensor.detach().double() if tensor.is_floating_point() else tensor.detach()
    return {"shape": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch."), "data": [number(v) for v in values.reshape(-1).tolist()]}


def source():
    shape = [choose((1, 2, 3, 3)) for _ in range(choose((0, 1, 1, 2, 2, 3)))]
    dtype = choose(DTYPES)
    if dtype == "bool":
        values = [R.random() < 0.5 for _ in range(math.prod(shape))]
    elif dtype.startswith("float"):
        values = [R.randint(-12, 12) / 4 if R.random() < 0.95 else choose((math.nan, math.inf, 0.0)) for _ in range(math.prod(shape))]
    else:
        values = [R.randint(0 if dtype == "uint8" else -5, 5) for _ in range(math.prod(shape))]
    wants = dtype in ("float32", "float64") and R.random() < 0.7
    tensor = torch.tensor(values, dtype=getattr(torch, dtype)).reshape(shape).requires_grad_(wants)
    return tensor, {**plain(tensor), "wants": wants}


def place(x):
    return R.randint(-max(x.dim(), 1), max(x.dim(), 1) - 1) if R.random() < 0.96 else 5


def step(values):
    """An op, the number of its tensor, and its other arguments: {"value": i} is the value of a step before."""
    i = R.randrange(len(values))
    x = values[i]
    kind = R.random()
    if kind < 0.15:
        return [choose(UNARY), i, []]
    if kind < 0.35:
        if R.random() < 0.7:
            return [choose(PAIRS), i, [{"value": R.randrange(len(values))}]]
        return [choose(BINARY), i, [choose((1, 2, -1, 0.5, 2.5))]]
    if kind < 0.55:
        if R.random() < 0.5:
            op = choose(WHOLE)
            over_all = R.random() < 0.5 and op != "logsumexp"
            return [op, i, [] if over_all else [2, place(x)] if op == "norm" else [place(x)]]
        return [choose(ALONG), i, [place(x)]]
    if kind < 0.82:
        op = choose(VIEWS)
        n = x.numel()
        first = choose([d for d in range(1, n + 1) if n % d == 0] or [1])
        arguments = {
            "transpose": [place(x), place(x)], "reshape": [choose(([first, -1], [-1], [n]))], "squeeze": [place(x)], "unsqueeze": [place(x)],
            "expand": [[2, *x.shape]], "narrow": [place(x), 0, 1], "select": [place(x), choose((0, -1, 1))], "flip": [[place(x)]],
            "diagonal": [choose((0, 1))], "unbind": [place(x)], "chunk": [2, place(x)], "roll": [1, place(x)], "movedim": [place(x), place(x)],
            "repeat": [[2] + [1] * x.dim()], "tril": [choose((0, 1, -1))],
        }
        return [op, i, arguments.get(op, [])]
    op = choose(WRITES)
    if op in ("add_", "mul_", "sub_", "copy_"):
        return [op, i, [{"value": R.randrange(len(values))}]]
    return [op, i, {"fill_": [choose((0, 1.5))], "clamp_": [-1, 1]}.get(op, [])]


def run(op, x, arguments, values):
    given = [values[a["value"]] if isinstance(a, dict) else a for a in arguments]
    result = getattr(x, op)(*given)
    return [result] if isinstance(result, torch.Tensor) else list(result)


programs = []
while len(programs) < COUNT:
    made = [source() for _ in range(R.randint(1, 2))]
    leaves = [tensor for tensor, _ in made]
    values = list(leaves)
    steps, results, error = [], [], None
    for _ in range(R.randint(2, 5)):
        op, i, arguments = step(values)
        steps.append([op, i, arguments])
        try:
            found = run(op, values[i], arguments, values)
        except Exception as problem:
            error = str(problem).split("\n")[0]
            break
        results.append([plain(y) for y in found])
        values += found
    program = {"inputs": [spec for _, spec in made], "steps": steps, "results": results}
    if error:
        program["error"] = error
    elif values[-1].requires_grad:
        wanted = [x for x in leaves if x.requires_grad]
        try:
            grads = torch.autograd.grad(values[-1], wanted, torch.ones_like(values[-1]), allow_unused=True)
        except RuntimeError:
            continue  # what PyTorch saves and this engine need not
        program["grads"] = [None if g is None else plain(g) for g in grads]
    programs.append(program)

write("programs.json", {"programs": programs})
