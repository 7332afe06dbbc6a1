"""What random programs found that differed from PyTorch, in the smallest form of each."""

from math import inf, nan

import torch

from harness import T, index, ints, mask

cases = []
unnamed = {"node": None}


def case(name, *args, checks=None, **kwargs):
    cases.append((name, args, kwargs, checks or {}))


case("scatter", ints(2, 3), 1, index(0, 2, 1, 0, shape=[2, 2]), ints(2, 2), reduce="multiply", checks={"places": ["Tensor"]})
case("scatter", T(2, 3, dtype="float32", grad=False), 1, index(0, 2, 1, 0, shape=[2, 2]), 2.5, reduce="add", checks={"places": ["Tensor"]})
case("scatter_reduce", T(2, 3), 1, index(0, 2, 1, 0, shape=[2, 2]), T(2, 2), reduce="amax", include_self=False)
case("index_reduce", T(3, 2), 0, index(0, 2), T(2, 2), reduce="prod", checks={"places": ["Tensor"]})
case("index_put", T(3, 2), [index(0, 2, 0)], T(3, 1), accumulate=True, checks={"places": ["Tensor"], "layouts": False})
case("unique_consecutive", ints(4, 2, lo=0, hi=2), dim=0)
case("unique_consecutive", T(1, 3, values=[2.0, 2.0, 2.0], grad=False), dim=0, return_counts=True)
case("searchsorted", T(4, values=[-1.0, 0.0, 1.0, 2.0], grad=False), T(2, 3, grad=False), out_int32=True, checks={"places": ["torch"]})
case("bucketize", T(2, 3, grad=False), T(4, values=[-1.0, 0.0, 1.0, 2.0], grad=False), right=True, out_int32=True, checks={"places": ["torch"]})
case("all", T(2, 3, lo=0, hi=2, dtype="uint8"))
case("any", T(2, 3, lo=0, hi=2, dtype="uint8"), 1)
case("dist", T(2, 3), T(3), p=1)
case("tensordot", T(2, 3, 2), T(3, 2, 4), dims=2, checks={"places": ["torch"], "node": None})
case("diag_embed", T(2, 3), offset=1, dim1=0, dim2=2)
case("diag_embed", T(2, 3), dim1=1, dim2=-2, checks={"raises": True})
case("floor_divide", T(2, 3, lo=-9, hi=9, grad=False), T(3, lo=1, hi=4, grad=False))
case("logcumsumexp", T(), 0)
case("logcumsumexp", ints(3), 0, checks={"raises": True})
case("masked_fill", T(2, 3, dtype="float64", grad=True), mask(2, 3), T(dtype="float32", grad=True), checks={"layouts": False, "numeric": False})
case("mode", ints(2, 4, lo=0, hi=2), keepdim=True)
case("renorm", T(3, 2, values=[nan, 1.0, 0.25, 0.5, 3.0, 4.0], grad=False), 2, 0, 1.5)
case("renorm", T(3), 2, 0, 1.5, checks={"raises": True})
case("cov", T(1, 4), checks=unnamed)
case("flipud", T(), checks={"raises": True})
case("meshgrid", T(2, 2), T(2), indexing="ij", checks={"raises": True})
case("meshgrid", T(2, dtype="float32", grad=False), T(2, dtype="float64", grad=False), indexing="ij", checks={"raises": True})
case("cartesian_prod", T(2, 2), T(2), checks={"raises": True})
case("quantile", ints(3), 0.5, checks={"raises": True})
case("nanmean", ints(3), checks={"raises": True})
case("heaviside", T(3, grad=False, dtype="float32"), ints(3), checks={"raises": True})
case("isclose", T(3, grad=False, dtype="float32"), T(3, grad=False, dtype="float64"), checks={"raises": True})
case("index_select", T(), 0, index(0, 0), checks={"raises": True})
case("nonzero", T(values=[2.0], grad=False), as_tuple=True)
case("fill_", T(3, lo=0, hi=5, dtype="int32"), 10**10, checks={"places": ["Tensor"], "raises": True})
case("masked_fill", ints(3), mask(3), inf, checks={"raises": True})
case("full_like", ints(3), inf, checks={"places": ["torch"], "raises": True})

