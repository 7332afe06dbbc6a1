"""torch.func: python make_func.py writes func.json, values by name that the test computes as well."""

import torch
from torch.func import functional_call, grad, grad_and_value, hessian, jacfwd, jacrev, jvp, stack_module_state, vjp, vmap

from common import encode, write

torch.set_num_threads(1)
x = torch.arange(1.0, 7.0, dtype=torch.float64).reshape(2, 3) / 4
y = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
tree = {"a": x, "b": y}


def loss(p, scale):
    return (p["a"].sin() @ p["b"]).square().sum() * scale


def vector(v, w):
    return torch.stack([(v * w).sum(), v[0] * w[1], w.exp().sum()])


values = {
    "grad": grad(lambda v: v.sin().sum())(x),
    "grad twice": grad(lambda v: grad(lambda u: (u**3).sum())(v).sum())(x),
    "argnums": list(grad(lambda v, w: (v @ w).square().sum(), argnums=(0, 1))(x, y)),
    "tree": grad(loss)(tree, 3.0),
    "value": list(grad_and_value(loss)(tree, 3.0)),
    "unused": list(grad(lambda v, w: v.sum(), argnums=(0, 1))(x, y)),
    "vjp": list(vjp(vector, y, y + 1)[1](torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64))),
    "jvp": list(jvp(vector, (y, y + 1), (y * 2, y.cos()))),
    "jacrev": jacrev(vector)(y, y + 1),
    "jacrev of both": list(jacrev(vector, argnums=(0, 1))(y, y + 1)),
    "jacfwd": jacfwd(vector, argnums=1)(y, y + 1),
    "matrix": jacrev(lambda v: v.square())(x),
    "hessian": hessian(lambda v: (v**3).prod())(y),
    "vmap": vmap(torch.dot)(x, x + 1),
    "vmap of one": vmap(torch.dot, in_dims=(0, None))(x, y),
    "vmap over columns": vmap(lambda v: v * 2, in_dims=1, out_dims=1)(x),
    "vmap twice": vmap(vmap(torch.mul))(x, x),
    "vmap of a pair": list(vmap(lambda v: (v.sum(), v * 2))(x)),
    "per sample": vmap(grad(loss), in_dims=({"a": None, "b": None}, 0))(tree, torch.tensor([1.0, 2.0], dtype=torch.float64)),
}

torch.manual_seed(0)
model = torch.nn.Linear(3, 2).double()
parameters = {name: p.detach() * 2 for name, p in model.named_parameters()}
values["call"] = functional_call(model, parameters, (x,))
values["call with some"] = functional_call(model, {"bias": parameters["bias"]}, (x,))


def sample_loss(p, one, target):
    return (functional_call(model, p, (one,)) - target).square().sum()


own = {name: p.detach() for name, p in model.named_parameters()}
values["gradients of samples"] = vmap(grad(sample_loss), in_dims=(None, 0, 0))(own, x, x[:, :2])
models = [torch.nn.Linear(3, 2).double() for _ in range(3)]
stacked, buffers = stack_module_state(models)
values["ensemble"] = vmap(lambda p, b: functional_call(models[0], (p, b), (x,)))(stacked, buffers)

write("func.json", {"values": {name: encode(value) for name, value in values.items()}})
