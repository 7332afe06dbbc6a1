"""What PyTorch's samplers and loaders draw: writes data.json beside this file.

Run with any recent PyTorch: python3 test/reference/data.py
Every case starts from a seed, walks some epochs, and ends with numbers drawn from the default generator, which show
that exactly as much was drawn before.
"""

import json
import pathlib

import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    DistributedSampler,
    WeightedRandomSampler,
    random_split,
)


def after():
    return torch.randint(0, 1_000_000, (3,)).tolist()


def epochs(loader, count):
    return [[torch.as_tensor(batch).tolist() for batch in loader] for _ in range(count)]


def loader_case(n, seed, epoch_count=2, generator_seed=None, **options):
    torch.manual_seed(seed)
    generator = None
    if generator_seed is not None:
        generator = torch.Generator()
        generator.manual_seed(generator_seed)
    loader = DataLoader(range(n), generator=generator, **options)
    case = {
        "n": n,
        "seed": seed,
        "generatorSeed": generator_seed,
        "options": options,
        "length": len(loader),
        "epochs": epochs(loader, epoch_count),
        "after": after(),
    }
    if generator is not None:
        case["generatorAfter"] = torch.randint(0, 1_000_000, (3,), generator=generator).tolist()
    return case


def sampler_case(seed, make, generator_seed=None, batch_size=4, drop_last=False):
    torch.manual_seed(seed)
    generator = None
    if generator_seed is not None:
        generator = torch.Generator()
        generator.manual_seed(generator_seed)
    sampler = make(generator)
    loader = DataLoader(range(1000), batch_sampler=BatchSampler(sampler, batch_size, drop_last))
    case = {
        "seed": seed,
        "generatorSeed": generator_seed,
        "batchSize": batch_size,
        "dropLast": drop_last,
        "length": len(sampler),
        "once": list(sampler),
        "epochs": epochs(loader, 2),
        "after": after(),
    }
    if generator is not None:
        case["generatorAfter"] = torch.randint(0, 1_000_000, (3,), generator=generator).tolist()
    return case


def left_early():
    """A loop left by break, then two loaders side by side: what is drawn when."""
    torch.manual_seed(3)
    loader = DataLoader(range(7), batch_size=2, shuffle=True)
    first = next(iter(loader)).tolist()
    between = after()
    a, b = iter(loader), iter(loader)
    side_by_side = [[x.tolist(), y.tolist()] for x, y in zip(a, b)]
    # The permutation's seed is drawn with the first batch, not with the iterator.
    c = iter(loader)
    torch.manual_seed(5)
    late = [x.tolist() for x in c]
    return {"first": first, "between": between, "sideBySide": side_by_side, "late": late, "after": after()}


def splits():
    cases = []
    for seed, n, lengths in [(0, 10, [3, 7]), (42, 30, [0.3, 0.3, 0.4]), (1, 11, [0.5, 0.5]), (2, 5, [1.0])]:
        torch.manual_seed(seed)
        cases.append(
            {
                "seed": seed,
                "n": n,
                "lengths": lengths,
                "indices": [list(part.indices) for part in random_split(range(n), lengths)],
                "after": after(),
            }
        )
    return cases


def distributed(n, replicas, **options):
    """The indices of every process, in two epochs."""
    epochs = []
    for epoch in [0, 3]:
        samplers = [DistributedSampler(range(n), replicas, rank, **options) for rank in range(replicas)]
        for sampler in samplers:
            sampler.set_epoch(epoch)
        epochs.append([list(sampler) for sampler in samplers])
    return {"n": n, "replicas": replicas, "options": options, "epochs": epochs}


def weighted(replacement, num_samples):
    weights = [0.1, 0.9, 0.4, 0.7, 3.0, 0.6, 0.0, 2.0]
    return lambda generator: WeightedRandomSampler(weights, num_samples, replacement=replacement, generator=generator)


result = {
    "torch": torch.__version__,
    "loaders": [
        loader_case(10, 0, batch_size=3),
        loader_case(10, 0, batch_size=3, shuffle=True),
        loader_case(10, 1234, epoch_count=3, batch_size=3, shuffle=True, drop_last=True),
        loader_case(12, 7, batch_size=4, shuffle=True, drop_last=True),
        loader_case(12, 7, batch_size=4, shuffle=True),
        loader_case(5, 2, shuffle=True),
        loader_case(5, 2, batch_size=8, shuffle=True),
        loader_case(5, 2, batch_size=8, shuffle=True, drop_last=True),
        loader_case(6, 9, batch_size=None, shuffle=True),
        loader_case(6, 9, batch_size=None),
        loader_case(10, 0, generator_seed=11, batch_size=3, shuffle=True),
        loader_case(10, 0, generator_seed=11, batch_size=3, shuffle=True, drop_last=True),
        loader_case(9, 0, generator_seed=11, batch_size=3, shuffle=True, epoch_count=3),
        loader_case(9, 0, generator_seed=11, batch_size=3),
        loader_case(1000, 2147483648, batch_size=100, shuffle=True, epoch_count=1),
    ],
    "samplers": {
        "sequential": sampler_case(0, lambda _: SequentialSampler(range(6))),
        "random": sampler_case(0, lambda g: RandomSampler(range(6), generator=g)),
        "randomGenerator": sampler_case(0, lambda g: RandomSampler(range(6), generator=g), generator_seed=5),
        "randomMore": sampler_case(1, lambda g: RandomSampler(range(5), num_samples=13, generator=g)),
        "randomMoreGenerator": sampler_case(
            1, lambda g: RandomSampler(range(5), num_samples=15, generator=g), generator_seed=6, batch_size=7
        ),
        "randomMoreDropLast": sampler_case(
            1, lambda g: RandomSampler(range(5), num_samples=13, generator=g), generator_seed=6, drop_last=True
        ),
        "randomFewer": sampler_case(2, lambda g: RandomSampler(range(50), num_samples=7, generator=g)),
        "replacement": sampler_case(3, lambda g: RandomSampler(range(50), replacement=True, num_samples=70, generator=g)),
        "replacementGenerator": sampler_case(
            3, lambda g: RandomSampler(range(50), replacement=True, num_samples=64, generator=g), generator_seed=7
        ),
        "subset": sampler_case(4, lambda g: SubsetRandomSampler([3, 1, 4, 15, 9, 2, 6], generator=g)),
        "weighted": sampler_case(5, weighted(True, 20)),
        "weightedWithout": sampler_case(6, weighted(False, 5)),
        "weightedGenerator": sampler_case(6, weighted(True, 9), generator_seed=8),
    },
    "distributed": [
        distributed(n, replicas, shuffle=shuffle, drop_last=drop, seed=seed)
        for n, replicas, shuffle, drop, seed in [(10, 3, True, False, 0), (10, 3, True, True, 5), (7, 4, False, False, 0), (2, 5, True, False, 1), (9, 1, False, True, 0)]
    ],
    "leftEarly": left_early(),
    "splits": splits(),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
