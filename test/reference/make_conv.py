"""Convolution, pooling, padding and the like as modules: python make_conv.py writes nn_spatial.json.

The cases and the way to run them are those of make_nn.py; values over many shapes and options are tested as functions
(cases/convolution.py, cases/pooling.py). Here: initialisation, printed text, keys of the state, what a module passes on.
"""

import torch

from common import write
from make_nn import module, modules


def convolutions():
    for name, args, kwargs, shape in [
        ("Conv1d", (3, 2, 2), {}, (2, 3, 4)),
        ("Conv1d", (2, 4, 3, 2, 1), {"dilation": 2, "groups": 2}, (1, 2, 7)),
        ("Conv1d", (2, 2, 3), {"padding": "same", "bias": False}, (2, 4)),
        ("Conv2d", (2, 2, 3), {}, (2, 2, 3, 4)),
        ("Conv2d", (1, 2, (2, 3), (2, 1), (1, 2)), {}, (1, 1, 4, 3)),
        ("Conv2d", (2, 2, 2), {"padding": "same"}, (1, 2, 3, 3)),
        ("Conv2d", (2, 4, 3), {"stride": 2, "padding": 1, "dilation": 2, "groups": 2, "bias": False}, (2, 5, 5)),
        ("Conv2d", (1, 1, 3), {"padding": "valid"}, (1, 1, 3, 3)),
        ("Conv3d", (1, 2, (1, 2, 3)), {}, (1, 1, 2, 2, 3)),
        ("Conv3d", (1, 1, 2), {"padding": (1, 0, 1), "stride": 2}, (1, 1, 2, 3, 2)),
        ("ConvTranspose1d", (3, 2, 2), {"stride": 2}, (2, 3, 3)),
        ("ConvTranspose2d", (2, 2, 3), {}, (1, 2, 2, 2)),
        ("ConvTranspose2d", (2, 4, 3, 2, 1, 1), {"groups": 2}, (1, 2, 2, 2)),
        ("ConvTranspose2d", (2, 1, (2, 3)), {"stride": (2, 3), "dilation": 2, "bias": False}, (2, 2, 2)),
        ("ConvTranspose3d", (1, 2, 2), {"stride": (1, 2, 1)}, (1, 1, 2, 1, 2)),
    ]:
        module(name, shape, args=args, kwargs=kwargs)
    module("Conv2d", lambda: torch.randn(1, 1, 3, 3, dtype=torch.float64).requires_grad_(), args=(1, 2, 2), kwargs={"dtype": torch.float64})
    for mode in ("reflect", "replicate", "circular"):
        module("Conv1d", (1, 2, 4), args=(2, 1, 3), kwargs={"padding": 2, "padding_mode": mode})
        module("Conv2d", (1, 1, 4, 4), args=(1, 2, (3, 2)), kwargs={"padding": "same", "padding_mode": mode})
        module("Conv3d", (1, 1, 2, 2, 3), args=(1, 1, 2), kwargs={"padding": (1, 0, 1), "padding_mode": mode})


def pools():
    for name, args, kwargs, shape in [
        ("MaxPool1d", (3,), {"stride": 2, "padding": 1}, (1, 2, 7)),
        ("MaxPool1d", (2,), {"return_indices": True}, (2, 6)),
        ("MaxPool2d", (2,), {}, (1, 2, 4, 4)),
        ("MaxPool2d", ((2, 3), (1, 2)), {"ceil_mode": True, "dilation": (2, 1)}, (1, 1, 5, 6)),
        ("MaxPool2d", (2,), {"return_indices": True}, (1, 2, 4, 4)),
        ("MaxPool3d", (2, 1), {}, (1, 1, 3, 3, 2)),
        ("AdaptiveMaxPool1d", (3,), {}, (2, 5)),
        ("AdaptiveMaxPool2d", ((None, 2),), {}, (1, 2, 3, 5)),
        ("AdaptiveMaxPool2d", (2,), {"return_indices": True}, (1, 1, 3, 5)),
        ("AdaptiveMaxPool3d", ((1, 2, None),), {}, (1, 1, 2, 3, 2)),
    ]:
        module(name, shape, args=args, kwargs=kwargs)
    module("MaxUnpool1d", (1, 1, 2), lambda: torch.tensor([[[1, 2]]]), args=(2,))
    module("MaxUnpool2d", (1, 1, 2, 2), lambda: torch.tensor([[[[1, 2], [8, 15]]]]), args=(2,))
    module("MaxUnpool2d", (1, 1, 2, 2), lambda: torch.tensor([[[[0, 2], [6, 8]]]]), args=(3, 2), kwargs={"padding": 1})
    module("MaxUnpool3d", (1, 1, 1, 1, 2), lambda: torch.tensor([[[[[1, 12]]]]]), args=((2, 2, 2),), kwargs={"stride": (2, 2, 2)})


