"""PyTorch's microseconds per optimiser step: python optimizer_step.py THREADS TENSORS ELEMENTS RUNS

The steps of ../optimizer.bench.mjs in their order, each in the fastest of PyTorch's forms for the CPU. Prints JSON.
"""

import json
import sys
import time

import torch

threads, tensors, elements, runs = (int(argument) for argument in sys.argv[1:5])
torch.set_num_threads(threads)


def parameters():
    torch.manual_seed(1)
    made = [torch.nn.Parameter(torch.randn(elements)) for _ in range(tensors)]
    for parameter in made:
        parameter.grad = torch.randn(elements)
    return made


def samples(call):
    for _ in range(5):
        call()
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        found.append((time.perf_counter() - start) * 1e6)
    return found


def step(kind, **options):
    found = [samples(kind(parameters(), lr=1e-3, **options, **form).step) for form in [{"fused": True}, {"foreach": True}]]
    return min(found, key=lambda times: sorted(times)[len(times) // 2])


clipped = parameters()
microseconds = [
    step(torch.optim.SGD),
    step(torch.optim.SGD, momentum=0.9),
    step(torch.optim.Adam),
    step(torch.optim.AdamW),
    samples(lambda: torch.nn.utils.clip_grad_norm_(clipped, 1e-3)),
]
print(json.dumps({"version": torch.__version__, "microseconds": microseconds}))
