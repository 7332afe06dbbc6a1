"""Pooling and its inverse, patches, interpolation, shuffling."""

import torch
from harness import T, index, ints

cases = []
T.count = 0


def case(name, *args, checks=None, **kwargs):
    cases.append(("nn.functional." + name, args, kwargs, checks or {}))


nan = float("nan")
inf = float("inf")
raises = {"raises": True}

# (input, kernel, options)
windows = {
    1: [((2, 3, 6), 2, {}), ((3, 7), 3, {"stride": 2}), ((1, 2, 7), 3, {"stride": 2, "padding": 1}), ((1, 1, 6), 4, {"stride": 4, "ceil_mode": True})],
    2: [
        ((2, 2, 4, 6), 2, {}),
        ((2, 5, 4), (2, 3), {"stride": (1, 2)}),
        ((1, 2, 5, 5), 3, {"stride": 2, "padding": 1}),
        ((1, 1, 5, 6), (3, 2), {"stride": 3, "padding": 1, "ceil_mode": True}),
        ((0, 2, 4, 4), 2, {}),
        ((1, 2, 5, 5), 2, {"stride": 3, "ceil_mode": True}),
    ],
    3: [((1, 2, 4, 4, 2), 2, {}), ((1, 3, 4, 5), (1, 2, 3), {"stride": (2, 1, 2), "padding": (0, 1, 1)})],
}
for dims, rows in windows.items():
    for x, kernel, options in rows:
        checks = {"node": None} if 0 in x else None
        case(f"max_pool{dims}d", T(*x), kernel, checks=checks, **options)
        case(f"max_pool{dims}d", T(*x), kernel, return_indices=True, checks=checks, **options)
case("max_pool1d", T(1, 2, 9), 3, dilation=2)
case("max_pool2d", T(1, 2, 6, 7), 2, 1, 1, dilation=2)
case("max_pool2d", T(1, 2, 6, 20), 2, 1)
case("max_pool2d", T(1, 2, 6, 39), (2, 3), 2)
case("max_pool2d", T(1, 1, 6, 40), (3, 1), 3)
case("max_pool2d", T(1, 1, 4, 18), 3, 2, 1, return_indices=True)
case("max_pool3d", T(1, 1, 5, 4, 4), 2, dilation=(2, 1, 2), stride=1)
kinks = {"numeric": False}
case("max_pool2d", T(1, 1, 4, 4, values=[nan, 1.0, 2.0, 2.0, 0.0, 1.0, 2.0, 2.0, -inf, -inf, inf, nan, -inf, -inf, nan, 1.0]), 2, return_indices=True, checks=kinks)
case("max_pool2d", T(1, 1, 2, 20, values=[1.0, nan, 3.0, 3.0, 3.0] * 8), 2, return_indices=True, checks=kinks)
case("max_pool2d", ints(1, 2, 4, 4), 2)
case("max_pool2d", ints(1, 2, 4, 4), 2, return_indices=True)
case("max_pool2d", T(1, 1, 4, 4, dtype="float16"), 2, return_indices=True)
case("max_pool2d", T(1, 1, 4, 4), 2, padding=2, checks=raises)
case("max_pool2d", T(1, 1, 2, 2), 3, checks=raises)
case("max_pool2d", T(2, 2), 2, checks=raises)
case("max_pool2d", T(1, 1, 4, 4), 0, checks=raises)
case("max_pool2d", T(1, 1, 4, 4), [2, 2, 2], checks=raises)
case("max_pool2d", T(1, 1, 0, 4), 2, checks=raises)

sizes = {1: [((1, 2, 7), 3), ((2, 5), 5), ((1, 1, 4), 1)], 2: [((1, 2, 5, 7), (3, 2)), ((2, 4, 4), 2), ((1, 2, 3, 4), (None, 3)), ((2, 2, 3, 3), 1), ((1, 1, 2, 2), 3)], 3: [((1, 1, 4, 3, 5), (2, 2, 3)), ((2, 3, 2, 2), 1)]}
for dims, rows in sizes.items():
    for x, size in rows:
        case(f"adaptive_max_pool{dims}d", T(*x), size)
        case(f"adaptive_max_pool{dims}d", T(*x), size, return_indices=True)
case("adaptive_max_pool2d", T(1, 1, 2, 2), (1, 2, 3), checks=raises)

case("max_unpool1d", T(1, 1, 3), index(1, 2, 5, shape=[1, 1, 3]), 2)
case("max_unpool2d", T(1, 1, 2, 2), index(1, 2, 8, 15, shape=[1, 1, 2, 2]), 2)
case("max_unpool2d", T(1, 2, 2), index(1, 3, 12, 19, shape=[1, 2, 2]), 2, output_size=[4, 5])
case("max_unpool2d", T(1, 1, 2, 2), index(0, 2, 6, 8, shape=[1, 1, 2, 2]), 3, stride=2, padding=1)
case("max_unpool3d", T(1, 1, 1, 2, 2), index(0, 7, 12, 31, shape=[1, 1, 1, 2, 2]), 2)
case("max_unpool2d", T(1, 1, 2, 2), index(1, 2, 8, 16, shape=[1, 1, 2, 2]), 2, checks=raises)
case("max_unpool2d", T(1, 1, 2, 2), index(1, 2, 8, 15, shape=[1, 1, 2, 2]), 2, output_size=[9, 9], checks=raises)
