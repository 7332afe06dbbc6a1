"""PyTorch's side of ../cuda.mjs on the same card: python cuda_card.py full|tiny NAME…, or python cuda_card.py about

Prints JSON: for each name the microseconds of one step or call, of nine runs; or what PyTorch and its libraries are.
"""

import json
import sys
import time

import torch
from torch import nn

from networks import classifier, cnn, lstm


def mlp():
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10)
    )
    return classifier(model, 32)


def captured(step):
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def steps(make, count, graph=False):
    step = captured(make()) if graph else make()

    def run():
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(count):
            step()
        torch.cuda.synchronize()
        return (time.perf_counter() - start) / count * 1e6

    run()
    return [run() for _ in range(runs)]


def on_card(call, count):
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)

    def run():
        start.record()
        for _ in range(count):
            call()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) / count * 1e3

    run()
    return [run() for _ in range(runs)]


def launch():
    x = torch.zeros(1)
    count = 10 if tiny else 10_000

    def run():
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(count):
            x.add_(1)
        spent = time.perf_counter() - start
        torch.cuda.synchronize()
        return spent / count * 1e6

    run()
    return [run() for _ in range(runs)]


def product(dtype, tf32=False):
    torch.backends.cuda.matmul.allow_tf32 = tf32
    side = 16 if tiny else 4096
    a, b = torch.randn(side, side).to(dtype), torch.randn(side, side).to(dtype)
    return on_card(lambda: a @ b, 1 if tiny else 20)


def kernel(call, dtype=torch.float32, shape=(65_536, 1024)):
    x = torch.randn(4 if tiny else shape[0], *shape[1:]).to(dtype)
    return on_card(lambda: call(x), 1 if tiny else 20)


def backward(forward, x, *parameters):
    inputs = [t.requires_grad_() for t in (x, *parameters)]
    y = forward(*inputs)
    g = torch.randn_like(y)
    return on_card(lambda: torch.autograd.grad(y, inputs, g, retain_graph=True), few(20))


def rows_of_1024():
    return torch.randn(4 if tiny else 65_536, 1024)


def factors(n):
    return torch.rand(n), torch.rand(n)


def layer_norm_factors():
    weight, bias = factors(1024)
    return kernel(lambda x: norm(x, weight, bias))


def norm(x, weight, bias):
    return F.layer_norm(x, [1024], weight, bias)


def batch_norm():
    x = torch.randn(2, 4, 8, 8) if tiny else torch.randn(256, 64, 56, 56)
    channels = x.shape[1]
    mean, variance = torch.zeros(channels), torch.ones(channels)

    def call(x, weight, bias):
        return F.batch_norm(x, mean, variance, weight, bias, training=True)

    return call, x, *factors(channels)


def batch_norm_forward():
    call, *inputs = batch_norm()
    return on_card(lambda: call(*inputs), few(20))


def index_add():
    count, places = (20, 5) if tiny else (1_000_000, 50_000)
    index, values = torch.randint(0, places, (count,)), torch.randn(count, 32)
    x = torch.zeros(places, 32)
    return on_card(lambda: x.index_add_(0, index, values), few(5))


def matrix(full, call):
    side = 5 if tiny else full
    x = torch.randn(side, side, dtype=torch.float64)
    positive = x @ x.mT + torch.eye(side, dtype=torch.float64)
    return on_card(lambda: call(positive), 1)


def few(count):
    return 1 if tiny else count


F = nn.functional
measures = {
    "mlp": lambda: steps(mlp, few(500)),
    "mlpCaptured": lambda: steps(mlp, few(500), True),
    "cnn": lambda: steps(cnn, few(100)),
    "cnnCaptured": lambda: steps(cnn, few(100), True),
    "lstm": lambda: steps(lstm, few(50)),
    "productBfloat16": lambda: product(torch.bfloat16),
    "productTf32": lambda: product(torch.float32, True),
    "productFloat32": lambda: product(torch.float32),
    "copy": lambda: kernel(lambda x: x.clone()),
    "add": lambda: kernel(lambda x: x.add(x)),
    "gelu": lambda: kernel(F.gelu),
    "softmax": lambda: kernel(lambda x: x.softmax(-1)),
    "softmaxLong": lambda: kernel(lambda x: x.softmax(-1), shape=(16_384, 4096)),
    "softmaxBackward": lambda: backward(lambda x: x.softmax(-1), rows_of_1024()),
    "layerNorm": lambda: kernel(lambda x: F.layer_norm(x, [1024])),
    "layerNormFactors": layer_norm_factors,
    "layerNormBackward": lambda: backward(norm, rows_of_1024(), *factors(1024)),
    "batchNorm": batch_norm_forward,
    "batchNormBackward": lambda: backward(*batch_norm()),
    "geluBackward": lambda: backward(F.gelu, rows_of_1024()),
    "sumOfRows": lambda: kernel(lambda x: x.sum(-1)),
    "sumOfAll": lambda: kernel(lambda x: x.sum()),
    "transpose": lambda: kernel(lambda x: x.t().contiguous()),
    "addBfloat16": lambda: kernel(lambda x: x.add(x), torch.bfloat16),
    "argmaxOfAll": lambda: kernel(lambda x: x.argmax()),
    "indexAdd": index_add,
    "lu": lambda: matrix(2048, torch.linalg.lu_factor_ex),
    "solve": lambda: matrix(2048, lambda x: torch.linalg.solve_ex(x, x)),
    "cholesky": lambda: matrix(2048, torch.linalg.cholesky_ex),
    "qr": lambda: matrix(2048, torch.linalg.qr),
    "eigh": lambda: matrix(512, torch.linalg.eigh),
    "svd": lambda: matrix(512, torch.linalg.svd),
    "launch": launch,
}

if sys.argv[1] == "about":
    about = {"torch": torch.__version__, "available": torch.cuda.is_available(), "cuda": torch.version.cuda}
    if about["available"]:
        about |= {"card": torch.cuda.get_device_name(), "cudnn": torch.backends.cudnn.version()}
    print(json.dumps(about))
else:
    tiny = sys.argv[1] == "tiny"
    runs = 1 if tiny else 9
    torch.set_default_device("cuda")
    times = {}
    for name in sys.argv[2:]:
        torch.manual_seed(1)
        times[name] = {"microseconds": measures[name]()}
    print(json.dumps(times))
