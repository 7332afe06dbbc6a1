"""torchvision.utils.make_grid of small images: python make_grids.py writes vision_grids.json."""

import torch
from torchvision.utils import make_grid

from common import encode, write

torch.manual_seed(0)
batch, grey, one = (torch.rand(5, 3, 1, 2) * 4 - 1).round(decimals=3), torch.rand(3, 1, 1, 2).round(decimals=3), torch.rand(2, 2).round(decimals=3)
whole = torch.randint(0, 256, (3, 3, 1, 2), dtype=torch.uint8)
cases = []
for images, kwargs in [
    (batch, {}),
    (batch, {"nrow": 2, "padding": 1, "pad_value": 0.5}),
    (batch, {"normalize": True, "nrow": 3}),
    (batch, {"normalize": True, "value_range": [-0.5, 1.5], "padding": 0}),
    (batch, {"normalize": True, "scale_each": True}),
    (grey, {"nrow": 2}),
    ([grey[0], grey[1]], {}),
    (batch[0], {}),
    (one, {"normalize": True}),
    (whole, {"pad_value": 7}),
]:
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in kwargs.items()}
    cases.append({"images": encode(images), "kwargs": kwargs, "grid": encode(make_grid(images, **given))})
write("vision_grids.json", {"cases": cases})
