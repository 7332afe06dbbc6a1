"""Modules, functions and losses: python make_nn.py writes nn_modules.json and nn_functional.json.

Every case keeps what PyTorch made from a seed: the text, the parameters, the output, the gradients of inputs and
parameters, the buffers afterwards. Names of options stay PyTorch's; the test turns them into camelCase.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from common import backward, encode, write

modules = []
functions = []


def inputs_of(specs, dtype=torch.float32):
    """A shape is a normal tensor that wants a gradient, several a tuple of them; a callable makes anything else."""
    out = []
    for spec in specs:
        if callable(spec):
            out.append(spec())
        elif isinstance(spec, torch.Tensor):
            out.append(spec)
        elif isinstance(spec[0], tuple):
            out.append(tuple(inputs_of(spec, dtype)))
        else:
            out.append(torch.randn(*spec, dtype=dtype).requires_grad_())
    return out


def grads(tensors):
    return [grads(t) if isinstance(t, tuple) else encode(t.grad) if isinstance(t, torch.Tensor) and t.grad is not None else None for t in tensors]


def copied(value):
    """A leaf that wants a gradient goes in as its clone, so that in-place layers may write."""
    if isinstance(value, tuple):
        return tuple(copied(item) for item in value)
    return value.clone() if isinstance(value, torch.Tensor) and value.requires_grad else value


def wants(value):
    return all(wants(item) for item in value) if isinstance(value, tuple) else isinstance(value, torch.Tensor) and value.requires_grad


def shapes(tensors):
    return [shapes(t) if isinstance(t, tuple) else list(t.shape) if isinstance(t, torch.Tensor) else t for t in tensors]


def module(name, *inputs, args=(), kwargs=None, train=True, label=None, gradcheck=True, runs=1):
    kwargs = kwargs or {}
    torch.manual_seed(len(modules))
    made = getattr(nn, name)(*args, **kwargs)
    made.train(train)
    torch.manual_seed(1000 + len(modules))
    tensors = inputs_of(inputs)
    given = [encode(t.clone() if isinstance(t, torch.Tensor) else t) for t in tensors]
    state = {k: encode(v.clone()) for k, v in made.state_dict().items()}
    torch.manual_seed(2000 + len(modules))
    for _ in range(runs):
        feed = [copied(t) for t in tensors]
        output = made(*feed)
    backward(output)
    modules.append(
        {
            "label": label or f"{name}({', '.join([str(a) for a in args] + [f'{k}={v}' for k, v in kwargs.items() if not isinstance(v, torch.Tensor)])}) of {shapes(tensors)}{'' if train else ' eval'}",
            "seed": len(modules),
            "name": name,
            "args": encode(list(args)),
            "kwargs": encode(kwargs),
            "train": train,
            "runs": runs,
            "inputs": given,
            "wants": [wants(t) for t in tensors],
            "text": str(made),
            "state": state,
            "output": encode(output),
            "node": type(output.grad_fn).__name__ if isinstance(output, torch.Tensor) and output.grad_fn else None,
            "inputGrads": grads(tensors),
            "parameterGrads": {k: encode(p.grad) for k, p in made.named_parameters() if p.grad is not None},
            "buffers": {k: encode(b.clone()) for k, b in made.named_buffers()},
            "gradcheck": gradcheck,
        }
    )


def function(name, *inputs, kwargs=None, gradcheck=True, label=None):
    """`kwargs` may hold tensors; `inputs` go in place."""
    kwargs = kwargs or {}
    torch.manual_seed(5000 + len(functions))
    tensors = inputs_of(inputs)
    given = [encode(t.clone() if isinstance(t, torch.Tensor) else t) for t in tensors]
    torch.manual_seed(6000 + len(functions))
    feed = [copied(t) for t in tensors]
    output = getattr(F, name)(*feed, **kwargs)
    backward(output)
    functions.append(
        {
            "label": label or f"{name}({', '.join(f'{k}={v}' for k, v in kwargs.items() if not isinstance(v, torch.Tensor))}) of {shapes(tensors)}",
            "seed": len(functions),
            "name": name,
            "kwargs": encode(kwargs),
            "inputs": given,
            "wants": [wants(t) for t in tensors],
            "output": encode(output),
            "node": type(output.grad_fn).__name__ if isinstance(output, torch.Tensor) and output.grad_fn else None,
            "inputGrads": grads(tensors),
            "gradcheck": gradcheck,
        }
    )


def classes(n, *shape):
    return lambda: torch.randint(0, n, shape)


def signs(*shape):
    return lambda: torch.randint(0, 2, shape).float() * 2 - 1


def probabilities(*shape):
    return lambda: torch.rand(*shape)


def open_interval(*shape):
    """Probabilities that want a gradient, away from 0 and 1."""
    return lambda: (torch.rand(*shape) * 0.8 + 0.1).requires_grad_()


def special():
    return torch.tensor([0.0, -0.0, 1.0, -1.0, float("inf"), float("-inf"), float("nan"), 1e-30, -80.0, 90.0])


def special_double():
    """For GELU, which is infinite at infinity in float64 and in PyTorch's scalar float32 loop, NaN in its vectorised one."""
    return special().double()


