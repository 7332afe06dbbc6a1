"""PyTorch's microseconds per training step: python training_step.py THREADS BATCH STEPS

The network, the loss, the optimiser and the way of timing of ../training.bench.mjs. Prints JSON.
"""

import json
import sys
import time

import torch
from torch import nn

threads, batch, steps = (int(argument) for argument in sys.argv[1:4])
torch.set_num_threads(threads)
torch.manual_seed(1)
model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(784, 100), nn.ReLU(),
    nn.Linear(100, 100), nn.ReLU(),
    nn.Linear(100, 100), nn.ReLU(),
    nn.Linear(100, 10),
)
loss_function = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
x = torch.rand(batch, 1, 28, 28)
y = torch.randint(0, 10, (batch,))


def run(count):
    start = time.perf_counter()
    for _ in range(count):
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
    loss.item()
    return (time.perf_counter() - start) / count * 1e6


run(steps)
print(json.dumps({"version": torch.__version__, "microseconds": [run(steps) for _ in range(9)]}))
