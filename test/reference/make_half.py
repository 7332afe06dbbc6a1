"""float16 and bfloat16 end to end: python make_half.py writes nn_half.json, and under autocast nn_autocast.json.

Modules are made in float32 from a seed and cast, as `.half()` and `.bfloat16()` do; inputs are rounded to the type before
they are kept. Under autocast inputs are float32 and bfloat16, modules float32. What PyTorch has no kernel for on the CPU
is left out.
"""

import warnings

import torch
import torch.nn as nn
import torch.nn.functional as F

from common import backward, encode, write
from make_nn import classes, grads, inputs_of, open_interval, probabilities

warnings.filterwarnings("ignore")
cases = []
# The types of the inputs, and that of autocast where it is on.
dtypes, lowered = [torch.float16, torch.bfloat16], None


def case(label, dtype, run, inputs, module=None, **fields):
    if lowered:
        return autocast_case(label, dtype, run, inputs, module, **fields)
    torch.manual_seed(1000 + len(cases))
    tensors = [t.detach().to(dtype).requires_grad_(t.requires_grad) if torch.is_tensor(t) and t.is_floating_point() else t for t in inputs_of(inputs)]
    try:
        output = run(*tensors)
        backward(output)
    except RuntimeError as error:
        if "not implemented for" not in str(error):
            raise
        print("left out:", label, dtype, error)
        return
    cases.append(
        {
            "label": f"{label} in {str(dtype).removeprefix('torch.')}",
            "dtype": str(dtype).removeprefix("torch."),
            **fields,
            "inputs": [encode(t) for t in tensors],
            "wants": [torch.is_tensor(t) and t.requires_grad for t in tensors],
            "output": encode(output),
            "inputGrads": grads(tensors),
            "parameterGrads": {k: encode(p.grad) for k, p in module.named_parameters() if p.grad is not None} if module else {},
            "buffers": {k: encode(b.clone()) for k, b in module.named_buffers()} if module else {},
        }
    )


def autocast_case(label, dtype, run, inputs, module=None, **fields):
    torch.manual_seed(1000 + len(cases))
    tensors = [t.detach().to(dtype).requires_grad_(t.requires_grad) if torch.is_tensor(t) and t.is_floating_point() else t for t in inputs_of(inputs)]
    try:
        with torch.autocast("cpu", dtype=lowered):
            output = run(*tensors)
    except RuntimeError as error:
        print("left out:", label, dtype, error)
        return
    backward(output)
    cases.append({"label": f"{label} of {str(dtype).removeprefix('torch.')} to {str(lowered).removeprefix('torch.')}", "dtype": str(lowered).removeprefix("torch."), **fields, "inputs": [encode(t) for t in tensors], "wants": [torch.is_tensor(t) and t.requires_grad for t in tensors], "output": encode(output), "inputGrads": grads(tensors[:1])})


def module(name, *inputs, args=(), train=True, **kwargs):
    for dtype in dtypes:
        torch.manual_seed(7)
        made = getattr(nn, name)(*args, **kwargs).train(train)
        if not lowered:
            made = made.to(dtype)
        case(f"{name}({', '.join([str(a) for a in args] + list(kwargs))}){'' if train else ' eval'}", dtype, made, inputs, made, kind="module", name=name, args=encode(list(args)), kwargs=encode(kwargs), train=train)


def method(name, *inputs, args=(), **kwargs):
    for dtype in dtypes:
        case(f"{name}({', '.join([str(a) for a in args] + [f'{k}={v}' for k, v in kwargs.items()])})", dtype, lambda x, *rest: getattr(x, name)(*rest, *args, **kwargs), inputs, kind="method", name=name, args=encode(list(args)), kwargs=encode(kwargs))


def function(name, *inputs, **kwargs):
    for dtype in dtypes:
        case(f"{name}({', '.join(kwargs)})", dtype, lambda *given: getattr(F, name)(*given, **kwargs), inputs, kind="function", name=name, args=[], kwargs=encode(kwargs))


