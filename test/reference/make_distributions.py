"""torch.distributions and random fills of tensors: python make_distributions.py writes distributions.json."""

import torch
import torch.distributions as D

from common import encode, write

torch.set_num_threads(1)
v = lambda *values: torch.tensor(values, dtype=torch.float64)
m = v(2.0, 0.5, 0.5, 1.0).reshape(2, 2)
at = {"real": v(-1.5, 0.25, 2.0), "positive": v(0.1, 1.0, 3.5), "unit": v(0.05, 0.5, 0.9), "bit": v(0.0, 1.0, 1.0), "count": v(0.0, 2.0, 5.0), "class": torch.tensor([0, 2, 1])}
# Class, arguments, what to ask of it, the second of the divergence.
rows = [
    ("Normal", {"loc": v(0.0, 1.0, -2.0), "scale": v(1.0, 0.5, 3.0)}, "real", {"loc": 0.5, "scale": v(2.0, 1.0, 1.0)}),
    ("Normal", {"loc": 0.0, "scale": 1.0}, "real", None),
    ("LogNormal", {"loc": v(0.0, 1.0, -2.0), "scale": v(1.0, 0.5, 0.3)}, "positive", {"loc": 0.5, "scale": v(2.0, 1.0, 1.0)}),
    ("HalfNormal", {"scale": v(1.0, 0.5, 3.0)}, "positive", {"scale": v(2.0, 2.0, 2.0)}),
    ("Laplace", {"loc": v(0.0, 1.0, -2.0), "scale": v(1.0, 0.5, 3.0)}, "real", {"loc": 0.5, "scale": v(2.0, 1.0, 1.0)}),
    ("Cauchy", {"loc": v(0.0, 1.0, -2.0), "scale": v(1.0, 0.5, 3.0)}, "real", {"loc": 0.5, "scale": v(2.0, 1.0, 1.0)}),
    ("Gumbel", {"loc": v(0.0, 1.0, -2.0), "scale": v(1.0, 0.5, 3.0)}, "real", {"loc": 0.5, "scale": v(2.0, 1.0, 1.0)}),
    ("Uniform", {"low": v(-2.0, -1.0, 0.0), "high": v(3.0, 1.0, 4.0)}, "real", {"low": -2.0, "high": v(3.0, 4.0, 3.0)}),
    ("Exponential", {"rate": v(0.5, 1.0, 3.0)}, "positive", {"rate": v(1.0, 1.0, 2.0)}),
    ("Gamma", {"concentration": v(0.5, 1.0, 3.0), "rate": v(1.0, 2.0, 0.5)}, "positive", {"concentration": v(1.0, 1.0, 2.0), "rate": 1.0}),
    ("Beta", {"concentration1": v(0.5, 1.0, 3.0), "concentration0": v(1.0, 2.0, 0.5)}, "unit", {"concentration1": v(1.0, 1.0, 2.0), "concentration0": 1.0}),
    ("Dirichlet", {"concentration": v(0.5, 1.0, 3.0)}, None, {"concentration": v(1.0, 1.0, 2.0)}),
    ("Bernoulli", {"probs": v(0.1, 0.5, 0.75)}, "bit", {"probs": v(0.2, 0.5, 0.5)}),
    ("Bernoulli", {"logits": v(0.1, -2.0, 0.75)}, "bit", {"logits": v(1.0, 0.0, 3.0)}),
    ("Geometric", {"probs": v(0.1, 0.5, 0.75)}, "count", {"probs": v(0.2, 0.5, 0.5)}),
    ("Poisson", {"rate": v(0.5, 4.0, 20.0)}, "count", {"rate": v(1.0, 1.0, 2.0)}),
    ("Categorical", {"probs": v(0.2, 0.3, 1.5)}, "class", {"probs": v(1.0, 1.0, 2.0)}),
    ("Categorical", {"logits": torch.arange(6.0, dtype=torch.float64).reshape(2, 3) / 3}, None, {"probs": v(1.0, 1.0, 2.0)}),
    ("OneHotCategorical", {"probs": v(0.2, 0.3, 1.5)}, None, {"probs": v(1.0, 1.0, 2.0)}),
    ("MultivariateNormal", {"loc": v(0.0, 1.0), "covariance_matrix": m}, None, {"loc": v(0.5, 1.0), "covariance_matrix": m + torch.eye(2)}),
    ("MultivariateNormal", {"loc": torch.zeros(3, 2, dtype=torch.float64), "scale_tril": torch.linalg.cholesky(m)}, None, None),
]
cases = []
for i, (name, kwargs, where, other) in enumerate(rows):
    p = getattr(D, name)(**kwargs)
    row = {"name": name, "kwargs": encode(kwargs), "text": str(p), "batch": list(p.batch_shape), "event": list(p.event_shape)}
    torch.manual_seed(i)
    row["sample"] = encode(p.sample((2, 9)))
    row["sampleOne"] = encode(p.sample())
    value = at[where] if where else p.sample((2,))
    row["value"] = encode(value)
    if where == "real" and name == "Uniform":
        row["value"] = encode(value := v(0.5, -0.25, 2.0))
    for key in ["log_prob", "cdf"] if name != "Gamma" else ["log_prob"]:
        try:
            row[key] = encode(getattr(p, key)(value))
        except NotImplementedError:
            pass
    if name in ("Normal", "LogNormal", "HalfNormal", "Laplace", "Cauchy", "Uniform", "Exponential"):
        row["icdf"] = encode(p.icdf(at["unit"]))
    for key in ["mean", "variance", "stddev", "mode"]:
        try:
            row[key] = encode(getattr(p, key))
        except NotImplementedError:
            pass
    if name != "Poisson":
        row["entropy"] = encode(p.entropy())
    if other:
        row["other"] = encode(other)
        row["kl"] = encode(D.kl_divergence(p, getattr(D, name)(**other)))
    # Gradients of log_prob by the parameters.
    leaves = {k: x.clone().requires_grad_() if isinstance(x, torch.Tensor) else x for k, x in kwargs.items()}
    loss = getattr(D, name)(**leaves).log_prob(value).sum()
    if loss.requires_grad:
        loss.backward()
        row["grads"] = {k: encode(x.grad) for k, x in leaves.items() if isinstance(x, torch.Tensor)}
    cases.append(row)

normal = D.Normal(torch.zeros(2, 3, dtype=torch.float64), 1.0)
independent = D.Independent(normal, 1)
torch.manual_seed(99)
fills = {}
for dtype in ["float32", "float64"]:
    for name, args in [("cauchy_", []), ("cauchy_", [1.0, 0.5]), ("geometric_", [0.3]), ("log_normal_", []), ("log_normal_", [0.0, 0.25]), ("exponential_", [2.0])]:
        fills[f"{name} {args} {dtype}"] = encode(getattr(torch.empty(19, dtype=getattr(torch, dtype)), name)(*args))
fills["geometric_ [0.5] int64"] = encode(torch.empty(9, dtype=torch.int64).geometric_(0.5))
fills["poisson"] = encode(torch.poisson(torch.tensor([0.0, 0.5, 3.0, 9.5, 10.0, 30.0, 1000.0])))
write("distributions.json", {"cases": cases, "fills": fills, "independent": encode(independent.log_prob(torch.ones(2, 3, dtype=torch.float64)))})
