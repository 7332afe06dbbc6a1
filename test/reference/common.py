"""What the scripts that make reference numbers share: PyTorch's values as JSON."""

import json
import math
import os

import torch


def number(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def encode(value):
    """Tensors as {"tensor": flat values, "shape", "dtype"}; tuples and lists as lists; the rest as it is."""
    if isinstance(value, torch.Tensor):
        flat = value.detach().contiguous()
        if flat.dtype in (torch.float16, torch.bfloat16):
            flat = flat.float()
        return {
            "tensor": [number(x) for x in flat.reshape(-1).tolist()],
            "shape": list(value.shape),
            "dtype": str(value.dtype).removeprefix("torch."),
        }
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, torch.dtype):
        return {"torchDtype": str(value).removeprefix("torch.")}
    return number(value)


def weights(output):
    """Fixed weights that differ between elements: the gradient of (output * weights).sum() tests every element."""
    i = torch.arange(output.numel(), dtype=torch.float64)
    return (0.5 + (i * 37) % 11 / 7).to(output.dtype).reshape(output.shape)


def differentiable(outputs):
    if isinstance(outputs, torch.Tensor):
        return [outputs] if outputs.requires_grad else []
    if isinstance(outputs, (list, tuple)):
        return [tensor for item in outputs for tensor in differentiable(item)]
    return []


def backward(outputs):
    tensors = differentiable(outputs)
    if tensors:
        torch.autograd.backward(tensors, [weights(t) for t in tensors])


def write(name, content):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, "w") as file:
        json.dump({"torch": torch.__version__.split("+")[0], **content}, file, separators=(",", ":"))
        file.write("\n")
    print(path, os.path.getsize(path), "bytes")
