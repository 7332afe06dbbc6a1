"""Layers over sequences: python make_sequences.py writes nn_sequences.json.

`cases` and `functions` are as in make_nn.py; `packed` runs recurrent layers over packed sequences; `pack` is the packing itself.
"""

import torch
import torch.nn as nn
import torch.nn.utils.rnn as R

import make_nn
from common import backward, encode, write
from make_nn import function, module

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


def truths(*shape, seed):
    """Bool masks; the first column stays open."""
    mask = torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) < 0.5
    mask[..., 0] = False
    return mask


def causal(n):
    return nn.Transformer.generate_square_subsequent_mask(n)


def attention_functions():
    q, kv = (2, 2, 3, 4), (2, 2, 5, 4)
    name = "scaled_dot_product_attention"
    for kwargs in [{}, {"is_causal": True}, {"scale": 0.3}, {"attn_mask": ~truths(3, 5, seed=1)}, {"attn_mask": torch.randn(2, 1, 3, 5, generator=torch.Generator().manual_seed(2))}, {"attn_mask": ~truths(2, 1, 1, 5, seed=3)}]:
        function(name, q, kv, kv, kwargs=kwargs)
    blind = truths(3, 5, seed=4)
    blind[1] = True
    function(name, q, kv, kv, kwargs={"attn_mask": ~blind}, label="attention of a query that sees nothing")
    function(name, (3, 4), (5, 4), (5, 4))
    function(name, (2, 3, 4), (2, 5, 4), (2, 5, 6), kwargs={"attn_mask": ~truths(3, 5, seed=5)})
    function(name, (2, 1, 2, 3, 4), (1, 2, 2, 5, 4), (2, 2, 2, 5, 4))
    function(name, (1, 4, 3, 2), (1, 2, 3, 2), (1, 2, 3, 2), kwargs={"enable_gqa": True, "is_causal": True})
    function(name, q, kv, kv, kwargs={"dropout_p": 0.4}, gradcheck=False)
    function(name, q, kv, kv, kwargs={"dropout_p": 0.4, "is_causal": True}, gradcheck=False)
    function(name, (2, 2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 4), (3, 5), label="attention with a mask that wants a gradient")
    function(name, (1, 1, 70, 3), (1, 1, 70, 3), (1, 1, 70, 2), kwargs={"is_causal": True}, gradcheck=False, label="attention of more queries than a block has")


def attention_modules():
    none, no = (lambda: None), (lambda: False)
    shapes = [(3, 2, 4), (5, 2, 4), (5, 2, 4)]
    padding = lambda: truths(2, 5, seed=6)
    for kwargs in [{}, {"bias": False}, {"add_bias_kv": True}, {"add_zero_attn": True}, {"add_bias_kv": True, "add_zero_attn": True, "bias": False}, {"dropout": 0.3}]:
        gradcheck = "dropout" not in kwargs
        module("MultiheadAttention", *shapes, args=(4, 2), kwargs=kwargs, gradcheck=gradcheck, label=f"MultiheadAttention({kwargs}) with weights")
        module("MultiheadAttention", *shapes, padding, no, lambda: truths(3, 5, seed=7), args=(4, 2), kwargs=kwargs, gradcheck=gradcheck, label=f"MultiheadAttention({kwargs}) masked")
    module("MultiheadAttention", (3, 2, 4), (5, 2, 3), (5, 2, 6), args=(4, 2), kwargs={"kdim": 3, "vdim": 6})
    module("MultiheadAttention", (2, 3, 4), (2, 5, 4), (2, 5, 4), padding, args=(4, 2), kwargs={"batch_first": True}, label="MultiheadAttention, batch first, padded")
    module("MultiheadAttention", (3, 4), (5, 4), (5, 4), lambda: truths(5, seed=8), args=(4, 2), label="MultiheadAttention of one sequence")
    module("MultiheadAttention", *shapes, none, lambda: True, lambda: torch.randn(4, 3, 5), no, args=(4, 2), label="MultiheadAttention, weights of every head")
    module("MultiheadAttention", (2, 1, 2), (2, 1, 2), (2, 1, 2), none, no, args=(2, 2), label="MultiheadAttention, small")
    module("MultiheadAttention", (3, 2, 4), (3, 2, 4), (3, 2, 4), none, no, lambda: causal(3), no, lambda: True, args=(4, 2), label="MultiheadAttention, causal")


