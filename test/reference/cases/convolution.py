"""Convolutions, transposed convolutions and padding."""

import math

import torch

from harness import T, ints

cases = []
T.count = 0


def case(name, *args, checks=None, **kwargs):
    cases.append(("nn.functional." + name, args, kwargs, checks or {}))


# (input, weight, bias, options)
forward = {
    1: [
        ((2, 3, 5), (2, 3, 2), (2,), {}),
        ((3, 5), (2, 3, 3), None, {"padding": 1}),
        ((1, 2, 7), (4, 1, 3), (4,), {"stride": 2, "padding": 2, "dilation": 2, "groups": 2}),
        ((1, 2, 6), (2, 2, 4), (2,), {"padding": "same"}),
        ((1, 1, 6), (1, 1, 3), None, {"padding": "valid"}),
        ((0, 3, 5), (2, 3, 2), (2,), {}),
        ((2, 3, 1), (2, 3, 1), (2,), {}),
        ((1, 1, 9), (1, 1, 2), None, {"stride": 4}),
    ],
    2: [
        ((2, 2, 4, 5), (3, 2, 2, 3), (3,), {}),
        ((2, 4, 5), (3, 2, 3, 3), None, {"padding": 1}),
        ((1, 2, 5, 6), (2, 2, 3, 2), (2,), {"stride": (2, 1), "padding": (1, 0)}),
        ((1, 1, 5, 5), (2, 1, 3, 3), (2,), {"stride": 2, "padding": (2, 1), "dilation": (1, 2)}),
        ((1, 4, 3, 3), (4, 2, 2, 2), (4,), {"groups": 2}),
        ((1, 3, 4, 4), (3, 1, 3, 3), (3,), {"groups": 3, "padding": 1}),
        ((1, 2, 4, 4), (6, 1, 3, 2), None, {"groups": 2, "stride": 3, "padding": (0, 1)}),
        ((1, 2, 4, 3), (2, 2, 2, 4), (2,), {"padding": "same"}),
        ((1, 1, 5, 4), (1, 1, 3, 2), None, {"padding": "same", "dilation": 2}),
        ((2, 2, 3, 3), (3, 2, 1, 1), (3,), {}),
        ((2, 2, 3, 3), (2, 2, 3, 3), (2,), {}),
        ((0, 2, 4, 4), (3, 2, 2, 2), (3,), {}),
        ((1, 1, 4, 4), (1, 1, 2, 2), None, {"stride": 5}),
        ((1, 1, 3, 3), (1, 1, 3, 3), None, {"padding": 3, "stride": 2}),
    ],
    3: [
        ((1, 2, 3, 3, 4), (2, 2, 2, 2, 2), (2,), {}),
        ((2, 3, 3, 3), (1, 2, 3, 1, 2), None, {"padding": (1, 0, 1)}),
        ((1, 2, 3, 4, 3), (2, 1, 2, 2, 1), (2,), {"stride": (1, 2, 1), "groups": 2, "padding": 1, "dilation": (2, 1, 1)}),
        ((1, 1, 2, 3, 3), (1, 1, 2, 3, 2), None, {"padding": "same"}),
    ],
}
for dims, rows in forward.items():
    for x, w, b, options in rows:
        # PyTorch names an unbatched one's last step; what a convolution without elements is called is no promise.
        node = {"node": None} if 0 in x else None
        case(f"conv{dims}d", T(*x), T(*w), *([T(*b)] if b else []), checks=node, **options)

