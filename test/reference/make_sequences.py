"""Layers over sequences: python make_sequences.py writes nn_sequences.json.

`cases` are as in make_nn.py; `packed` runs recurrent layers over packed sequences; `pack` is the packing itself.
"""

import torch
import torch.nn as nn
import torch.nn.utils.rnn as R

import make_nn
from common import backward, encode, write
from make_nn import module

packed = []
packs = []


def recurrent_modules():
    plain = [{}, {"bias": False}, {"bidirectional": True}, {"num_layers": 2}, {"batch_first": True}]
    for name, kinds in [("RNN", [{}, {"nonlinearity": "relu"}]), ("LSTM", [{}, {"proj_size": 1}]), ("GRU", [{}])]:
        for kind in kinds:
            for kwargs in plain:
                module(name, (2, 2, 3), args=(3, 2), kwargs={**kind, **kwargs})
            state = (lambda *lead: ((*lead, kind.get("proj_size", 2)), (*lead, 2))) if name == "LSTM" else (lambda *lead: (*lead, 2))
            module(name, (2, 2, 2), state(1, 2), args=(2, 2), kwargs=kind)
            module(name, (3, 3), args=(3, 2), kwargs=kind)
            module(name, (2, 2), state(1), args=(2, 2), kwargs=kind)
            module(name, (2, 3, 3), state(4, 2), args=(3, 2), kwargs={**kind, "num_layers": 2, "bidirectional": True, "batch_first": True, "dropout": 0.5})
        module(name, (5, 3, 2), args=(2, 3), kwargs={"num_layers": 3, "dropout": 0.3, "bidirectional": True}, gradcheck=False)
        module(name, (5, 3, 2), args=(2, 3), kwargs={"num_layers": 3, "dropout": 0.3}, train=False, gradcheck=False)
        module(name, (1, 1, 2), args=(2, 1))
        module(name, (3, 0, 3), args=(3, 2), gradcheck=False)
        # 9 and 17 are no multiples of a vector's width.
        module(name, (3, 4, 5), args=(5, 9), gradcheck=False)
        module(name, lambda: torch.randn(4, 3, 2, dtype=torch.float64).requires_grad_(), args=(2, 17), kwargs={"dtype": torch.float64}, gradcheck=False)
    for name, kinds in [("RNNCell", [{}, {"nonlinearity": "relu"}]), ("LSTMCell", [{}]), ("GRUCell", [{}])]:
        for kind in kinds:
            state = (lambda *lead: ((*lead, 2), (*lead, 2))) if name == "LSTMCell" else (lambda *lead: (*lead, 2))
            module(name, (2, 3), args=(3, 2), kwargs=kind)
            module(name, (2, 3), state(2), args=(3, 2), kwargs=kind)
            module(name, (2, 3), state(2), args=(3, 2), kwargs={**kind, "bias": False})
            module(name, (3,), state(), args=(3, 2), kwargs=kind)


def packed_case(name, lengths, kwargs=None, hx=False, **pack):
    kwargs = kwargs or {}
    seed = 7000 + len(packed)
    torch.manual_seed(seed)
    made = getattr(nn, name)(3, 4, **kwargs)
    x = torch.randn(*((len(lengths), max(lengths)) if pack.get("batch_first") else (max(lengths), len(lengths))), 3).requires_grad_()
    lead = made.num_layers * (2 if made.bidirectional else 1)
    given = None
    if hx:
        states = [torch.randn(lead, len(lengths), made.proj_size or 4), torch.randn(lead, len(lengths), 4)]
        given = tuple(states) if name == "LSTM" else states[0]
    torch.manual_seed(seed + 500)
    output, h = made(R.pack_padded_sequence(x, torch.tensor(lengths), **pack), given)
    padded, back = R.pad_packed_sequence(output, batch_first=True, total_length=max(lengths) + 1, padding_value=-1.0)
    backward([padded, *(h if isinstance(h, tuple) else [h])])
    packed.append(
        {
            "label": f"{name}({kwargs}) of {lengths}, {pack}{', given states' if hx else ''}",
            "seed": seed,
            "name": name,
            "kwargs": encode(kwargs),
            "lengths": lengths,
            "pack": pack,
            "input": encode(x),
            "hx": encode(given),
            "data": encode(output.data),
            "h": encode(h),
            "padded": encode(padded),
            "lengthsBack": encode(back),
            "inputGrad": encode(x.grad),
            "parameterGrads": {k: encode(p.grad) for k, p in made.named_parameters()},
        }
    )


def packed_layers():
    for name in ["RNN", "LSTM", "GRU"]:
        packed_case(name, [4, 2, 1])
        packed_case(name, [2, 4, 4, 1], batch_first=True, enforce_sorted=False)
        packed_case(name, [1, 3, 2], {"bidirectional": True, "num_layers": 2, "dropout": 0.4}, hx=True, enforce_sorted=False)
    packed_case("LSTM", [3, 1], {"proj_size": 2, "bidirectional": True}, hx=True)
    packed_case("LSTM", [3])


def packing():
    torch.manual_seed(0)
    for lengths, shape, kwargs in [([3, 2, 2], (), {}), ([1, 4, 2], (2,), {"enforce_sorted": False}), ([2, 3], (2, 2), {"enforce_sorted": False, "batch_first": True})]:
        shape = ((len(lengths), max(lengths)) if kwargs.get("batch_first") else (max(lengths), len(lengths))) + shape
        x = torch.randn(shape).requires_grad_()
        p = R.pack_padded_sequence(x, lengths, **kwargs)
        backward(p.data)
        rounded = R.PackedSequence(p.data.detach(), *p[1:])
        padded, back = R.pad_packed_sequence(rounded)
        total = R.pad_packed_sequence(rounded, batch_first=True, padding_value=9.0, total_length=6)[0]
        packs.append({"lengths": lengths, "kwargs": kwargs, "input": encode(x), "fields": encode(list(p)), "text": str(rounded), "textWithNode": str(p), "grad": encode(x.grad), "padded": encode(padded), "back": encode(back), "total": encode(total)})


if __name__ == "__main__":
    torch.set_num_threads(1)
    recurrent_modules()
    packed_layers()
    packing()
    write("nn_sequences.json", {"cases": make_nn.modules, "packed": packed, "pack": packs})
