"""PyTorch's milliseconds per epoch of a shuffling loader: python loader.py COUNT BATCH

`images`: torchvision's FashionMNIST over random images, with ToImage and ToDtype, as ../loader.bench.mjs (null without
torchvision); `tensors`: a TensorDataset of floats. On the thread of the loop, the fastest of three epochs (of images one). Prints JSON.
"""

import json
import sys
import time

import torch
from torch.utils.data import DataLoader, TensorDataset

count, batch = (int(argument) for argument in sys.argv[1:3])
data = torch.randint(0, 256, (count, 28, 28), dtype=torch.uint8)
targets = torch.randint(0, 10, (count,))


def fastest(dataset, runs):
    loader = DataLoader(dataset, batch_size=batch, shuffle=True)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        for x, y in loader:
            pass
        times.append((time.perf_counter() - start) * 1000)
    return min(times)


def images():
    try:
        from torchvision.datasets import FashionMNIST
        from torchvision.transforms import v2
    except ImportError:
        return None
    dataset = FashionMNIST.__new__(FashionMNIST)  # what its constructor makes of the files
    dataset.data, dataset.targets, dataset.target_transform = data, targets, None
    dataset.transform = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    return fastest(dataset, 1)


tensors = fastest(TensorDataset(data.float().unsqueeze(1), targets), 3)
print(json.dumps({"version": torch.__version__, "images": images(), "tensors": tensors}))