transposed = {
    1: [
        ((2, 3, 4), (3, 2, 2), (2,), {}),
        ((3, 4), (3, 2, 3), None, {"stride": 2, "padding": 1, "output_padding": 1}),
        ((1, 2, 3), (2, 2, 3), (4,), {"stride": 2, "groups": 2, "dilation": 2}),
        ((1, 1, 3), (1, 1, 2), (1,), {"dilation": 3, "output_padding": 2}),
    ],
    2: [
        ((2, 2, 3, 2), (2, 3, 2, 2), (3,), {}),
        ((2, 3, 3), (2, 2, 3, 3), None, {"stride": 2, "padding": 1, "output_padding": 1}),
        ((1, 2, 3, 3), (2, 1, 3, 2), (1,), {"stride": (2, 3), "padding": (1, 0), "output_padding": (1, 2)}),
        ((1, 4, 2, 2), (4, 2, 2, 2), (4,), {"groups": 2, "stride": 2}),
        ((1, 3, 3, 3), (3, 1, 3, 3), None, {"groups": 3, "dilation": 2, "padding": 2}),
        ((1, 1, 2, 2), (1, 1, 2, 2), None, {"stride": 3}),
    ],
    3: [
        ((1, 2, 2, 2, 3), (2, 2, 2, 1, 2), (2,), {}),
        ((1, 2, 2, 2, 2), (2, 1, 2, 2, 2), (2,), {"stride": 2, "groups": 2, "padding": (1, 0, 1), "output_padding": (0, 1, 1)}),
    ],
}
for dims, rows in transposed.items():
    for x, w, b, options in rows:
        case(f"conv_transpose{dims}d", T(*x), T(*w), *([T(*b)] if b else []), **options)

nan = float("nan")
inf = float("inf")
special = [nan, 1.0, 2.0, -1.0, 0.5, 1.0, 3.0, inf, 0.0, 1.0, 2.0, 4.0, 1.0, -2.0, 0.25, 1.5]
no_checks = {"numeric": False, "second": False}
case("conv2d", T(1, 1, 4, 4, values=special), T(1, 1, 2, 2), checks=no_checks)
case("conv2d", T(1, 1, 4, 4, grad=False), T(1, 1, 2, 2, values=[1.0, nan, 0.5, 2.0]), checks=no_checks)
# Depthwise, of more rows than a vector has lanes; larger than a tile in every direction.
case("conv2d", T(1, 2, 5, 19, lo=-1, hi=1), T(2, 1, 3, 3), groups=2, padding=1, checks=no_checks)
case("conv2d", T(2, 5, 9, 11, lo=-1, hi=1), T(14, 5, 3, 3, lo=-1, hi=1), T(14), padding=1, checks=no_checks)
case("conv2d", T(2, 5, 9, 11, lo=-1, hi=1), T(14, 5, 3, 3, lo=-1, hi=1), stride=2, padding=1, checks=no_checks)
case("conv_transpose2d", T(1, 13, 4, 3, lo=-1, hi=1), T(13, 7, 3, 3, lo=-1, hi=1), stride=2, checks=no_checks)
half = {"numeric": False, "gradients": False}
case("conv2d", T(1, 2, 4, 4, dtype="float16"), T(2, 2, 3, 3, dtype="float16"), T(2, dtype="float16"), checks=half)
case("conv2d", T(1, 2, 4, 4, dtype="bfloat16"), T(2, 2, 3, 3, dtype="bfloat16"), checks=half)

raises = {"raises": True}
case("conv2d", T(1, 3, 4, 4), T(2, 2, 3, 3), checks=raises)
case("conv2d", T(1, 2, 2, 2), T(2, 2, 3, 3), checks=raises)
case("conv2d", T(4, 4), T(2, 2, 3, 3), checks=raises)
case("conv2d", T(1, 2, 4, 4), T(2, 2, 3), checks=raises)
case("conv2d", T(1, 2, 4, 4), T(2, 2, 3, 3), T(3), checks=raises)
case("conv2d", T(1, 2, 4, 4), T(3, 1, 3, 3), groups=2, checks=raises)
case("conv2d", T(1, 2, 4, 4), T(2, 2, 3, 3), groups=0, checks=raises)
case("conv2d", T(1, 2, 4, 4), T(2, 2, 3, 3), stride=0, checks=raises)
case("conv2d", T(1, 2, 4, 4), T(2, 2, 3, 3), dilation=0, checks=raises)
case("conv2d", T(1, 2, 4, 4), T(2, 2, 3, 3), padding=-1, checks=raises)
case("conv2d", T(1, 2, 4, 4), T(2, 2, 3, 3), padding="same", stride=2, checks=raises)
case("conv2d", T(1, 2, 4, 4), T(2, 2, 3, 3), padding="full", checks=raises)
case("conv2d", ints(1, 2, 4, 4), T(2, 2, 3, 3), checks=raises)
case("conv_transpose2d", T(1, 3, 4, 4), T(2, 2, 3, 3), checks=raises)
case("conv_transpose2d", T(1, 2, 4, 4), T(2, 2, 3, 3), output_padding=1, checks=raises)
case("conv_transpose2d", T(1, 2, 1, 1), T(2, 2, 1, 1), padding=1, checks=raises)

