"""PyTorch's random numbers, as test/engine/native/random.test.ts expects them.

    python3 test/reference/native/draws.py > test/reference/native/draws.json

Written with PyTorch 2.15.0 on x86-64 with AVX2. bernoulli, exponential and multinomial without replacement are left
out where PyTorch was built with MKL, which draws them from another generator: those come from a build without it
(`--no-mkl`, draws-no-mkl.json).
"""
import json
import sys
import torch

no_mkl = "--no-mkl" in sys.argv
assert torch.backends.mkl.is_available() != no_mkl


def values(t):
    return t.flatten().double().tolist() if t.dtype.is_floating_point else [int(v) for v in t.flatten().tolist()]


cases = []


def case(fill, dtype, shape, a, b, t, seed, strided=False):
    cases.append(dict(fill=fill, dtype=str(dtype).removeprefix("torch."), shape=list(shape), a=a, b=b, seed=seed, strided=strided, values=values(t)))


floats = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
if not no_mkl:
    for seed in (0, 1234, 2**40 + 7):
        for dtype in floats:
            for n in (1, 5, 15, 16, 17, 31, 40, 700):
                for (a, b) in ((0, 1), (-0.3, 0.7)):
                    torch.manual_seed(seed)
                    case("uniform_", dtype, [n], a, b, torch.empty(n, dtype=dtype).uniform_(a, b), seed)
                for (a, b) in ((0, 1), (2.5, 0.3)):
                    torch.manual_seed(seed)
                    case("normal_", dtype, [n], a, b, torch.empty(n, dtype=dtype).normal_(a, b), seed)
            torch.manual_seed(seed)
            case("normal_", dtype, [6, 5], 0, 1, torch.empty(5, 6, dtype=dtype).t().normal_(), seed, True)
            torch.manual_seed(seed)
            case("uniform_", dtype, [6, 5], 0, 1, torch.empty(5, 6, dtype=dtype).t().uniform_(), seed, True)
        for dtype in [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64] + floats + [torch.bool]:
            torch.manual_seed(seed)
            case("random_", dtype, [40], 0, 0, torch.empty(40, dtype=dtype).random_(), seed)
        for dtype in [torch.uint8, torch.int64, torch.int32, torch.float32]:
            torch.manual_seed(seed)
            case("randint_", dtype, [40], 3, 100, torch.empty(40, dtype=dtype).random_(3, 100), seed)
        for (a, b) in ((0, 2**28 - 1), (0, 2**28), (-(2**40), 2**41), (0, 2**32)):
            torch.manual_seed(seed)
            case("randint_", torch.int64, [40], a, b, torch.empty(40, dtype=torch.int64).random_(a, b), seed)

    extra = {}
    torch.manual_seed(7)
    extra["randperm"] = [torch.randperm(n).tolist() for n in (0, 1, 6, 100)]
    torch.manual_seed(7)
    extra["randn3then2"] = [torch.randn(3).tolist(), torch.randn(2).tolist(), torch.randn(20).tolist(), torch.randn(1).tolist()]
    torch.manual_seed(7)
    torch.randn(3)
    state = torch.get_rng_state().numpy()
    extra["state"] = [int(v) for v in state]
    extra["afterState"] = torch.randn(2).tolist()
    extra["freshState"] = [int(v) for v in torch.Generator().manual_seed(99).get_state()[:64]]
    torch.manual_seed(3)
    w = torch.tensor([[0.1, 0.2, 0.3, 0.4], [5, 0, 1, 3]])
    extra["multinomialReplacement"] = torch.multinomial(w, 9, replacement=True).tolist()
    extra["random63"] = []
    torch.manual_seed(5)
    for _ in range(4):
        extra["random63"].append(str(torch.empty((), dtype=torch.int64).random_().item()))
    json.dump(dict(torch=torch.__version__, cases=cases, **extra), sys.stdout)
else:
    for seed in (0, 1234):
        for dtype in [torch.float32, torch.float64, torch.uint8, torch.bool]:
            torch.manual_seed(seed)
            case("bernoulli_", dtype, [40], 0.3, 0, torch.empty(40, dtype=dtype).bernoulli_(0.3), seed)
        for dtype in [torch.float32, torch.float64]:
            torch.manual_seed(seed)
            case("exponential_", dtype, [40], 1.5, 0, torch.empty(40, dtype=dtype).exponential_(1.5), seed)
    extra = {}
    torch.manual_seed(3)
    w = torch.tensor([[0.1, 0.2, 0.3, 0.4], [5, 1, 1, 3]])
    extra["multinomial"] = torch.multinomial(w, 3).tolist()
    extra["multinomialOne"] = torch.multinomial(w.double(), 1).tolist()
    torch.manual_seed(11)
    extra["dropout"] = torch.nn.functional.dropout(torch.arange(1.0, 31.0), 0.4, True).tolist()
    torch.manual_seed(11)
    p = torch.linspace(0, 1, 20)
    extra["bernoulliTensor"] = [torch.bernoulli(p).tolist(), torch.bernoulli(p.double()).tolist()]
    json.dump(dict(torch=torch.__version__, cases=cases, **extra), sys.stdout)