def linear_modules():
    for args, kwargs, shape in [
        ((4, 3), {}, (5, 4)),
        ((4, 3), {"bias": False}, (5, 4)),
        ((4, 3), {}, (4,)),
        ((4, 3), {"bias": False}, (4,)),
        ((4, 3), {}, (2, 3, 4)),
        ((4, 3), {"bias": False}, (2, 3, 4)),
        ((4, 3), {}, (0, 4)),
        ((784, 10), {}, (2, 784)),
        ((3, 17), {}, (2, 3)),
    ]:
        module("Linear", shape, args=args, kwargs=kwargs)
    module("Linear", lambda: torch.randn(2, 4, dtype=torch.float64).requires_grad_(), args=(4, 2), kwargs={"dtype": torch.float64})
    module("Bilinear", (5, 3), (5, 4), args=(3, 4, 2))
    module("Bilinear", (2, 3, 3), (2, 3, 4), args=(3, 4, 2), kwargs={"bias": False})
    module("Identity", (2, 3))
    module("Flatten", (2, 3, 4))
    module("Flatten", (2, 3, 4, 5), args=(2, 3))
    module("Unflatten", (2, 6), args=(1, (2, 3)))
    module("Embedding", classes(7, 2, 3), args=(7, 4))
    module("Embedding", classes(5, 6), args=(5, 3), kwargs={"padding_idx": 2}, gradcheck=False)
    module("Embedding", classes(5, 6), args=(5, 3), kwargs={"padding_idx": -1, "scale_grad_by_freq": True}, gradcheck=False)
    module("Embedding", classes(5, 6), args=(5, 3), kwargs={"max_norm": 1.0}, gradcheck=False)


def activation_modules():
    plain = "ReLU ReLU6 Sigmoid Tanh SiLU Mish SELU Hardsigmoid Hardswish LogSigmoid Softsign Tanhshrink GELU Softplus Hardshrink Softshrink LeakyReLU ELU CELU Hardtanh".split()
    for name in plain:
        module(name, (3, 4))
        module(name, special_double if name == "GELU" else special, gradcheck=False)
        module(name, lambda: torch.randn(4, 3).t() * 4, label=f"{name} of a transposed tensor")
    for name in "ReLU ReLU6 SiLU Mish SELU Hardsigmoid Hardswish".split():
        module(name, (3, 4), kwargs={"inplace": True})
    module("LeakyReLU", (3, 4), args=(0.2,))
    module("LeakyReLU", (3, 4), args=(0.2,), kwargs={"inplace": True})
    module("ELU", (3, 4), kwargs={"alpha": 0.5, "inplace": True})
    module("CELU", (3, 4), kwargs={"alpha": 0.5, "inplace": True})
    module("Hardtanh", (3, 4), args=(-0.5, 0.25))
    module("GELU", (3, 4), kwargs={"approximate": "tanh"})
    module("Softplus", (3, 4), kwargs={"beta": 2.0, "threshold": 1.0})
    module("Threshold", (3, 4), args=(0.1, 20))
    module("PReLU", (3, 4))
    module("PReLU", (2, 3, 4), kwargs={"num_parameters": 3, "init": 0.1})
    module("PReLU", (5,))
    module("RReLU", (3, 4))
    module("RReLU", (3, 4), train=False)
    module("RReLU", (3, 40), args=(0.1, 0.3), gradcheck=False)
    module("GLU", (3, 4))
    module("GLU", (4, 3), args=(0,))
    for name in "Softmax LogSoftmax Softmin".split():
        module(name, (3, 4), kwargs={"dim": 1})
        module(name, (2, 3, 4), kwargs={"dim": 0})
        module(name, (5,))
        module(name, (2, 2, 3))
        module(name, (2, 3, 2, 2))
    module("Softmax2d", (2, 3, 2, 2))


