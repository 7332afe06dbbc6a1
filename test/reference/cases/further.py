"""Window functions, histograms, factorisations and small functions that came later than their families."""

from math import inf, nan

import torch

from harness import T, index, ints, mask

cases = []
unnamed = {"node": None}


def case(name, *args, checks=None, **kwargs):
    cases.append((name, args, kwargs, checks or {}))


for name in ("hann_window", "hamming_window", "blackman_window", "bartlett_window", "kaiser_window"):
    for length in (0, 1, 2, 7):
        case(name, length)
        case(name, length, periodic=False, dtype=torch.float64)
case("hamming_window", 5, True, 0.5, 0.5)
case("kaiser_window", 6, False, 3.0)
case("hann_window", -1, checks={"raises": True})

single = {"dtype": "float32", "grad": False}
case("histogram", T(20, **single), 4, checks={"layouts": False})
case("histogram", T(4, 5, **single), 3, range=[-1.0, 1.5])
case("histogram", T(4, 5, **single), 3, range=[-1.0, 1.5], density=True)
case("histogram", T(6, **single), 3, weight=T(6, lo=0, hi=1, **single))
case("histogram", T(6, **single), T(4, values=[-2.0, -0.5, 0.0, 2.0], **single))
case("histogram", T(3, values=[1.0, 1.0, 1.0], **single), 2)
case("histogram", ints(3), 2, checks={"raises": True})
case("frexp", T(8, values=[0.0, 1.0, -3.5, 0.4, 1e-40, 1e30, inf, nan], **single))
case("frexp", T(2, 3), checks={"numeric": False})
case("frexp", ints(3), checks={"raises": True})
case("range", 1, 4, checks={"places": ["torch"]})
case("range", 0, 2, 0.5, checks={"places": ["torch"]})
case("scalar_tensor", 2.5, checks={"places": ["torch"]})
case("chain_matmul", T(2, 3), T(3, 4), T(4, 1), checks={"places": ["torch"], "node": None})
case("fill", T(2, 3), 1.5, checks={"places": ["torch"], "node": None})
case("split_with_sizes", T(5, 2), [2, 3], checks=unnamed)
case("put", T(2, 3), index(0, 4, 4), T(3), checks={"node": None, "numeric": False})
case("put", T(2, 3), index(0, 4, 4), T(3), True, checks=unnamed)
case("put_", T(2, 3), index(5, 1), T(2), checks=unnamed)
case("put", T(2, 3), index(0, 4), T(3), checks={"raises": True})
case("adjoint", T(2, 3), checks=unnamed)
case("H", T(2, 3), checks={"places": ["Tensor"], "node": None})
case("mH", T(2, 3, 4), checks={"places": ["Tensor"], "node": None})
case("is_signed", ints(3), checks={"places": ["torch", "Tensor"]})
case("is_complex", ints(3), checks={"places": ["torch", "Tensor"]})
case("is_same_size", T(2, 3), T(3, 2), checks={"places": ["torch"]})
square = {"values": [4.0, 1.0, 0.5, 1.0, 3.0, -1.0, 0.5, -1.0, 2.0]}
case("linalg.lu", T(3, 3), checks={"node": None})
case("linalg.lu", T(2, 3, 3, values=[0.0, 1.0, 2.0, 3.0, 0.5, 0.0, -1.0, 2.0, 1.0, 4.0, 1.0, 0.5, 1.0, 3.0, -1.0, 0.5, -1.0, 2.0]), checks={"node": None})
case("linalg.inv_ex", T(3, 3, **square), checks={"node": None})
for name in ("celu", "selu", "hardshrink"):
    case(name, T(2, 3), checks={"places": ["torch"]})
