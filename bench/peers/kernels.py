"""PyTorch's side of ../kernels.mjs: python kernels.py CASES [THREADS]

The kernels and the way of timing are the same. Prints JSON: for each case the least microseconds that a call
took (of processor time on one thread, of the clock on several), and of the products (the first four) also NumPy's, whose
BLAS is OpenBLAS.
"""

import json
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy as np
import torch
from func import func
from ops import of, ops, pair
from torch.nn import functional as F

randn = torch.randn


def product(left, right):
    """Of A[m][k], transposed or not, and B[k][n]; each is laid out as the case says."""

    def make(m, k, n):
        sizes = {"m": m, "k": k, "n": n}
        a, b = (randn(*(sizes[d] for d in dims)) for dims in (left.rstrip("T"), right.rstrip("T")))
        if left.endswith("T"):
            a = a.t()
        if right.endswith("T"):
            b = b.t()
        theirs, others = a.numpy(), b.numpy()
        return lambda: torch.mm(a, b), lambda: theirs @ others

    return make


def copy(n):
    source, to = randn(n), torch.zeros(n)
    return lambda: to.copy_(source)


def attention(batch, length):
    q, k, v = (randn(batch, 8, length, 64, requires_grad=True) for _ in range(3))
    grad = randn(batch, 8, length, 64)
    return lambda: torch.autograd.grad(F.scaled_dot_product_attention(q, k, v), (q, k, v), grad)


kernels = {
    "mm": product("mk", "kn"),
    "forward": product("mk", "nkT"),
    "dX": product("mn", "nk"),
    "dW": product("mnT", "mk"),
    "copy": copy,
    "clone": of(torch.clone),
    "add": pair(torch.add),
    "mul": pair(torch.mul),
    "relu": of(torch.relu),
    "exp": of(torch.exp),
    "tanh": of(torch.tanh),
    "sigmoid": of(torch.sigmoid),
    "gelu": of(F.gelu),
    "sum": of(torch.sum),
    "mean": of(torch.mean),
    "max": of(torch.max),
    "sumRows": of(lambda x: x.sum(1)),
    "sumColumns": of(lambda x: x.sum(0)),
    "maxRows": of(lambda x: x.max(1)),
    "argmaxRows": of(lambda x: x.argmax(1)),
    "softmaxRows": of(lambda x: x.softmax(1)),
    "softmaxColumns": of(lambda x: x.softmax(0)),
    "logSoftmaxRows": of(lambda x: x.log_softmax(1)),
    "logsumexpRows": of(lambda x: x.logsumexp(1)),
    "layerNorm": of(lambda x: F.layer_norm(x, x.shape[1:])),
    "attention": attention,
    **ops,
    **func,
}

threads = int(sys.argv[2]) if len(sys.argv) > 2 else 1
time_now = time.perf_counter if threads > 1 else time.process_time


def least_microseconds(call):
    for _ in range(3):
        call()
    calls, least, total, samples = 1, float("inf"), 0.0, 0
    while samples < 8 or total < 0.2:
        start = time_now()
        for _ in range(calls):
            call()
        took = time_now() - start
        total += took
        if took < 0.002:
            calls *= 2
            samples = 0
        else:
            least = min(least, took / calls)
            samples += 1
    return least * 1e6


torch.set_num_threads(threads)
torch.manual_seed(1)
microseconds, openblas = [], []
for name, *sizes in json.loads(sys.argv[1]):
    calls = kernels[name](*sizes)
    own, other = calls if isinstance(calls, tuple) else (calls, None)
    microseconds.append(least_microseconds(own))
    openblas.append(other and least_microseconds(other))
print(json.dumps({"version": torch.__version__, "microseconds": microseconds, "openblas": openblas}))