def dropout_modules():
    for name, shape in [("Dropout", (5, 7)), ("Dropout", (1000,)), ("Dropout1d", (2, 8, 3)), ("Dropout1d", (8, 3)), ("Dropout2d", (2, 8, 2, 2)), ("Dropout3d", (2, 4, 2, 1, 2)), ("AlphaDropout", (6, 5)), ("FeatureAlphaDropout", (3, 8, 2))]:
        for kwargs in [{}, {"p": 0.2}]:
            module(name, shape, kwargs=kwargs, gradcheck=False)
        module(name, shape, train=False)
    module("Dropout", (4, 4), args=(0.0,))
    module("Dropout", (4, 4), args=(1.0,))
    module("Dropout", (4, 4), kwargs={"p": 0.3, "inplace": True}, gradcheck=False)
    module("Dropout2d", (2, 8, 2, 2), kwargs={"p": 1.0})
    module("AlphaDropout", (4, 4), kwargs={"p": 1.0})


def loss_modules():
    pairs = "L1Loss MSELoss SmoothL1Loss HuberLoss".split()
    for reduction in ["mean", "sum", "none"]:
        r = {"reduction": reduction}
        for name in pairs:
            module(name, (3, 4), (3, 4), kwargs=r)
        module("SmoothL1Loss", (3, 4), (3, 4), kwargs={**r, "beta": 0.5})
        module("HuberLoss", (3, 4), (3, 4), kwargs={**r, "delta": 0.7})
        for shape, target in [((4, 5), (4,)), ((2, 5, 3), (2, 3)), ((2, 5, 3, 2), (2, 3, 2)), ((5,), ())]:
            module("CrossEntropyLoss", shape, classes(5, *target), kwargs=r)
            module("NLLLoss", shape, classes(5, *target), kwargs=r)
            module("CrossEntropyLoss", shape, lambda s=shape: torch.rand(*s).softmax(0 if len(s) == 1 else 1), kwargs=r)
            module("CrossEntropyLoss", shape, classes(5, *target), kwargs={**r, "label_smoothing": 0.2, "weight": torch.tensor([1.0, 0.5, 2.0, 1.5, 0.25])})
            module("CrossEntropyLoss", shape, lambda s=shape: torch.rand(*s), kwargs={**r, "label_smoothing": 0.1, "weight": torch.tensor([1.0, 0.5, 2.0, 1.5, 0.25])})
        ignoring = lambda: torch.tensor([1, 2, 0, 2, 4, 2])
        for name in ["CrossEntropyLoss", "NLLLoss"]:
            module(name, (6, 5), ignoring, kwargs={**r, "ignore_index": 2})
            module(name, (6, 5), ignoring, kwargs={**r, "ignore_index": 2, "weight": torch.tensor([1.0, 0.5, 2.0, 1.5, 0.25])})
        module("CrossEntropyLoss", (6, 5), ignoring, kwargs={**r, "ignore_index": 2, "label_smoothing": 0.3})
        module("CrossEntropyLoss", (4, 5), lambda: torch.rand(4, 5).requires_grad_(), kwargs=r)
        module("BCELoss", open_interval(3, 4), probabilities(3, 4), kwargs=r)
        module("BCELoss", open_interval(3, 4), open_interval(3, 4), kwargs={**r, "weight": torch.tensor([0.5, 1.0, 2.0, 1.5])})
        module("BCELoss", lambda: torch.tensor([0.0, 1.0, 0.0, 1.0]), lambda: torch.tensor([0.0, 1.0, 1.0, 0.0]), kwargs=r)
        module("BCEWithLogitsLoss", (3, 4), probabilities(3, 4), kwargs=r)
        module("BCEWithLogitsLoss", (3, 4), open_interval(3, 4), kwargs={**r, "pos_weight": torch.tensor([0.5, 1.0, 2.0, 1.5]), "weight": torch.rand(3, 1)})
        module("BCEWithLogitsLoss", lambda: torch.tensor([-200.0, 200.0, 1000.0]), lambda: torch.tensor([0.0, 1.0, 0.0]), kwargs=r)
        logs = lambda: torch.randn(3, 4).log_softmax(1).requires_grad_()
        module("KLDivLoss", logs, open_interval(3, 4), kwargs=r)
        module("KLDivLoss", logs, logs, kwargs={**r, "log_target": True})
        module("KLDivLoss", logs, lambda: torch.tensor([[0.0, 0.5, 0.5, 0.0]] * 3), kwargs=r)
        module("PoissonNLLLoss", (3, 4), lambda: torch.randint(0, 5, (3, 4)).float(), kwargs={**r, "full": True})
        module("PoissonNLLLoss", open_interval(3, 4), lambda: torch.randint(0, 5, (3, 4)).float(), kwargs={**r, "log_input": False})
        module("GaussianNLLLoss", (3, 4), (3, 4), open_interval(3, 4), kwargs=r)
        module("GaussianNLLLoss", (3, 4), (3, 4), open_interval(3), kwargs={**r, "full": True})
        module("HingeEmbeddingLoss", (3, 4), signs(3, 4), kwargs=r)
        module("SoftMarginLoss", (3, 4), signs(3, 4), kwargs=r)
        module("MultiLabelSoftMarginLoss", (3, 4), lambda: torch.randint(0, 2, (3, 4)).float(), kwargs=r)
        module("MultiLabelMarginLoss", (3, 4), lambda: torch.tensor([[3, 0, -1, 1], [1, -1, 2, 0], [0, 1, 2, 3]]), kwargs=r)
        module("MultiLabelMarginLoss", (4,), lambda: torch.tensor([3, 0, -1, 1]), kwargs=r)
        module("MultiMarginLoss", (3, 4), classes(4, 3), kwargs=r)
        module("MultiMarginLoss", (3, 4), classes(4, 3), kwargs={**r, "p": 2, "margin": 0.5, "weight": torch.tensor([1.0, 2.0, 0.5, 1.5])})
        module("CosineEmbeddingLoss", (4, 3), (4, 3), lambda: torch.tensor([1.0, -1.0, 1.0, -1.0]), kwargs={**r, "margin": 0.1})
        module("MarginRankingLoss", (5,), (5,), signs(5), kwargs={**r, "margin": 0.3})
        module("TripletMarginLoss", (4, 3), (4, 3), (4, 3), kwargs=r)
        module("TripletMarginLoss", (4, 3), (4, 3), (4, 3), kwargs={**r, "swap": True, "p": 1.0, "margin": 2.0})
        module("TripletMarginWithDistanceLoss", (4, 3), (4, 3), (4, 3), kwargs={**r, "swap": True})
    module("KLDivLoss", lambda: torch.randn(3, 4).log_softmax(1).requires_grad_(), probabilities(3, 4), kwargs={"reduction": "batchmean"})
    module("L1Loss", (0, 3), (0, 3))
    module("MSELoss", (0, 3), (0, 3))
    module("CrossEntropyLoss", (0, 3), classes(3, 0))


