"""nn.utils: python make_nn_utils.py writes nn_utils.json."""

import torch
import torch.nn as nn

from common import encode, write

torch.set_num_threads(1)
torch.manual_seed(0)
clip = []
for kwargs in [{}, {"norm_type": 1.0}, {"norm_type": float("inf")}, {"norm_type": 3.0}]:
    for max_norm in [0.5, 100.0]:
        grads = [torch.randn(3, 4), torch.randn(5), torch.randn(2, 2, 2)]
        params = [nn.Parameter(torch.zeros_like(g)) for g in grads]
        for p, g in zip(params, grads):
            p.grad = g.clone()
        total = nn.utils.clip_grad_norm_(params, max_norm, **kwargs)
        clip.append({"kwargs": {k: "inf" if v == float("inf") else v for k, v in kwargs.items()}, "maxNorm": max_norm, "grads": [encode(g) for g in grads], "total": encode(total), "after": [encode(p.grad) for p in params]})

sequences = [torch.randn(n, 2) for n in [3, 1, 4]]
pad = [{"kwargs": k, "result": encode(nn.utils.rnn.pad_sequence(sequences, **k))} for k in [{}, {"batch_first": True}, {"padding_value": -1.0}, {"batch_first": True, "padding_side": "left"}]]

fuse = []
for bias in [True, False]:
    for affine in [True]:  # PyTorch cannot fold one without weight
        linear, bn = nn.Linear(3, 4, bias=bias), nn.BatchNorm1d(4, affine=affine)
        for _ in range(3):
            bn(linear(torch.randn(6, 3) * 2 + 1))
        if affine:
            nn.init.normal_(bn.weight)
            nn.init.normal_(bn.bias)
        linear.eval(), bn.eval()
        made = nn.utils.fuse_linear_bn_eval(linear, bn)
        fuse.append({"bias": bias, "affine": affine, "linear": encode(linear.state_dict()), "bn": encode(bn.state_dict()), "weight": encode(made.weight), "fusedBias": encode(made.bias)})
fuse_conv = []
for name, args, kwargs, shape in [("Conv1d", (2, 4, 3), {}, (3, 2, 5)), ("Conv2d", (2, 4, 3), {"bias": False, "groups": 2, "padding": 1}, (2, 2, 4, 4)), ("Conv3d", (1, 2, 2), {}, (2, 1, 3, 2, 3)), ("ConvTranspose2d", (3, 2, 2), {"stride": 2}, (2, 3, 2, 3))]:
    transpose = "Transpose" in name
    conv = getattr(nn, name)(*args, **kwargs)
    bn = getattr(nn, f"BatchNorm{name[-2]}d")(args[1])
    for _ in range(3):
        bn(conv(torch.randn(*shape) * 2 + 1))
    nn.init.normal_(bn.weight)
    nn.init.normal_(bn.bias)
    conv.eval(), bn.eval()
    made = nn.utils.fuse_conv_bn_eval(conv, bn, transpose)
    fuse_conv.append({"name": name, "args": args, "kwargs": kwargs, "shape": shape, "conv": encode(conv.state_dict()), "bn": encode(bn.state_dict()), "weight": encode(made.weight), "fusedBias": encode(made.bias)})
write("nn_utils.json", {"fuseConv": fuse_conv, "clip": clip, "sequences": [encode(s) for s in sequences], "pad": pad, "fuse": fuse})
