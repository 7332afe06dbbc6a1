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

averages = {
    1: [((2, 3, 6), 2, {}), ((3, 7), 3, {"stride": 2}), ((1, 2, 7), 3, {"stride": 2, "padding": 1}), ((1, 1, 6), 4, {"ceil_mode": True, "padding": 2}), ((1, 1, 7), 3, {"padding": 1, "count_include_pad": False, "stride": 2})],
    2: [
        ((2, 2, 4, 6), 2, {}),
        ((2, 5, 4), (2, 3), {"stride": (1, 2)}),
        ((1, 2, 5, 5), 3, {"stride": 2, "padding": 1}),
        ((1, 2, 5, 5), 3, {"stride": 2, "padding": 1, "count_include_pad": False}),
        ((1, 1, 5, 6), (3, 2), {"stride": 3, "padding": 1, "ceil_mode": True}),
        ((1, 1, 5, 6), (3, 2), {"stride": 3, "padding": 1, "ceil_mode": True, "count_include_pad": False}),
        ((1, 1, 4, 5), 2, {"divisor_override": 3}),
        ((0, 2, 4, 4), 2, {}),
        ((1, 2, 5, 5), 2, {"stride": 3, "ceil_mode": True}),
    ],
    3: [
        ((1, 2, 4, 4, 2), 2, {}),
        ((1, 3, 4, 5), (1, 2, 3), {"stride": (2, 1, 2), "padding": (0, 1, 1)}),
        ((1, 1, 3, 4, 3), 2, {"stride": 2, "padding": 1, "count_include_pad": False, "ceil_mode": True}),
        ((1, 1, 2, 2, 4), 2, {"divisor_override": 5}),
    ],
}
for dims, rows in averages.items():
    for x, kernel, options in rows:
        case(f"avg_pool{dims}d", T(*x), kernel, checks={"node": None} if 0 in x else None, **options)
case("avg_pool2d", T(1, 1, 4, 4), 2, 1, 1)
case("avg_pool2d", T(1, 1, 2, 2, values=[nan, 1.0, inf, 2.0]), 1, checks=kinks)
case("avg_pool2d", T(1, 1, 4, 4, dtype="float16"), 2)
case("avg_pool2d", T(1, 1, 4, 4), 2, padding=2, checks=raises)
case("avg_pool2d", T(1, 1, 2, 2), 3, checks=raises)
case("avg_pool2d", T(1, 1, 4, 4), 2, divisor_override=0, checks=raises)
case("avg_pool2d", T(2, 2), 2, checks=raises)
case("avg_pool2d", T(1, 1, 4, 4, dtype="int32", grad=False), 2, checks=raises)
for dims, rows in sizes.items():
    for x, size in rows:
        case(f"adaptive_avg_pool{dims}d", T(*x), size)
case("adaptive_avg_pool2d", T(1, 1, 2, 2), (1, 2, 3), checks=raises)
case("adaptive_avg_pool2d", T(1, 1, 0, 2), 2, checks=raises)

positive = {"lo": 0.2, "hi": 2.0}
case("lp_pool1d", T(2, 3, 6, **positive), 2, 2)
case("lp_pool1d", T(3, 7, **positive), 3, 3, stride=2, ceil_mode=True)
case("lp_pool2d", T(1, 2, 4, 5, **positive), 2, 2)
case("lp_pool2d", T(1, 2, 4, 5, **positive), 1.5, (2, 3), stride=(1, 2))
case("lp_pool3d", T(1, 1, 2, 4, 3, **positive), 2, 2)

# Patches.
for x, kernel, options in [
    ((2, 2, 4, 5), (2, 3), {}),
    ((2, 4, 4), 2, {}),
    ((1, 1, 5, 6), 2, {"dilation": 2, "padding": 1, "stride": 2}),
    ((1, 2, 3, 4), (3, 2), {"padding": (1, 0), "stride": (1, 2)}),
]:
    case("unfold", T(*x), kernel, **options)
for x, size, kernel, options in [
    ((2, 12, 9), (4, 5), (2, 3), {}),
    ((4, 9), 4, 2, {}),
    ((1, 4, 9), (5, 6), 2, {"dilation": 2, "padding": 1, "stride": 2}),
    ((1, 6, 6), (3, 4), (3, 2), {"padding": (1, 0), "stride": (1, 2)}),
]:
    case("fold", T(*x), size, kernel, **options)