# Padding. The node of circular padding is PyTorch's last copy.
for shape, amounts in [((2, 3), [1, 2]), ((2, 3), [1, 0, 0, 2]), ((2, 3), [-1, 1]), ((2, 3, 4), [-1, -1, 2, 0, 0, 1]), ((3,), [0, 0]), ((0, 2), [1, 1])]:
    case("pad", T(*shape), amounts)
case("pad", T(2, 2), [1, 1], value=1.5)
case("pad", T(2, 2), [1, 1], mode="constant", value=-2.0)
case("pad", ints(2, 2), [1, 1])
for mode in ("reflect", "replicate", "circular"):
    case("pad", T(2, 4), [2, 1], mode=mode)
    case("pad", T(1, 2, 4), [1, 2], mode=mode)
    case("pad", T(1, 3, 4), [1, 2, 2, 0], mode=mode)
    case("pad", T(1, 2, 3, 3), [1, 1, 0, 2], mode=mode)
    case("pad", T(1, 2, 3, 2), [1, 1, 0, 1, 1, 1], mode=mode)
    case("pad", T(1, 1, 2, 2, 3), [1, 1, 0, 1, 1, 0], mode=mode)
case("pad", T(1, 4), [-1, 2], mode="replicate")
case("pad", T(1, 4), [-1, 2], mode="circular")
case("pad", ints(1, 4), [1, 2], mode="circular")
case("pad", T(2, 3), [1, 2, 3], checks=raises)
case("pad", T(2, 3), [-2, -2], checks=raises)
case("pad", T(2, 3), [0, 0, 0, 0, 1, 1], checks=raises)
case("pad", T(2, 3), [3, 0], mode="reflect", checks=raises)
case("pad", T(2, 3), [4, 0], mode="circular", checks=raises)
case("pad", T(3), [1, 1], mode="reflect", checks=raises)
case("pad", T(2, 3), [1, 1], mode="mirror", checks=raises)
case("pad", T(2, 3), [1, 1], mode="reflect", value=1.0, checks=raises)

# A weight that is NaN or infinite reaches no place where its tap meets the padding. PyTorch holds to that in float32; in
# float64, and for a single channel, its products multiply the padding's zeros.
def odd(*shape):
    size = math.prod(shape)
    return [nan if i == 0 else inf if i == size - 2 else 1.0 + i % 3 for i in range(size)]


def exact(*shape, values=None):
    """Sums of these are exact in any order."""
    values = values or [(i * 7 % 11 - 5) / 4 for i in range(math.prod(shape))]
    return T(*shape, dtype="float32", grad=True, values=values)


for dims, x, w, options in [
    (1, (2, 2, 5), (3, 2, 3), {"padding": 1}),
    (1, (2, 2, 7), (2, 1, 3), {"padding": 2, "stride": 2, "dilation": 2, "groups": 2}),
    (1, (1, 2, 7), (2, 2, 2), {"stride": 3}),
    (2, (2, 2, 4, 5), (3, 2, 3, 3), {"padding": 1}),
    (2, (2, 3, 5, 5), (2, 3, 3, 2), {"padding": (2, 1), "stride": (2, 1), "dilation": (1, 2)}),
    (2, (2, 4, 3, 3), (4, 1, 3, 3), {"padding": 1, "groups": 4}),
    (2, (2, 9, 4, 4), (20, 9, 3, 3), {"padding": 2, "stride": 2}),
    (3, (2, 2, 3, 3, 3), (2, 2, 2, 2, 3), {"padding": 1, "stride": (1, 2, 1)}),
]:
    values = odd(*w)
    case(f"conv{dims}d", exact(*x), exact(*w, values=values), checks=no_checks, **options)
    y, bias = (x[0], w[0], *x[2:]), (w[1] * options.get("groups", 1),)
    case(f"conv_transpose{dims}d", exact(*y), exact(*w, values=values), exact(*bias), checks=no_checks, **options)
