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


def kernel(call):
    x = torch.randn(4 if tiny else 65_536, 1024)
    return on_card(lambda: call(x), 1 if tiny else 20)


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
    "layerNorm": lambda: kernel(lambda x: F.layer_norm(x, [1024])),
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