case("unfold", T(1, 1, 2, 2), 3, checks=raises)
case("unfold", T(4, 4), 2, checks=raises)
case("unfold", T(1, 1, 4, 4), 2, stride=0, checks=raises)
case("fold", T(1, 5, 9), 4, 2, checks=raises)
case("fold", T(1, 4, 8), 4, 2, checks=raises)

# Interpolation.
for mode in ("nearest", "nearest-exact"):
    case("interpolate", T(1, 2, 5), 8, mode=mode)
    case("interpolate", T(1, 2, 3, 4), (5, 3), mode=mode)
    case("interpolate", T(1, 1, 3, 5), scale_factor=2, mode=mode)
    case("interpolate", T(1, 1, 7, 5), scale_factor=(0.6, 1.7), mode=mode)
    case("interpolate", T(1, 1, 2, 3, 2), scale_factor=(2, 1.5, 0.5), mode=mode)
    for size in (1, 2, 5, 6, 7, 11, 13, 20):
        case("interpolate", T(1, 1, 7, grad=False), size, mode=mode, checks={"layouts": False})
for mode, shape, size, factor in [("linear", (1, 2, 5), 8, 0.7), ("bilinear", (1, 2, 3, 4), (5, 2), 1.6), ("bicubic", (1, 1, 4, 5), (6, 3), 1.6), ("trilinear", (1, 1, 2, 3, 2), (3, 2, 5), 1.5)]:
    for align in (False, True):
        case("interpolate", T(*shape), size, mode=mode, align_corners=align)
        case("interpolate", T(*shape), scale_factor=factor, mode=mode, align_corners=align)
    case("interpolate", T(*shape), scale_factor=factor, mode=mode, recompute_scale_factor=True)
    case("interpolate", T(*shape), 1, mode=mode, align_corners=True)
    case("interpolate", T(*shape), 1, mode=mode)
for mode in ("bilinear", "bicubic"):
    case("interpolate", T(1, 1, 7, 6), (3, 4), mode=mode, antialias=True)
    case("interpolate", T(1, 1, 3, 4), (5, 3), mode=mode, antialias=True)
case("interpolate", T(1, 2, 5), 3, mode="area")
case("interpolate", T(1, 1, 4, 5), (3, 2), mode="area")
case("interpolate", T(1, 1, 2, 2, dtype="float16"), scale_factor=2, mode="bilinear")
case("interpolate", T(1, 1, 4), checks=raises)
case("interpolate", T(1, 1, 4), 8, scale_factor=2, checks=raises)
case("interpolate", T(1, 1, 4), 8, mode="bilinear", checks=raises)
case("interpolate", T(1, 1, 4), 8, align_corners=True, checks=raises)
case("interpolate", T(1, 1, 4), (8, 8), checks=raises)
case("interpolate", T(1, 1, 4), scale_factor=0.1, checks=raises)
case("interpolate", T(1, 1, 4), 8, mode="cubic", checks=raises)
case("interpolate", T(4, 4), 8, checks=raises)
case("interpolate", T(1, 1, 4), 8, antialias=True, checks=raises)
case("interpolate", T(1, 1, 4), 8, recompute_scale_factor=True, checks=raises)

case("pixel_shuffle", T(1, 8, 2, 3), 2)
case("pixel_shuffle", T(4, 1, 2), 2)
case("pixel_shuffle", T(2, 1, 9, 1, 2), 3)
case("pixel_unshuffle", T(1, 2, 4, 2), 2)
case("pixel_unshuffle", T(1, 3, 6), 3)
case("channel_shuffle", T(1, 6, 2, 1), 3)
case("channel_shuffle", T(2, 4, 3), 2)
case("pixel_shuffle", T(1, 3, 2, 2), 2, checks=raises)
case("pixel_shuffle", T(1, 4, 2, 2), 0, checks=raises)
case("pixel_unshuffle", T(1, 1, 3, 4), 2, checks=raises)
case("channel_shuffle", T(1, 3, 2, 2), 2, checks=raises)
