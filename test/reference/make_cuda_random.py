"""PyTorch's random numbers on a card, for test/cuda/card/random.test.ts: python make_cuda_random.py > cuda_random.json

Needs PyTorch with CUDA and a card. The numbers of up to some thousand elements are the same on every card; those of more follow
from its number of multiprocessors, which is written down. Each case is drawn twice after one seed: the first and the last numbers
and the sum of each, and one number more, which shows how far the generator has gone.
"""

import json

import torch
import torch.nn.functional as F
from torch import nn

SIZES = [1, 5, 1000, 3000, 100003, 3000001]


def by_size(n):
    half, double = torch.float16, torch.float64
    return {
        "rand": lambda: torch.rand(n),
        "randn": lambda: torch.randn(n),
        "rand of float64": lambda: torch.rand(n, dtype=double),
        "randn of float64": lambda: torch.randn(n, dtype=double),
        "rand of float16": lambda: torch.rand(n, dtype=half),
        "randn of bfloat16": lambda: torch.randn(n, dtype=torch.bfloat16),
        "randint": lambda: torch.randint(0, 10, (n,)),
        "randint of 41 bits": lambda: torch.randint(-5, 2**40, (n,)),
        "bernoulli": lambda: torch.full((n,), 0.3).bernoulli(),
        "bernoulli_": lambda: torch.empty(n).bernoulli_(0.7),
        "exponential_": lambda: torch.empty(n).exponential_(2.0),
        "uniform_": lambda: torch.empty(n).uniform_(-3, 5),
        "normal_": lambda: torch.empty(n).normal_(1, 3),
        "dropout": lambda: F.dropout(torch.ones(n), 0.4),
        "random_": lambda: torch.empty(n, dtype=torch.int32).random_(),
        "randperm": lambda: torch.randperm(n),
        "cauchy_": lambda: torch.empty(n).cauchy_(),
        "log_normal_": lambda: torch.empty(n).log_normal_(),
        "geometric_": lambda: torch.empty(n).geometric_(0.3),
    }


def dense():
    model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Dropout(0.3), nn.BatchNorm1d(64), nn.Linear(64, 4))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return losses(model, optimizer, torch.randn(128, 20), torch.randint(0, 4, (128,)), 40)


def convolutional():
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout2d(0.2), nn.Flatten(),
        nn.Linear(8 * 49, 4),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    return losses(model, optimizer, torch.randn(32, 1, 14, 14), torch.randint(0, 4, (32,)), 20)


def losses(model, optimizer, x, y, steps):
    found = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        found.append(loss.detach())
    return torch.stack(found)


OTHERS = {
    "uniform_ of a transposed matrix": lambda: torch.empty(7, 9).t().uniform_(),
    "multinomial": lambda: torch.multinomial(torch.tensor([0.1, 0.2, 0.3, 0.4]), 3),
    "multinomial with replacement": lambda: torch.multinomial(torch.tensor([0.1, 0.2, 0.3, 0.4]), 20, replacement=True),
    "Linear": lambda: nn.Linear(7, 5).weight.detach(),
    "Conv2d": lambda: nn.Conv2d(2, 3, 3).weight.detach(),
    "LSTM": lambda: nn.LSTM(3, 4).weight_ih_l0.detach(),
    "xavier_normal_": lambda: nn.init.xavier_normal_(torch.empty(5, 6)),
    "orthogonal_": lambda: nn.init.orthogonal_(torch.empty(3, 6)),
    "gumbel_softmax": lambda: F.gumbel_softmax(torch.zeros(4, 5)),
    "dropout2d": lambda: F.dropout2d(torch.ones(3, 8, 2, 2), 0.5),
    "losses of a dense network": dense,
    "losses of a convolutional network": convolutional,
}


def drawn(draw, ends):
    torch.manual_seed(7)
    found = []
    for _ in range(2):
        x = draw().flatten().double()
        found.append({"start": x[:ends].tolist(), "end": x[-6:].tolist(), "sum": x.sum().item()})
    return {"draws": found, "after": torch.rand(1).item()}


if __name__ == "__main__":
    torch.set_default_device("cuda")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    card = torch.cuda.get_device_properties(0)
    cases = [{"name": name, "n": n, **drawn(draw, 6)} for n in SIZES for name, draw in by_size(n).items()]
    cases += [{"name": name, "n": None, **drawn(draw, 60)} for name, draw in OTHERS.items()]
    print(json.dumps({"torch": torch.__version__, "card": card.name, "multiprocessors": card.multi_processor_count, "cases": cases}))