def positive(*shape):
    return lambda: (torch.rand(*shape) + 0.5).requires_grad_()


def ops():
    for name in ["add", "sub", "mul"]:
        method(name, (3, 4), (4,))
        method(name, (3, 4), args=(3,))
    method("div", (3, 4), positive(3, 4))
    method("pow", positive(3, 4), args=(2.5,))
    method("pow", (3, 4), args=(2,))
    for name in ["exp", "sigmoid", "tanh", "relu", "abs", "neg", "square", "sin", "cos", "erf", "expm1", "atan"]:
        method(name, (3, 4))
    for name in ["log", "sqrt", "rsqrt", "reciprocal", "log1p", "lgamma", "digamma"]:
        method(name, positive(3, 4))
    method("clamp", (3, 4), args=(-0.5, 0.5))
    method("maximum", (3, 4), (3, 4))
    method("lerp", (3, 4), (3, 4), args=(0.3,))
    for name in ["sum", "mean", "prod", "amax", "logsumexp", "cumsum", "softmax", "log_softmax", "var", "std"]:
        method(name, positive(3, 4), args=(1,))
    method("sum", (3, 40))
    method("mean", (300,))
    method("norm", (3, 4))
    method("matmul", (3, 4), (4, 5))
    method("matmul", (2, 3, 4), (4,))
    method("bmm", (2, 3, 4), (2, 4, 2))
    method("transpose", (3, 4), args=(0, 1))
    method("index_select", (5, 2), args=(0, torch.tensor([1, 1, 4])))
    method("gather", (3, 4), args=(1, torch.tensor([[0, 2], [1, 1], [3, 0]])))
    method("sort", (7,))


def layers():
    module("Linear", (5, 4), args=(4, 3))
    module("Linear", (2, 5, 4), args=(4, 3), bias=False)
    module("Bilinear", (5, 3), (5, 4), args=(3, 4, 2))
    module("Embedding", classes(7, 6), args=(7, 4))
    for name in "ReLU LeakyReLU ELU SELU CELU GELU SiLU Mish Softplus Softsign Tanh Sigmoid Hardsigmoid Hardswish Hardtanh LogSigmoid Hardshrink Softshrink Tanhshrink PReLU GLU ReLU6".split():
        module(name, (3, 4))
    module("GELU", (3, 4), approximate="tanh")
    for name in ["Softmax", "LogSoftmax", "Softmin"]:
        module(name, (3, 4), dim=1)
    for train in [True, False]:
        module("BatchNorm1d", (6, 3), args=(3,), train=train)
        module("BatchNorm2d", (3, 2, 2, 3), args=(2,), train=train)
    module("InstanceNorm1d", (2, 3, 5), args=(3,), affine=True)
    module("LayerNorm", (3, 8), args=(8,))
    module("RMSNorm", (3, 8), args=(8,))
    module("GroupNorm", (2, 4, 5), args=(2, 4))
    module("Dropout", (3, 4), args=(0.0,))
    function("normalize", (4, 3))
    function("cosine_similarity", (4, 3), (4, 3))


def losses():
    for reduction in ["mean", "none"]:
        r = {"reduction": reduction}
        for name in "MSELoss L1Loss SmoothL1Loss HuberLoss".split():
            module(name, (3, 4), (3, 4), **r)
        module("CrossEntropyLoss", (4, 5), classes(5, 4), **r)
        module("CrossEntropyLoss", (4, 5), classes(5, 4), label_smoothing=0.2, **r)
        module("CrossEntropyLoss", (4, 5), lambda: torch.rand(4, 5).softmax(1), **r)
        module("NLLLoss", (4, 5), classes(5, 4), **r)
        module("BCEWithLogitsLoss", (3, 4), probabilities(3, 4), **r)
        module("BCELoss", open_interval(3, 4), probabilities(3, 4), **r)
        module("KLDivLoss", (3, 4), probabilities(3, 4), **r)
        module("PoissonNLLLoss", (3, 4), lambda: torch.randint(0, 5, (3, 4)).float(), **r)
        module("SoftMarginLoss", (3, 4), lambda: torch.randint(0, 2, (3, 4)).float() * 2 - 1, **r)
        module("CosineEmbeddingLoss", (4, 3), (4, 3), lambda: torch.tensor([1.0, -1.0, 1.0, -1.0]), **r)
        module("TripletMarginLoss", (4, 3), (4, 3), (4, 3), **r)