def normalisation_modules():
    for name, shapes in [("BatchNorm1d", [(5, 3), (4, 3, 2)]), ("BatchNorm2d", [(3, 2, 2, 3)]), ("BatchNorm3d", [(2, 2, 2, 1, 3)])]:
        for shape in shapes:
            c = shape[1]
            for kwargs in [{}, {"affine": False}, {"momentum": None}, {"momentum": 0.3, "eps": 0.01}, {"track_running_stats": False}, {"bias": False}]:
                module(name, shape, args=(c,), kwargs=kwargs, runs=3)
            module(name, shape, args=(c,), train=False)
            module(name, shape, args=(c,), kwargs={"track_running_stats": False}, train=False)
    for name, shapes in [("InstanceNorm1d", [(2, 3, 4), (3, 4)]), ("InstanceNorm2d", [(2, 3, 2, 2)]), ("InstanceNorm3d", [(2, 2, 1, 2, 2)])]:
        for shape in shapes:
            c = shape[0] if len(shape) == 2 else shape[1]
            for kwargs in [{}, {"affine": True}, {"affine": True, "track_running_stats": True}]:
                module(name, shape, args=(c,), kwargs=kwargs, runs=2)
            module(name, shape, args=(c,), kwargs={"track_running_stats": True}, train=False)
    for args, kwargs, shape in [((4,), {}, (3, 4)), (([3, 4],), {}, (2, 3, 4)), ((4,), {"elementwise_affine": False}, (2, 3, 4)), ((4,), {"bias": False, "eps": 0.01}, (3, 4)), ((4,), {}, (4,))]:
        module("LayerNorm", shape, args=args, kwargs=kwargs)
    for args, kwargs, shape in [((4,), {}, (3, 4)), (([3, 4],), {}, (2, 3, 4)), ((4,), {"eps": 0.1}, (3, 4))]:
        module("RMSNorm", shape, args=args, kwargs=kwargs)
    # Groups of two elements would do badly: their gradients cancel to what float32 rounds, in PyTorch as here.
    for args, kwargs, shape in [((2, 8), {}, (3, 8)), ((2, 4), {}, (2, 4, 3)), ((1, 4), {"affine": False}, (2, 4, 2, 2)), ((4, 4), {"eps": 0.01, "bias": False}, (2, 4, 2, 2))]:
        module("GroupNorm", shape, args=args, kwargs=kwargs)


