"""PyTorch's answers for every op: values and gradients. Writes ops/*.json.

    python make_ops.py

A case is an op's name and its arguments as PyTorch takes them. The tests call the op under its camelCase name with the
same arguments, keyword arguments in one options object, and do all the rest themselves: float32 and float64, function
and method, in-place form, strided inputs, gradcheck of first and second derivatives.
"""

import pathlib
import warnings

import torch

import harness
from cases import indexing, matrix, pointwise, reductions, shapes, surface

# After the others, with a count of inputs of their own: what one family adds leaves the others' numbers alone.
from cases import convolution, pooling, linalg, dtypes, further, found, special
from harness import arguments, flat, gradients, made, result

warnings.filterwarnings("ignore")
here = pathlib.Path(__file__).parent


def targets(name):
    """Where PyTorch has the op: the tests ask for it in the same places."""
    *module, last = name.split(".")
    if module:
        space = torch
        for part in module:
            space = getattr(space, part)
        return [".".join(module)] if hasattr(space, last) else []
    places = []
    if hasattr(torch, name) and not name.endswith("_"):
        places.append("torch")
    if hasattr(torch.Tensor, name):
        places.append("Tensor")
    return places


def call(name, place, args, kwargs):
    if name == "__setitem__":
        x = args[0].clone()
        x[args[1]] = args[2]
        return x
    if place == "Tensor":
        found = getattr(args[0], name.split(".")[-1])
        return found(*args[1:], **kwargs) if callable(found) else found
    space = torch
    if place != "torch":
        for part in place.split("."):
            space = getattr(space, part)
    return getattr(space, name.split(".")[-1])(*args, **kwargs)


def first_that_takes(name, places, args, kwargs):
    """Some functions take sizes only as one list where the method takes them one by one."""
    for place in places[:-1]:
        try:
            return call(name, place, args, kwargs)
        except TypeError:
            pass
    return call(name, places[-1], args, kwargs)


def run(case):
    name, args, kwargs, options = case
    options = dict(options)
    places = options.pop("places", None) or targets(name)
    tensors = []
    row = {"op": name, "in": places, "args": arguments(list(args), tensors)}
    if kwargs:
        row["kwargs"] = {key: arguments(value, tensors) for key, value in kwargs.items()}
    table = {id(t): t.make() for t in tensors}
    inputs = [table[id(t)] for t in tensors]
    actual = made(list(args), table)
    named = {key: made(value, table) for key, value in kwargs.items()}
    if name.endswith("_"):
        actual[0] = actual[0].clone()
    try:
        outputs = flat(first_that_takes(name, places, actual, named))
    except (RuntimeError, IndexError, TypeError, ValueError) as error:
        if not options.pop("raises", False):
            raise RuntimeError(f"{name}{args}{kwargs}: {error}") from error
        row["error"] = str(error).split("\n")[0]
        return row
    assert not options.pop("raises", False), f"{name}{args}{kwargs}: no error"
    row["out"] = [result(y) for y in outputs]
    first = next((y for y in outputs if isinstance(y, torch.Tensor) and y.grad_fn is not None), None)
    if first is not None:
        row["node"] = type(first.grad_fn).__name__
    try:
        found = gradients(outputs, inputs)
    except NotImplementedError:  # some in-place forms
        found = None
    if found is not None:
        row["grads"] = found
    row.update(options)
    return row


families = (pointwise, reductions, shapes, matrix, indexing, surface, convolution, pooling, linalg, dtypes, further, found, special)

if __name__ == "__main__":
    for family in families:
        name = family.__name__.split(".")[-1]
        rows = [run(case) for case in family.cases]
        harness.write(here / "ops" / f"{name}.json", f"made by {pathlib.Path(__file__).name}", rows)
