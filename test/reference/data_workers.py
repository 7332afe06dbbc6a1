"""What PyTorch's loaders give with workers: writes data_workers.json beside this file.

Run with any recent PyTorch: python3 test/reference/data_workers.py
Items are [index, a random number of the worker's generator, the worker's id]. Every case ends with numbers drawn from
the default generator, which show that exactly as much was drawn before.
"""

import json
import pathlib

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, WeightedRandomSampler, get_worker_info


def item(index):
    info = get_worker_info()
    return [index, torch.rand(()).item(), info.id if info else -1]


class Drawing(Dataset):
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return item(index)


class Stream(IterableDataset):
    """0 to n - 1; `split` gives each worker every numWorkers-th."""

    def __init__(self, n, split):
        self.n, self.split = n, split

    def __iter__(self):
        info = get_worker_info()
        step = info.num_workers if info and self.split else 1
        start = info.id if info and self.split else 0
        return (item(i) for i in range(start, self.n, step))


def listed(batch):
    return [part.tolist() if isinstance(part, torch.Tensor) else part for part in batch]


def case(kind, n, seed, epochs=2, generator_seed=None, weighted=False, **options):
    torch.manual_seed(seed)
    more = {}
    if generator_seed is not None:
        more["generator"] = torch.Generator().manual_seed(generator_seed)
    if weighted:
        more["sampler"] = WeightedRandomSampler([1.0] * n, 2 * n)
    dataset = Drawing(n) if kind == "map" else Stream(n, kind == "split")
    loader = DataLoader(dataset, **options, **more)
    found = [[listed(batch) for batch in loader] for _ in range(epochs)]
    row = {"kind": kind, "n": n, "seed": seed, "generatorSeed": generator_seed, "weighted": weighted, "options": options,
           "epochs": found, "after": torch.randint(0, 1_000_000, (3,)).tolist()}
    if generator_seed is not None:
        row["generatorAfter"] = torch.randint(0, 1_000_000, (3,), generator=more["generator"]).tolist()
    return row


def between():
    """Numbers drawn in the loop do not disturb the workers, nor they the loop; a shuffled order is drawn at its start."""
    torch.manual_seed(4)
    loader = DataLoader(Drawing(9), batch_size=2, shuffle=True, num_workers=2)
    return [[listed(batch), torch.rand(()).item()] for batch in loader]


if __name__ == "__main__":
    result = {
        "torch": torch.__version__,
        "cases": [
            case("map", 11, 0, batch_size=2, num_workers=2),
            case("map", 11, 0, batch_size=2, num_workers=2, shuffle=True),
            case("map", 13, 1, batch_size=3, num_workers=3, shuffle=True, drop_last=True),
            case("map", 5, 2, batch_size=2, num_workers=4, shuffle=True, prefetch_factor=1),
            case("map", 4, 2, batch_size=None, num_workers=2, shuffle=True),
            case("map", 9, 3, batch_size=2, num_workers=2, shuffle=True, generator_seed=7),
            case("map", 9, 3, batch_size=2, num_workers=2, shuffle=True, persistent_workers=True, epochs=3),
            case("map", 40, 5, batch_size=7, num_workers=2, weighted=True),
            case("whole", 7, 0, batch_size=2, num_workers=0),
            case("whole", 7, 0, batch_size=2, num_workers=0, drop_last=True),
            case("whole", 3, 0, batch_size=None, num_workers=0),
            case("whole", 5, 0, batch_size=2, num_workers=2),
            case("split", 9, 1, batch_size=2, num_workers=2),
            case("split", 9, 1, batch_size=2, num_workers=2, drop_last=True),
            case("split", 5, 1, batch_size=2, num_workers=3, persistent_workers=True),
            case("split", 5, 1, batch_size=None, num_workers=2),
        ],
        "between": between(),
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes")
