"""Files of PyTorch and NumPy: python make_files.py writes files/ and files.json, what is in them."""

import os

import numpy as np
import torch
import torch.nn as nn

from common import encode, write

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
os.makedirs(here, exist_ok=True)
torch.manual_seed(0)
content = {}

model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
x = torch.randn(5, 3)
model(x).square().sum().backward()
optimizer.step()
checkpoint = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "name": "first", "loss": 0.25, "big": 2**60, "none": None, "flags": (True, False)}
torch.save(checkpoint, os.path.join(here, "checkpoint.pt"))
content["checkpoint.pt"] = {"model": encode(model.state_dict()), "input": encode(x), "output": encode(model(x))}

base = torch.arange(12.0).reshape(3, 4)
tensors = {str(d).removeprefix("torch."): torch.arange(6).reshape(2, 3).to(d) for d in [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool]}
tensors |= {"transposed": base.t(), "row": base[1], "base": base, "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "parameter": nn.Parameter(torch.ones(2))}
torch.save(tensors, os.path.join(here, "tensors.pt"))
content["tensors.pt"] = encode(tensors)
torch.save(model, os.path.join(here, "module.pt"))

arrays = {"f8": np.arange(6.0).reshape(2, 3), "f4": np.float32([1.5, -2]), "f2": np.float16([1, 2]), "i8": np.int64([[1, -2]]), "i2": np.int16([3]), "b1": np.array([True, False]), "u2": np.uint16([65535, 1]), "u4": np.uint32([4294967295]), "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "big": np.arange(3, dtype=">i4"), "scalar": np.float64(4.5)}
np.savez(os.path.join(here, "arrays.npz"), **arrays)
np.savez_compressed(os.path.join(here, "packed.npz"), **arrays)
np.save(os.path.join(here, "array.npy"), arrays["f8"])
content["arrays"] = {k: {"values": np.asarray(v).reshape(-1).tolist(), "shape": list(np.shape(v))} for k, v in arrays.items()}
write("files.json", content)
