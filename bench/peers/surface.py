"""PyTorch's side of ../surface.mjs: python surface.py cuda|cpu [REGEX], prints the same JSON."""

import json
import os
import re
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

device, only = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
torch.set_default_device(device)


def positive(shape):
    x = torch.randn(shape)
    return x @ x.mT + torch.eye(shape[-1]) * shape[-1]


inputs = {
    "n": torch.randn,
    "u": torch.rand,
    "mask": lambda shape: torch.randn(shape) > 1,
    "order": lambda shape: torch.rand(shape).argsort(-1),
    "perm": lambda shape: torch.randperm(shape[0]),
    "sorted": lambda shape: torch.randn(shape).sort()[0],
    "tril": lambda shape: positive(shape).tril(),
    "unit": lambda shape: torch.randn(shape) / shape[-1] ** 0.5,
    "pd": positive,
}


def tensor_of(text, made):
    head, *rest = text[1:].split(" ")
    view = rest.pop() if rest and rest[-1][0] in "tp" else ""
    if head.isdigit() and int(head) < len(made):
        x = made[int(head)]
    else:
        kind, _, dtype = head.partition(":")
        shape = [int(n) for n in rest]
        whole = re.fullmatch(r"i(\d+)", kind)
        x = torch.randint(0, int(whole[1]), shape) if whole else inputs[kind](shape)
        if dtype:
            x = x.to(getattr(torch, dtype))
        made.append(x)
    return x if not view else x.t() if view == "t" else x.permute(*[int(d) for d in view[1:]])


def argument(given, made):
    if isinstance(given, list):
        return [argument(each, made) for each in given]
    return tensor_of(given, made) if isinstance(given, str) and given.startswith("@") else given


def call_of(row):
    made = []
    given = [argument(each, made) for each in row["args"]]
    options = {key: argument(value, made) for key, value in row.get("kwargs", {}).items()}
    space, name = row["call"].split(".")
    if space == "":
        f, given = getattr(given[0], name), given[1:]
    else:
        f = getattr({"torch": torch, "F": F, "linalg": torch.linalg}[space], name)
    grad = row.get("grad")
    if not grad:
        return lambda: f(*given, **options)
    wanted = [x.requires_grad_() for x in made if x.dtype.is_floating_point]
    if grad == "both":
        return lambda: torch.autograd.grad(f(*given, **options).sum(), wanted)
    y = f(*given, **options)
    ones = torch.ones_like(y)
    return lambda: torch.autograd.grad(y, wanted, ones, retain_graph=True)


def recurrent(layer):
    own, x = layer(256, 256, batch_first=True), torch.randn(64, 100, 256)
    parameters = list(own.parameters())
    return lambda: torch.autograd.grad(own(x)[0].sum(), parameters)


def encoder():
    own, x = nn.TransformerEncoderLayer(512, 8, batch_first=True, dropout=0), torch.randn(16, 256, 512)
    parameters = list(own.parameters())
    return lambda: torch.autograd.grad(own(x).sum(), parameters)


def with_grads():
    parameters = [torch.randn(512, 512, requires_grad=True) for _ in range(100)]
    for x in parameters:
        x.grad = torch.randn(512, 512)
    return parameters


def clip():
    parameters = with_grads()
    return lambda: nn.utils.clip_grad_norm_(parameters, 1)


made_calls = {
    "lstm": lambda: recurrent(nn.LSTM),
    "gru": lambda: recurrent(nn.GRU),
    "encoder": encoder,
    "adam": lambda: torch.optim.Adam(with_grads()).step,
    "sgd": lambda: torch.optim.SGD(with_grads(), lr=0.1, momentum=0.9).step,
    "clip_grad_norm_": clip,
}


def wait():
    if device == "cuda":
        torch.cuda.synchronize()


def microseconds(call, count):
    if device != "cuda":
        start = time.perf_counter()
        for _ in range(count):
            call()
        return (time.perf_counter() - start) / count * 1e6
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    for _ in range(count):
        call()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / count * 1e3


def measured(row):
    try:
        torch.manual_seed(1)
        call = made_calls[row["made"]]() if "made" in row else call_of(row)
        call()
        wait()
        start = time.perf_counter()
        call()
        wait()
        once = (time.perf_counter() - start) * 1e3
        count = max(1, min(20, int(30 / once)))
        return min(microseconds(call, count) for _ in range(1 if once > 200 else 3))
    except Exception as error:  # what fails does not take the rest with it
        return {"error": str(error)}


here = os.path.dirname(os.path.abspath(__file__))
cases = [row for row in json.load(open(os.path.join(here, "..", "surface.cases.json"))) if re.search(only, row["name"])]
for _ in range(3 if cases else 0):
    measured(cases[0])
print(json.dumps({row["name"]: measured(row) for row in cases}))
