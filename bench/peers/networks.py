"""PyTorch's side of ../networks.mjs: python networks.py NAME THREADS STEPS

The networks, losses, optimisers and the way of timing are the same. Prints JSON: microseconds per step of nine runs, and
the process's largest size in kilobytes before the first step and at the end.
"""

import json
import resource
import sys
import time

import torch
from torch import nn


def training(model, loss_function, optimizer, x, y):
    def step():
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def classifier(model, batch):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return training(model, nn.CrossEntropyLoss(), optimizer, torch.rand(batch, 1, 28, 28), torch.randint(0, 10, (batch,)))


def normalised(kind, hidden, batch):
    sizes = [784, *hidden]
    layers = [layer for i, size in enumerate(hidden) for layer in [nn.Linear(sizes[i], size), kind(size), nn.ReLU()]]
    return classifier(nn.Sequential(nn.Flatten(), *layers, nn.Linear(sizes[-1], 10)), batch)


def autoencoder():
    model = nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(),
        nn.Linear(256, 64), nn.ReLU(),
        nn.Linear(64, 256), nn.ReLU(),
        nn.Linear(256, 784), nn.Sigmoid(),
    )
    x = torch.rand(128, 784)
    return training(model, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=1e-3), x, x)


def cnn():
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(3136, 128), nn.ReLU(),
        nn.Linear(128, 10),
    )
    return classifier(model, 64)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(1000, 20, padding_idx=0)
        self.rnn = nn.LSTM(20, 64, batch_first=True)
        self.fc1 = nn.Linear(64, 64)
        self.fc2 = nn.Linear(64, 1)

    def forward(self, text, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(text), lengths, enforce_sorted=False, batch_first=True)
        _, (hidden, _) = self.rnn(packed)
        return torch.sigmoid(self.fc2(torch.relu(self.fc1(hidden[-1]))))


def lstm():
    model = Classifier()
    loss_function = nn.BCELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    lengths = torch.linspace(200, 20, 32, device="cpu").long()
    text = torch.randint(1, 1000, (32, 200))
    for i, length in enumerate(lengths.tolist()):
        text[i, length:] = 0
    y = torch.randint(0, 2, (32,)).float()

    def step():
        optimizer.zero_grad()
        loss = loss_function(model(text, lengths)[:, 0], y)
        loss.backward()
        optimizer.step()
        return loss

    return step


deep = [100] * 20
networks = {
    "cnn": cnn,
    "lstm": lstm,
    "batchNorm32": lambda: normalised(nn.BatchNorm1d, [300, 100], 32),
    "batchNorm256": lambda: normalised(nn.BatchNorm1d, [300, 100], 256),
    "deepBatchNorm32": lambda: normalised(nn.BatchNorm1d, deep, 32),
    "deepBatchNorm256": lambda: normalised(nn.BatchNorm1d, deep, 256),
    "layerNorm32": lambda: normalised(nn.LayerNorm, [300, 100], 32),
    "layerNorm256": lambda: normalised(nn.LayerNorm, [300, 100], 256),
    "autoencoder": autoencoder,
}


def size():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)


def main():
    name, threads, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    step = networks[name]()
    before = size()

    def run():
        start = time.perf_counter()
        for _ in range(steps):
            loss = step()
        loss.item()
        return (time.perf_counter() - start) / steps * 1e6

    run()
    microseconds = [run() for _ in range(9)]
    print(json.dumps({"version": torch.__version__, "microseconds": microseconds, "before": before, "peak": size()}))


if __name__ == "__main__":
    main()