def further_modules():
    words = {"in_features": 8, "n_classes": 12, "cutoffs": [4, 7]}
    module("AdaptiveLogSoftmaxWithLoss", (5, 8), lambda: torch.tensor([0, 11, 5, 4, 3]), kwargs=words)
    module("AdaptiveLogSoftmaxWithLoss", (3, 8), lambda: torch.tensor([1, 0, 2]), kwargs={**words, "div_value": 2.0, "head_bias": True})
    module("AdaptiveLogSoftmaxWithLoss", (8,), lambda: torch.tensor(6), kwargs=words)


def distance_functions():
    for kwargs in [{}, {"p": 1.0}, {"keepdim": True}]:
        function("pairwise_distance", (4, 3), (4, 3), kwargs=kwargs)
    for kwargs in [{}, {"dim": 0}]:
        function("cosine_similarity", (4, 3), (4, 3), kwargs=kwargs)
    for kwargs in [{}, {"p": 1.0, "dim": 0}]:
        function("normalize", (4, 3), kwargs=kwargs)
    function("normalize", lambda: torch.zeros(2, 3))
    function("mse_loss", (3, 4), (3, 4), kwargs={"weight": torch.rand(3, 4)})
    function("l1_loss", (3, 4), (3, 4), kwargs={"weight": torch.rand(3, 4)})
    function("huber_loss", (3, 4), (3, 4), kwargs={"weight": torch.rand(3, 4)})
    function("gumbel_softmax", (3, 4), gradcheck=False)
    function("gumbel_softmax", (3, 4), kwargs={"hard": True, "tau": 0.5}, gradcheck=False)
    function("one_hot", lambda: torch.tensor([[0, 3, 1], [2, 2, 0]]))
    function("one_hot", classes(5, 4), kwargs={"num_classes": 7})


if __name__ == "__main__":
    torch.set_num_threads(1)
    linear_modules()
    activation_modules()
    dropout_modules()
    loss_modules()
    normalisation_modules()
    further_modules()
    write("nn_modules.json", {"cases": modules})
    distance_functions()
    write("nn_functional.json", {"cases": functions})