def autocast():
    """What the lists name beside the ops, layers and losses above, and what they do not."""
    for name, *shapes in [("mv", (3, 4), (4,)), ("dot", (4,), (4,)), ("matmul", (4,), (4,)), ("inner", (2, 3), (2, 3)), ("outer", (3,), (4,)), ("mm", (2, 3), (3, 2)), ("addmm", (2, 2), (2, 3), (3, 2)), ("addmv", (2,), (2, 3), (3,)), ("baddbmm", (2, 2, 2), (2, 2, 3), (2, 3, 2)), ("addbmm", (2, 2), (2, 2, 3), (2, 3, 2)), ("trace", (3, 3)), ("kron", (2, 2), (2, 2))]:
        method(name, *shapes)
    method("matrix_power", (2, 2), args=(3,))
    function("scaled_dot_product_attention", (1, 2, 3, 4), (1, 2, 3, 4), (1, 2, 3, 4))
    module("Conv1d", (2, 3, 5), args=(3, 2, 2))
    module("Conv2d", (1, 2, 4, 4), args=(2, 3, 3), padding=1)
    module("ConvTranspose2d", (1, 2, 3, 3), args=(2, 2, 2))
    module("AvgPool2d", (1, 1, 4, 4), args=(2,))
    module("AvgPool3d", (1, 1, 2, 2, 4), args=(2,))
    module("MaxPool2d", (1, 1, 4, 4), args=(2,))
    for name in ["RNN", "LSTM", "GRU"]:
        if dtypes == [torch.float32]:
            continue
        module(name, (3, 2, 4), args=(4, 3))
        module(f"{name}Cell", (2, 4), args=(4, 3))
    method("quantile", (5,), args=(0.3,))
    for dtype in dtypes:
        for label, run, shapes in [("cat", lambda a, b: torch.cat([a, b.float()]), [(2,), (3,)]), ("stack", lambda a, b: torch.stack([a, b.float()]), [(2,), (2,)]), ("einsum", lambda a, b: torch.einsum("ij,jk->ik", a, b), [(2, 3), (3, 2)]), ("cdist", lambda a, b: torch.cdist(a, b), [(2, 3), (4, 3)])]:
            case(label, dtype, run, shapes, kind=label, name=label, args=[], kwargs={})


def training(dtype):
    """Ten steps with autocast and a scaler that grows every second step; an infinity in the fourth."""
    torch.manual_seed(3)
    net = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=2)
    x, y = torch.randn(20, 6), torch.randint(0, 3, (20,))
    losses, scales = [], []
    for step in range(10):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=dtype):
            loss = F.cross_entropy(net(x), y)
        scaler.scale(loss).backward()
        if step == 3:
            net[0].weight.grad[0, 0] = float("inf")
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
        scales.append(scaler.get_scale())
    return {"dtype": str(dtype).removeprefix("torch."), "losses": losses, "scales": scales, "state": scaler.state_dict(), "weight": encode(net[0].weight)}


def everything():
    ops()
    layers()
    losses()


if __name__ == "__main__":
    torch.set_num_threads(1)
    everything()
    write("nn_half.json", {"cases": cases})

    cases.clear()
    dtypes, lowered = [torch.float32, torch.bfloat16], torch.bfloat16
    everything()
    autocast()
    dtypes, lowered = [torch.float32], torch.float16
    autocast()
    write("nn_autocast.json", {"cases": cases, "training": [training(torch.bfloat16), training(torch.float16)]})