case("nn.functional.cosine_similarity", T(2, 3, 2), T(2, 1, 2), checks=unnamed)
case("nn.functional.softmin", T(2, 3, dtype="float32", grad=False), 1, dtype=torch.float64)
case("nn.functional.margin_ranking_loss", T(2, 3), T(3), T(3, grad=False), checks={"raises": True})
case("nn.functional.triplet_margin_loss", T(2, 3), T(2, 3), T(3), checks={"raises": True})
case("nn.functional.cosine_embedding_loss", T(2, 3), T(3), T(2, grad=False), checks={"raises": True})
case("nn.functional.nll_loss", T(2, 3), index(0, 2), weight=T(3), checks={"raises": True})
case("nn.functional.binary_cross_entropy_with_logits", T(2, 3), T(2, 3), pos_weight=T(3), checks={"raises": True})
case("nn.functional.soft_margin_loss", T(3), T(3), checks={"raises": True})
# Products over nothing are zeros, in gradients too.
case("nn.functional.linear", T(5, 4), T(0, 4), checks={"node": None})
case("nn.functional.linear", T(2, 3, 0), T(4, 0), T(4), checks={"node": None})

# Derivatives at NaN, also recorded ones; gradients of infinite size where nothing flows.
for name in ("relu", "relu6", "elu", "selu", "celu", "leaky_relu", "hardtanh", "hardswish", "hardsigmoid", "softshrink", "hardshrink", "mish", "softplus"):
    case(f"nn.functional.{name}", T(4, values=[nan, -1.0, 1.0, 0.25]), checks={"numeric": False})
case("nn.functional.threshold", T(4, values=[nan, -1.0, 1.0, 0.5]), 0.5, 0.25, checks={"numeric": False})
for name in ("amin", "amax"):
    case(name, T(2, 3, values=[1.0, nan, 2.0, 3.0, 3.0, 1.0]), 1, checks={"numeric": False})
case("prod", T(3, values=[1.0, 0.5, nan]), checks={"numeric": False})
case("prod", T(4, values=[0.0, 0.0, nan, 2.0]), checks={"numeric": False})
case("prod", T(3, values=[0.0, inf, 2.0]), checks={"numeric": False})
case("isclose", T(5, dtype="int8", values=[-128, -128, 0, 100, -128]), T(5, dtype="int8", values=[0, -128, -128, -128, -1]))
case("isclose", T(4, dtype="int8", values=[-128, -128, 0, 100]), T(4, dtype="int8", values=[0, -128, -128, -128]), rtol=1.0, atol=3.0)
case("all", T(2, 3, lo=0, hi=2, grad=False), dim=[])
case("any", T(2, 3, lo=0, hi=2, dtype="uint8"), dim=[], keepdim=True)
case("clamp", mask(3), 0, 1)
case("clamp", mask(3), min=2)
case("clamp_min", mask(3), 2)
case("clamp_max", mask(3), 0)
case("clamp", mask(3), 0.5)
case("clamp_", mask(3), 0, 1, checks={"raises": True})
case("nn.functional.multilabel_soft_margin_loss", T(3), T(2, 3, lo=0, hi=2, grad=False), reduction="none", checks=unnamed)
for name in ("logical_and_", "logical_or_", "logical_xor_"):
    case(name, T(3), T(3, grad=False), checks={"numeric": False})
case("logical_not_", T(3), checks={"numeric": False})
case("nn.functional.group_norm", T(1, 3), 3, checks={"raises": True})
case("nn.functional.avg_pool3d", T(1, 2, 2, 4), 3, 1, 1, checks={"raises": True})
case("nn.functional.feature_alpha_dropout", T(3), training=True, checks={"raises": True})
case("nn.functional.feature_alpha_dropout", T(3), checks=unnamed)
case("nn.functional.dropout3d", T(2, 3), training=False, checks=unnamed)
case("nn.functional.pairwise_distance", T(2, 3), T(3), p=1.0)
case("nn.functional.cosine_similarity", T(2, 3), T(3, values=[0.1, 0.2, 0.05]), eps=0.5, checks={"node": None, "numeric": False})
case("index_fill_", T(), -1, index(0), 2.5, checks={"numeric": False})
case("roll", T(2, 1, 0), 1, 4, checks=unnamed)
# Python's 2.5 - x and its like, as functions: a number may come first.
for name in ("add", "sub", "mul", "div", "true_divide"):
    case(name, 2.5, T(2, 3, lo=0.5, hi=2), checks={"places": ["torch"]})
    case(name, 3, ints(3, lo=1, hi=4), checks={"places": ["torch"]})
for name in ("add", "sub"):
    case(name, 2.5, T(3), alpha=-2, checks={"places": ["torch"]})
for name in ("div", "remainder", "floor_divide"):
    options = {"rounding_mode": "floor"} if name == "div" else {}
    case(name, 7, T(3, lo=0.5, hi=3, grad=False), **options, checks={"places": ["torch"]})
