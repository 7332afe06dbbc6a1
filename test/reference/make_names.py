"""By which names PyTorch takes the arguments of the cases of make_ops.py: python make_names.py writes ops/names.json.

For an op and a number of arguments after the first: their names, found in its schemas and tried out. The tests then call
every case of them by name as well. Where the names differ between cases there are none.
"""

import collections
import inspect
import json
import warnings

import torch

import make_ops
from harness import arguments, made

warnings.filterwarnings("ignore")
schemas = collections.defaultdict(list)
for schema in torch._C._jit_get_all_schemas():
    if schema.name.startswith("aten::"):
        schemas[schema.name[6:]].append([a.name for a in schema.arguments if not a.is_out])


def candidates(name):
    *module, last = name.split(".")
    space = torch
    for part in module:
        space = getattr(space, part)
    try:
        yield list(inspect.signature(getattr(space, last)).parameters)
    except (ValueError, TypeError, AttributeError):
        pass
    yield from schemas[f"{module[-1]}_{last}" if module and module[-1] != "functional" else last]


def names_of(name, place, args, kwargs):
    for candidate in candidates(name):
        names = candidate[1 : len(args)]
        if not names or len(candidate) < len(args):
            continue
        tensors = []
        arguments([list(args), *kwargs.values()], tensors)
        table = {id(t): t.make() for t in tensors}
        given = made(list(args), table)
        named = {key: made(value, table) for key, value in kwargs.items()}
        if name.endswith("_"):
            given[0] = given[0].clone()
        try:
            with torch.no_grad():
                make_ops.call(name, place, given[:1], {**named, **dict(zip(names, given[1:]))})
            return names
        except (RuntimeError, IndexError, TypeError, ValueError):
            pass
    return None


found = {}
for family in make_ops.families:
    for name, args, kwargs, options in family.cases:
        if options.get("raises") or name.startswith("__") or len(args) < 2:
            continue
        places = options.get("places") or make_ops.targets(name)
        key = f"{name} {len(args) - 1}"
        names = names_of(name, places[-1], args, kwargs)
        found[key] = names if found.get(key, names) == names else None
with open(make_ops.here / "ops" / "names.json", "w") as file:
    rows = (f"{json.dumps(key)}:{json.dumps(names)}" for key, names in sorted(found.items()) if names)
    file.write("{" + ",\n".join(rows) + "}\n")