case("threshold", T(2, 3), 0.1, 2.0, checks={"places": ["torch"]})
case("conv2d", T(1, 2, 4, 4), T(3, 2, 2, 2), checks={"places": ["torch"], "node": None})
case("max_pool2d", T(1, 2, 4, 4), 2, checks={"places": ["torch"], "node": None})
case("cosine_similarity", T(2, 3), T(2, 3), checks={"places": ["torch"], "node": None})
case("pairwise_distance", T(2, 3), T(2, 3), checks={"places": ["torch"], "node": None})

# Sampling by grids: places inside, on the edges and outside.
place = {"lo": -1.4, "hi": 1.4, "seed": 31}
for mode in ("bilinear", "nearest", "bicubic"):
    for padding in ("zeros", "border", "reflection"):
        for corners in (True, False):
            # The cubic's weights cancel to what float32 rounds.
            kind = {"dtype": "float64", "grad": True} if mode == "bicubic" else {}
            case("nn.functional.grid_sample", T(2, 2, 4, 3, **kind), T(2, 3, 2, 2, **place, **kind), mode, padding, corners,
                 checks={"numeric": False})
case("nn.functional.grid_sample", T(1, 2, 3, 4), T(1, 2, 2, 2, lo=-0.6, hi=0.6, seed=3), align_corners=True, checks={"second": False})
for mode in ("bilinear", "nearest"):
    for padding in ("zeros", "border", "reflection"):
        case("nn.functional.grid_sample", T(1, 2, 2, 3, 2), T(1, 2, 1, 2, 3, **place), mode=mode, padding_mode=padding,
             align_corners=False, checks={"numeric": False})
case("nn.functional.grid_sample", T(1, 1, 1, 1), T(1, 2, 2, 2, **place), padding_mode="reflection", align_corners=True, checks={"numeric": False})
case("nn.functional.grid_sample", T(1, 2, 3), T(1, 2, 2), checks={"raises": True})
case("nn.functional.affine_grid", T(2, 2, 3), [2, 1, 3, 4], checks=unnamed)
case("nn.functional.affine_grid", T(2, 2, 3), [2, 1, 1, 4], align_corners=True, checks=unnamed)
case("nn.functional.affine_grid", T(1, 3, 4), [1, 1, 2, 3, 2], checks=unnamed)
case("nn.functional.affine_grid", T(2, 2, 3), [3, 1, 3, 4], checks={"raises": True})
for shape in ((2, 5, 3), (2, 5, 2, 3), (1, 4, 2, 2, 2)):
    case("nn.functional.local_response_norm", T(*shape), 3, checks=unnamed)
case("nn.functional.local_response_norm", T(2, 4, 3), 2, alpha=0.5, beta=0.5, k=2.0, checks=unnamed)
case("nn.functional.local_response_norm", T(2, 4), 2, checks={"raises": True})
samples = {"lo": 0.0, "hi": 1.0, "grad": False}
case("nn.functional.fractional_max_pool2d", T(2, 2, 6, 7), 2, output_size=[3, 4], _random_samples=T(2, 2, 2, **samples), checks=unnamed)
case("nn.functional.fractional_max_pool2d", T(2, 6, 7), [2, 3], output_ratio=[0.5, 0.6], _random_samples=T(1, 2, 2, **samples), checks=unnamed)
case("nn.functional.fractional_max_pool2d", T(1, 1, 5, 5), 2, output_size=3, return_indices=True, _random_samples=T(1, 1, 2, **samples), checks={"node": None, "numeric": False})
case("nn.functional.fractional_max_pool3d", T(1, 2, 5, 4, 6), 2, output_size=[3, 2, 4], _random_samples=T(1, 2, 3, **samples), checks=unnamed)
case("nn.functional.fractional_max_pool2d", T(1, 1, 4, 4), 3, output_size=3, checks={"raises": True})
for name in ("relu_", "selu_", "elu_", "celu_", "hardtanh_", "leaky_relu_"):
    case(f"nn.functional.{name}", T(2, 3), checks=unnamed)
case("nn.functional.threshold_", T(2, 3), 0.5, 1.0, checks=unnamed)