def transformer_modules():
    layer = {"dropout": 0.0}
    for kwargs in [layer, {}, {"batch_first": True}, {"batch_first": True, "norm_first": True}, {**layer, "norm_first": True, "activation": "gelu", "bias": False}, {**layer, "batch_first": True, "layer_norm_eps": 0.1}]:
        module("TransformerEncoderLayer", (3, 2, 4), args=(4, 2, 3), kwargs=kwargs, gradcheck=kwargs is layer)
        module("TransformerDecoderLayer", (3, 2, 4), (5, 2, 4) if not kwargs.get("batch_first") else (3, 5, 4), args=(4, 2, 3), kwargs=kwargs, gradcheck=kwargs is layer)
    module("TransformerEncoderLayer", (3, 2, 4), lambda: causal(3), lambda: truths(2, 3, seed=9).float().masked_fill(truths(2, 3, seed=9), float("-inf")), args=(4, 2, 3), kwargs=layer, gradcheck=False, label="TransformerEncoderLayer, masked")
    module("TransformerEncoderLayer", (3, 4), lambda: causal(3), lambda: None, lambda: True, args=(4, 2, 3), kwargs=layer, gradcheck=False, label="TransformerEncoderLayer of one sequence, causal")
    module("TransformerEncoderLayer", (3, 2, 4), args=(4, 2, 3), train=False, gradcheck=False)
    module("TransformerDecoderLayer", (3, 2, 4), (5, 2, 4), lambda: causal(3), lambda: truths(3, 5, seed=10), lambda: None, lambda: truths(2, 5, seed=11), args=(4, 2, 3), kwargs=layer, gradcheck=False, label="TransformerDecoderLayer, masked")
    # In float64: the gradients of several layers differ by more than a float32 tolerance, in whatever order they are summed.
    double = {"dtype": torch.float64}
    batch = lambda: torch.randn(3, 2, 4, dtype=torch.float64).requires_grad_()
    for kwargs in [{"dropout": 0.2}, {"batch_first": True, "norm_first": True, "dropout": 0.0}]:
        module("Transformer", batch, batch, args=(4, 2, 2, 2, 3), kwargs={**kwargs, **double}, gradcheck=False)
    module("Transformer", batch, batch, lambda: None, lambda: causal(3).double(), args=(4, 2, 1, 1, 3), kwargs=double, gradcheck=False, label="Transformer, causal")


def ctc_modules():
    scores = lambda: torch.randn(6, 3, 4).log_softmax(2).requires_grad_()
    padded = lambda: torch.tensor([[1, 2, 2], [3, 1, 0], [1, 1, 1]])
    together = lambda: torch.tensor([1, 2, 2, 3, 1])
    lengths = lambda: torch.tensor([3, 2, 0])
    inputs = lambda: torch.tensor([6, 5, 4])
    for reduction in ["mean", "sum", "none"]:
        r = {"reduction": reduction}
        module("CTCLoss", scores, padded, inputs, lengths, kwargs=r, gradcheck=False, label=f"CTCLoss {reduction}")
        module("CTCLoss", scores, together, inputs, lengths, kwargs=r, gradcheck=False, label=f"CTCLoss {reduction}, targets behind each other")
        # The third target does not fit into four steps: five would be needed.
        for zero in [True, False]:
            module("CTCLoss", scores, padded, inputs, lambda: torch.tensor([3, 2, 3]), kwargs={**r, "zero_infinity": zero}, gradcheck=False, label=f"CTCLoss {reduction} of what does not fit, zero_infinity={zero}")
    module("CTCLoss", scores, lambda: torch.tensor([[0, 1, 1], [2, 1, 0], [0, 0, 0]]), inputs, lengths, args=(3,), gradcheck=False, label="CTCLoss, blank 3")
    module("CTCLoss", lambda: torch.randn(6, 4).log_softmax(1).requires_grad_(), lambda: torch.tensor([1, 2, 2]), lambda: torch.tensor(6), lambda: torch.tensor(3), gradcheck=False, label="CTCLoss of one sample")
    module("CTCLoss", lambda: torch.randn(40, 2, 7, dtype=torch.float64).log_softmax(2).requires_grad_(), lambda: torch.randint(1, 7, (2, 12)), lambda: torch.tensor([40, 30]), lambda: torch.tensor([12, 9]), gradcheck=False, label="CTCLoss in float64")


def embedding_bag_modules():
    flat = lambda: torch.tensor([1, 2, 4, 2, 4, 3, 0])
    offsets = lambda: torch.tensor([0, 3, 3, 5])
    factors = lambda: torch.rand(7).requires_grad_()
    for mode in ["sum", "mean", "max"]:
        kwargs = {"mode": mode}
        module("EmbeddingBag", lambda: torch.tensor([[1, 2, 4], [2, 4, 0]]), args=(5, 3), kwargs=kwargs)
        module("EmbeddingBag", flat, offsets, args=(5, 3), kwargs=kwargs)
        module("EmbeddingBag", flat, lambda: torch.tensor([0, 3, 3, 5, 7]), args=(5, 3), kwargs={**kwargs, "include_last_offset": True})
        module("EmbeddingBag", flat, offsets, args=(5, 3), kwargs={**kwargs, "padding_idx": -3}, gradcheck=False)
        module("EmbeddingBag", flat, offsets, args=(5, 3), kwargs={**kwargs, "max_norm": 1.0, "norm_type": 1.0}, gradcheck=False)
        if mode != "max":
            module("EmbeddingBag", flat, offsets, args=(5, 3), kwargs={**kwargs, "scale_grad_by_freq": True}, gradcheck=False)
    module("EmbeddingBag", flat, offsets, factors, args=(5, 3), kwargs={"mode": "sum"})
    module("EmbeddingBag", flat, offsets, factors, args=(5, 3), kwargs={"mode": "sum", "padding_idx": 2}, gradcheck=False)


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
    attention_modules()
    transformer_modules()
    attention_functions()
    ctc_modules()
    embedding_bag_modules()
    packed_layers()
    packing()
    write("nn_sequences.json", {"cases": make_nn.modules, "functions": make_nn.functions, "packed": packed, "pack": packs})
