"""PyTorch's side of ../func.mjs: an entry each under the same name."""

import torch
from torch import nn
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, vmap


def samples(make, *shape):
    def made(batch):
        model = make()
        parameters = {name: p.detach() for name, p in model.named_parameters()}
        x, y = torch.randn(batch, *shape), torch.randint(0, 10, (batch,))

        def loss(p, sample, target):
            scores = functional_call(model, p, sample.unsqueeze(0))
            return nn.functional.cross_entropy(scores, target.unsqueeze(0))

        gradients = vmap(grad(loss), in_dims=(None, 0, 0))
        return lambda: gradients(parameters, x, y)

    return made


def derivative(turn, result):
    def made(n):
        model = nn.Sequential(nn.Linear(n, 2 * n), nn.Tanh(), nn.Linear(2 * n, n))
        x = torch.randn(n)
        fn = turn(lambda v: result(model(v)))
        return lambda: fn(x)

    return made


def mlp():
    return nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10))


def cnn():
    return nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1352, 10))


def layer_norm():
    return nn.Sequential(nn.Linear(784, 300), nn.LayerNorm(300), nn.GELU(), nn.Linear(300, 10))


func = {
    "samplesMlp": samples(mlp, 784),
    "samplesCnn": samples(cnn, 1, 28, 28),
    "samplesLayerNorm": samples(layer_norm, 784),
    "jacrev": derivative(jacrev, lambda y: y),
    "jacfwd": derivative(jacfwd, lambda y: y),
    "hessian": derivative(hessian, lambda y: y.square().sum()),
}
