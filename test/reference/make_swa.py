"""swa_utils: python make_swa.py writes optim_swa.json."""

import torch
import torch.nn as nn
from torch.optim import SGD
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_avg_fn, get_ema_multi_avg_fn, get_swa_multi_avg_fn, update_bn

from common import encode, write

averages = []
for name, options in [
    ("swa", {}),
    ("ema", {"avg_fn": get_ema_avg_fn(0.9)}),
    ("swa multi", {"multi_avg_fn": get_swa_multi_avg_fn()}),
    ("ema multi", {"multi_avg_fn": get_ema_multi_avg_fn(0.9)}),
]:
    # PyTorch refuses to average the counter of batches so.
    for buffers in [False] if name == "swa multi" else [False, True]:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
        start = encode(model.state_dict())
        averaged = AveragedModel(model, use_buffers=buffers, **options)
        optimizer = SGD(model.parameters(), lr=0.1)
        batches = [torch.randn(6, 3) for _ in range(5)]
        for x in batches:
            optimizer.zero_grad()
            model(x).square().mean().backward()
            optimizer.step()
            averaged.update_parameters(model)
        after = encode(averaged.state_dict())
        update_bn(batches, averaged)
        averages.append({"name": name, "useBuffers": buffers, "start": start, "batches": [encode(b) for b in batches], "after": after, "updated": encode(averaged.state_dict())})

rates = []
for kwargs in [{"swa_lr": 0.05}, {"swa_lr": 0.05, "anneal_epochs": 4, "anneal_strategy": "linear"}, {"swa_lr": [0.01, 0.3], "anneal_epochs": 3}, {"swa_lr": 0.05, "anneal_epochs": 0}]:
    optimizer = SGD([{"params": [nn.Parameter(torch.ones(1))], "lr": 0.5}, {"params": [nn.Parameter(torch.ones(1))], "lr": 0.2}])
    scheduler = SWALR(optimizer, **kwargs)
    rows = [[g["lr"] for g in optimizer.param_groups]]
    for _ in range(14):
        optimizer.step()
        scheduler.step()
        rows.append([g["lr"] for g in optimizer.param_groups])
    rates.append({"kwargs": kwargs, "rows": rows})
write("optim_swa.json", {"averages": averages, "rates": rates})
