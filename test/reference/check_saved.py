"""Reads a checkpoint that the engine saved: python check_saved.py FILE.pt FILE.npz. Says what PyTorch and NumPy find."""

import json
import sys

import numpy as np
import torch
import torch.nn as nn

saved = torch.load(sys.argv[1], weights_only=True)
model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
model.load_state_dict(saved["model"])
optimizer = torch.optim.Adam(model.parameters())
optimizer.load_state_dict(saved["optimizer"])
array = np.load(sys.argv[2])
print(json.dumps({"epoch": saved["epoch"], "step": optimizer.state[model[0].weight]["step"].item(), "lr": optimizer.param_groups[0]["lr"], "output": model(saved["input"]).tolist(), "array": {k: [str(array[k].dtype), array[k].tolist()] for k in array}}))
