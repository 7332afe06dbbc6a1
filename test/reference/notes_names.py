"""The names of PyTorch's that a set of notes uses, in code and in prose. Writes notes_names.json.

    python notes_names.py FOLDER

FOLDER holds the notes as text. A name counts when the installed PyTorch has it: `torch.tensor`, `nn.Linear`, `F.silu` under
their full names; a method (`.backward(`, `.grad`) under each class that has it and that the notes can mean; a name that
stands alone when it cannot be an English word (`DataLoader`, `pack_padded_sequence`). torchvision's names count as written.
"""

import json
import pathlib
import re
import sys
import types

import torch
import torch.nn.utils.prune
import torch.optim.lr_scheduler
import torch.utils.data

ROOTS = {
    "torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional", "optim": "torch.optim", "init": "torch.nn.init",
    "T": "torchvision.transforms.v2", "transforms": "torchvision.transforms.v2", "torchvision": "torchvision",
    "prune": "torch.nn.utils.prune", "lr_scheduler": "torch.optim.lr_scheduler",
}
# Where a name that stands alone is looked for, in this order.
PLACES = ["torch.nn", "torch.nn.init", "torch.nn.utils", "torch.nn.utils.rnn", "torch.optim.lr_scheduler", "torch.optim",
          "torch.utils.data", "torch.nn.functional", "torch"]
# The classes whose methods and attributes the notes use, and what else could be meant by the same word.
CLASSES = {
    "Tensor": torch.Tensor, "Module": torch.nn.Module, "Optimizer": torch.optim.Optimizer,
    "LRScheduler": torch.optim.lr_scheduler.LRScheduler,
}
NOT_TORCH = {  # methods of Python's own classes and of NumPy's
    "format", "get", "items", "keys", "append", "join", "index", "copy", "values", "setdefault", "split", "type", "name", "to_py",
}


def find(path):
    """What the dotted path names, or None."""
    value = torch
    for part in path.split(".")[1:]:
        value = getattr(value, part, None)
        if value is None:
            return None
    return value


def dotted(text):
    for name in re.findall(r"(?<![\w./])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)", text):
        root, rest = name.split(".", 1)
        rest = rest.removesuffix(".html")
        if root not in ROOTS:
            continue
        path = f"{ROOTS[root]}.{rest}"
        if path.startswith("torchvision"):
            if path not in ROOTS.values():
                yield path
            continue
        if path.startswith("torch.optim.adamw.") or path.startswith("torch.nn.modules."):
            continue  # a class's printed path
        if path.startswith("torch.Tensor."):
            yield path.removeprefix("torch.")
        elif find(path) is not None and not path.endswith(".data"):
            yield path


def members(text):
    for name in re.findall(r"(?<=[\w)\]])\.([a-z_]\w*)", text):
        if name in NOT_TORCH or name.startswith("__"):
            continue
        owners = [owner for owner, cls in CLASSES.items() if hasattr(cls, name)]
        yield from (f"{owner}.{name}" for owner in owners)


def alone(text):
    for name in set(re.findall(r"(?<![\w.])([A-Za-z_]\w*)(?!\w)", text)):
        if not (re.search(r"[a-z][A-Z]|[A-Z]{2,}[a-z]|_[a-z]", name)) or name.startswith("_"):
            continue
        for place in PLACES:
            value = find(place)
            if hasattr(value, name):
                yield f"{place}.{name}"
                break


def imported(text):
    """`from torch.utils.data import DataLoader, Subset`, and classes in a column of their own: `SGD(momentum=...)`"""
    for module, names in re.findall(r"from (torch[\w.]*) import ([\w, ]+)", text):
        yield from (f"{module}.{name.strip()}" for name in names.split(","))
    for name in re.findall(r"`([A-Z]\w+)(?:\([^`]*\))?`", text):
        if hasattr(torch.optim, name):
            yield f"torch.optim.{name}"


def main(folder):
    names = set()
    for file in sorted(pathlib.Path(folder).glob("*.md")):
        text = file.read_text()
        prose = re.sub(r"https?://\S+", " ", text)
        names.update(dotted(text))
        names.update(members(prose))
        names.update(alone(prose))
        names.update(imported(text))
    # A module is no name to look up; `torch.data` and the like are words.
    names = sorted(n for n in names if not isinstance(find(n) if n.startswith("torch.") else None, types.ModuleType))
    path = pathlib.Path(__file__).parent / "notes_names.json"
    path.write_text(json.dumps({"about": f"made by {pathlib.Path(__file__).name}", "names": names}, indent="\t") + "\n")
    print(f"{path}: {len(names)} names")


main(sys.argv[1])