def pads():
    for dims, shape, amounts in [(1, (1, 2, 4), (1, 2)), (2, (1, 1, 3, 4), (1, 2, 0, 1)), (3, (1, 1, 2, 2, 3), (1, 1, 0, 1, 1, 0))]:
        for kind in ("Zero", "Reflection", "Replication", "Circular"):
            module(f"{kind}Pad{dims}d", shape, args=(1,))
            module(f"{kind}Pad{dims}d", shape, args=(amounts,))
        module(f"ConstantPad{dims}d", shape, args=(amounts, 3.5))
        module(f"ConstantPad{dims}d", shape[1:], args=(1, 2))


def averages():
    for name, args, kwargs, shape in [
        ("AvgPool1d", (2,), {}, (1, 2, 5)),
        ("AvgPool1d", (3, 2, 1), {"ceil_mode": True, "count_include_pad": False}, (2, 6)),
        ("AvgPool2d", (2,), {}, (1, 2, 4, 4)),
        ("AvgPool2d", ((2, 3),), {"stride": (1, 2), "padding": 1, "count_include_pad": False}, (1, 1, 4, 5)),
        ("AvgPool2d", (2,), {"divisor_override": 3}, (1, 3, 4)),
        ("AvgPool3d", (2, 1), {}, (1, 1, 3, 3, 2)),
        ("AdaptiveAvgPool1d", (3,), {}, (2, 5)),
        ("AdaptiveAvgPool2d", ((None, 2),), {}, (1, 2, 3, 5)),
        ("AdaptiveAvgPool2d", (1,), {}, (1, 2, 3, 2)),
        ("AdaptiveAvgPool3d", ((1, 2, None),), {}, (1, 1, 2, 3, 2)),
    ]:
        module(name, shape, args=args, kwargs=kwargs)
    for name, args, kwargs, shape in [("LPPool1d", (2, 3), {"stride": 2}, (1, 2, 7)), ("LPPool2d", (1.5, (2, 1)), {"ceil_mode": True}, (1, 1, 5, 2)), ("LPPool3d", (2, 2), {}, (1, 1, 2, 2, 4))]:
        module(name, lambda s=shape: (torch.rand(*s) + 0.1).requires_grad_(), args=args, kwargs=kwargs)


def rearrangements():
    for name, args, kwargs, shape in [
        ("Unfold", (2,), {}, (1, 2, 3, 3)),
        ("Unfold", ((1, 2),), {"dilation": 2, "padding": (0, 1), "stride": (2, 1)}, (1, 3, 4)),
        ("Fold", ((3, 3), 2), {}, (1, 8, 4)),
        ("Fold", (4, (2, 1)), {"stride": (2, 1), "padding": (1, 0)}, (2, 12)),
        ("PixelShuffle", (2,), {}, (1, 4, 2, 3)),
        ("PixelUnshuffle", (2,), {}, (1, 1, 4, 2)),
        ("ChannelShuffle", (2,), {}, (1, 4, 2, 2)),
        ("Upsample", (), {"scale_factor": 2}, (1, 1, 2, 3)),
        ("Upsample", ((3, 4),), {"mode": "bilinear", "align_corners": True}, (1, 1, 2, 3)),
        ("Upsample", (5,), {"mode": "linear"}, (1, 1, 3)),
        ("Upsample", (), {"scale_factor": (1.5, 2), "mode": "bicubic"}, (1, 1, 4, 3)),
        ("UpsamplingNearest2d", (), {"scale_factor": 2}, (1, 1, 2, 3)),
        ("UpsamplingNearest2d", (3,), {}, (1, 1, 2, 3)),
        ("UpsamplingBilinear2d", (), {"scale_factor": 2}, (1, 1, 2, 3)),
        ("UpsamplingBilinear2d", ((3, 5),), {}, (1, 1, 2, 3)),
    ]:
        module(name, shape, args=args, kwargs=kwargs)


if __name__ == "__main__":
    torch.set_num_threads(1)
    convolutions()
    pools()
    pads()
    averages()
    rearrangements()
    write("nn_spatial.json", {"cases": modules})
