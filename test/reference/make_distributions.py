"""torch.distributions and random fills of tensors: python make_distributions.py writes distributions.json."""

import re

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
    ("MultivariateNormal", {"loc": v(0.0, 1.0), "precision_matrix": m}, None, {"loc": v(0.5, 1.0), "scale_tril": torch.linalg.cholesky(m)}),
    ("Bernoulli", {"probs": v(0.1, 0.5, 0.75)}, "bit", {"probs": v(0.0, 0.5, 1.0)}),
]
rows += [
    ("Binomial", {"total_count": v(5.0, 12.0, 40.0), "probs": v(0.1, 0.5, 0.75)}, "count", {"total_count": v(5.0, 12.0, 40.0), "probs": v(0.2, 0.5, 0.5)}),
    ("Binomial", {"total_count": 7, "logits": v(0.1, -2.0, 0.75)}, "count", {"total_count": 7, "logits": v(1.0, 0.0, 3.0)}),
    ("Binomial", {"total_count": v(100.0, 1000.0, 30.0), "probs": v(0.3, 0.97, 0.6)}, "count", None),
    ("NegativeBinomial", {"total_count": v(1.0, 2.5, 10.0), "probs": v(0.1, 0.5, 0.75)}, "count", None),
    ("NegativeBinomial", {"total_count": 3.0, "logits": v(0.1, -2.0, 0.75)}, "count", None),
    ("Multinomial", {"total_count": 4, "probs": v(0.2, 0.3, 0.5)}, None, None),
    ("Multinomial", {"total_count": 3, "logits": torch.arange(6.0, dtype=torch.float64).reshape(2, 3) / 3}, None, None),
    ("Chi2", {"df": v(0.5, 1.0, 3.0)}, "positive", {"df": v(1.0, 1.0, 2.0)}),
    ("StudentT", {"df": v(0.5, 1.5, 3.0), "loc": v(0.0, 1.0, -2.0), "scale": 2.0}, "real", None),
    ("HalfCauchy", {"scale": v(1.0, 0.5, 3.0)}, "positive", None),
    ("Pareto", {"scale": v(0.05, 0.5, 1.0), "alpha": v(0.5, 1.5, 3.0)}, "positive", {"scale": v(0.05, 0.25, 2.0), "alpha": v(1.0, 1.0, 2.0)}),
    ("Weibull", {"scale": v(0.5, 0.5, 1.0), "concentration": v(1.0, 1.5, 3.0)}, "positive", None),
    ("RelaxedBernoulli", {"temperature": torch.tensor(0.5, dtype=torch.float64), "probs": v(0.1, 0.5, 0.75)}, "unit", None),
    ("RelaxedBernoulli", {"temperature": torch.tensor(2.0, dtype=torch.float64), "logits": v(0.1, -0.5, 0.75)}, "unit", None),
]
rows += [
    ("RelaxedOneHotCategorical", {"temperature": torch.tensor(0.5, dtype=torch.float64), "probs": v(0.2, 0.3, 1.5)}, None, None),
    ("RelaxedOneHotCategorical", {"temperature": torch.tensor(2.0, dtype=torch.float64), "logits": torch.arange(6.0, dtype=torch.float64).reshape(2, 3) / 3}, None, None),
    ("OneHotCategoricalStraightThrough", {"probs": v(0.2, 0.3, 1.5)}, None, {"probs": v(1.0, 1.0, 2.0)}),
    ("InverseGamma", {"concentration": v(0.5, 1.5, 3.0), "rate": v(1.0, 2.0, 0.5)}, "positive", None),
    ("FisherSnedecor", {"df1": v(0.5, 3.0, 5.0), "df2": v(1.0, 3.0, 8.0)}, "positive", None),
    ("Kumaraswamy", {"concentration1": v(0.5, 1.0, 3.0), "concentration0": v(0.5, 2.0, 0.5)}, "unit", None),
]
matrix = lambda *rows: torch.tensor(rows, dtype=torch.float64)
rows += [
    ("ContinuousBernoulli", {"probs": v(0.1, 0.4995, 0.75)}, "unit", {"probs": v(0.5, 0.2, 0.9)}),
    ("ContinuousBernoulli", {"logits": v(-2.0, 0.001, 1.5), "lims": (0.4, 0.55)}, "unit", None),
    ("VonMises", {"loc": v(0.5, -1.0, 3.0), "concentration": v(0.25, 3.0, 50.0)}, "real", None),
    ("VonMises", {"loc": 1.0, "concentration": torch.tensor([4.0])}, "real", None),
    ("LowRankMultivariateNormal", {"loc": v(0.5, -1.0, 2.0), "cov_factor": matrix([0.5, 0.0], [0.25, -1.0], [1.0, 2.0]), "cov_diag": v(0.5, 1.0, 2.0)}, None, {"loc": v(0.0, 0.0, 1.0), "cov_factor": matrix([1.0], [0.5], [-1.0]), "cov_diag": v(1.0, 1.0, 0.5)}),
    ("LKJCholesky", {"dim": 3, "concentration": v(0.5, 2.0)}, None, None),
    ("LKJCholesky", {"dim": 2, "concentration": 1.0}, None, None),
    ("Wishart", {"df": torch.tensor(4.5, dtype=torch.float64), "covariance_matrix": matrix([2.0, 0.5], [0.5, 1.0])}, None, {"df": torch.tensor(3.0, dtype=torch.float64), "covariance_matrix": matrix([1.0, 0.25], [0.25, 2.0])}),
    ("Wishart", {"df": v(3.0, 5.5), "scale_tril": matrix([1.0, 0.0, 0.0], [0.5, 2.0, 0.0], [-1.0, 0.25, 0.5])}, None, None),
    ("Wishart", {"df": torch.tensor(3.0, dtype=torch.float64), "precision_matrix": matrix([2.0, 0.5], [0.5, 1.0])}, None, None),
    ("GeneralizedPareto", {"loc": v(0.0, 0.0, -0.5).float(), "scale": v(1.0, 2.0, 3.0).float(), "concentration": v(0.0, 0.25, -0.5).float()}, "positive", None),
    ("LogisticNormal", {"loc": v(0.5, -1.0, 0.0), "scale": v(1.0, 0.5, 2.0)}, None, None),
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
    for key in ["log_prob", "cdf"] if name not in ("Gamma", "Chi2", "InverseGamma") else ["log_prob"]:
        try:
            row[key] = encode(getattr(p, key)(value))
        except NotImplementedError:
            pass
    if name in ("Normal", "LogNormal", "HalfNormal", "Laplace", "Cauchy", "Uniform", "Exponential", "Gumbel", "HalfCauchy", "Pareto", "Weibull"):
        row["icdf"] = encode(p.icdf(at["unit"]))
    for key in ["mean", "variance", "stddev", "mode"]:
        try:
            row[key] = encode(getattr(p, key))
        except NotImplementedError:
            pass
    try:
        row["entropy"] = encode(p.entropy())
    except NotImplementedError:
        pass
    if other:
        row["other"] = encode(other)
        row["kl"] = encode(D.kl_divergence(p, getattr(D, name)(**other)))
    # Gradients of log_prob by the parameters.
    leaves = {k: x.clone().requires_grad_() if isinstance(x, torch.Tensor) else x for k, x in kwargs.items()}
    loss = getattr(D, name)(**leaves).log_prob(value).sum()
    if loss.requires_grad:
        loss.backward()
        # Above the diagonal of a factor nothing is read; cholesky_solve's derivative has numbers there all the same.
        row["grads"] = {k: encode(x.grad.tril() if k == "scale_tril" else x.grad) for k, x in leaves.items() if isinstance(x, torch.Tensor)}
    cases.append(row)

# Divergences between classes, and batches of another shape.
some = {
    "Normal": [0.5, 2.0],
    "Laplace": [0.5, 2.0],
    "Gumbel": [0.5, 2.0],
    "Uniform": [0.25, 0.75],
    "Exponential": [2.0],
    "Gamma": [2.0, 0.5],
    "Beta": [2.0, 0.5],
    "Bernoulli": [0.25],
    "Poisson": [2.0],
    "ContinuousBernoulli": [0.25],
    "Pareto": [0.5, 3.0],
    "Binomial": [3.0, 0.25],
}
make = lambda name: getattr(D, name)(*[torch.tensor(x, dtype=torch.float64) for x in some[name]])
pairs = []
for p in some:
    for q in some:
        try:
            if p != q:
                pairs.append([p, q, encode(D.kl_divergence(make(p), make(q)))])
        except NotImplementedError:
            pass
expanded = []
torch.manual_seed(7)
for i in [0, 2, 3, 7, 10, 11, 12, 15, 16, 18, 19, 20, 21, *[k for k in range(24, len(rows)) if rows[k][0] != "GeneralizedPareto"]]:
    name, kwargs, *_ = rows[i]
    p = getattr(D, name)(**kwargs)
    bigger = p.expand([2, *p.batch_shape])
    expanded.append({"case": i, "text": str(bigger), "sample": encode(bigger.sample((3,)).double())})
    if not name.startswith(("Relaxed", "LKJ", "LogisticNormal")):
        expanded[-1]["mean"] = encode(bigger.mean)

normal = D.Normal(torch.zeros(2, 3, dtype=torch.float64), 1.0)
independent = D.Independent(normal, 1)
torch.manual_seed(99)
fills = {}
for dtype in ["float32", "float64"]:
    for name, args in [("cauchy_", []), ("cauchy_", [1.0, 0.5]), ("geometric_", [0.3]), ("log_normal_", []), ("log_normal_", [0.0, 0.25]), ("exponential_", [2.0])]:
        fills[f"{name} {args} {dtype}"] = encode(getattr(torch.empty(19, dtype=getattr(torch, dtype)), name)(*args))
fills["geometric_ [0.5] int64"] = encode(torch.empty(9, dtype=torch.int64).geometric_(0.5))
fills["poisson"] = encode(torch.poisson(torch.tensor([0.0, 0.5, 3.0, 9.5, 10.0, 30.0, 1000.0])))
fills["binomial"] = encode(torch.binomial(torch.tensor([0.0, 3.0, 20.0, 100.0, 1e6, 7.0], dtype=torch.float64), torch.tensor([0.5, 0.2, 0.9, 0.25, 0.3, 1.0], dtype=torch.float64)))

# Made of others, built alike in the test.
zero = v(0.0, 1.0)
made = {
    "exp": D.TransformedDistribution(D.Normal(zero, 0.5), [D.ExpTransform()]),
    "affine": D.TransformedDistribution(D.Exponential(v(0.5, 2.0)), [D.AffineTransform(1.0, -2.0)]),
    "stretched": D.TransformedDistribution(D.Uniform(v(0.0, 0.0), v(1.0, 1.0)), [D.AffineTransform(v(0.5, 1.0), v(2.0, 3.0))]),
    "several": D.TransformedDistribution(D.Normal(zero, 0.5), [D.TanhTransform(), D.AffineTransform(0.0, 3.0), D.SigmoidTransform()]),
    "softplus": D.TransformedDistribution(D.Normal(zero, 0.5), [D.SoftplusTransform(), D.PowerTransform(v(2.0, 0.5))]),
    "events": D.TransformedDistribution(D.Independent(D.Normal(zero, 0.5), 1), [D.ExpTransform()]),
    "mixture": D.MixtureSameFamily(D.Categorical(v(0.3, 0.7)), D.Normal(zero, v(0.5, 2.0))),
    "mixtures": D.MixtureSameFamily(D.Categorical(torch.ones(2, 3, dtype=torch.float64)), D.Independent(D.Normal(torch.arange(12.0, dtype=torch.float64).reshape(2, 3, 2), 1.0), 1)),
}
composed = {}  # (PyTorch's text of a Categorical shows logits once anyone has asked for them.)
for i, (name, p) in enumerate(made.items()):
    torch.manual_seed(200 + i)
    row = composed[name] = {"text": re.sub(r", logits: torch.Size\(.*?\)", "", str(p)), "batch": list(p.batch_shape), "event": list(p.event_shape), "sample": encode(p.sample((3,)))}
    value = p.sample((2,))
    row["value"], row["log_prob"] = encode(value), encode(p.log_prob(value))
    for key in ["mean", "variance"]:
        try:
            row[key] = encode(getattr(p, key))
        except NotImplementedError:
            pass
    if name not in ("events", "mixtures"):
        row["cdf"] = encode(p.cdf(value))
    if name in ("exp", "affine", "several", "softplus"):
        row["icdf"] = encode(p.icdf(v(0.05, 0.9)))
# Gradients of samples by the parameters.
pathwise = []
for i, (name, kwargs) in enumerate([
    ("Gamma", {"concentration": v(0.05, 0.5, 1.0, 3.0, 20.0, 150.0), "rate": v(1.0, 2.0, 0.5, 1.0, 4.0, 3.0)}),
    ("Beta", {"concentration1": v(0.1, 0.5, 1.0, 3.0, 20.0, 150.0), "concentration0": v(0.1, 2.0, 0.5, 4.0, 3.0, 90.0)}),
    ("Dirichlet", {"concentration": v(0.3, 1.0, 2.0, 8.0)}),
    ("Chi2", {"df": v(0.5, 1.0, 9.0)}),
    ("StudentT", {"df": v(2.5, 4.0, 9.0)}),
    ("InverseGamma", {"concentration": v(0.5, 2.0, 9.0), "rate": v(1.0, 2.0, 0.5)}),
    ("FisherSnedecor", {"df1": v(3.0, 5.0), "df2": v(2.0, 8.0)}),
]):
    leaves = {key: x.clone().requires_grad_() for key, x in kwargs.items()}
    torch.manual_seed(i)
    sample = getattr(D, name)(**leaves).rsample((5,))
    (sample * torch.linspace(1, 2, sample.numel(), dtype=torch.float64).view(sample.shape)).sum().backward()
    pathwise.append({"name": name, "kwargs": encode(kwargs), "sample": encode(sample), "grads": {key: encode(x.grad) for key, x in leaves.items()}})

# Constraints and the ways to them from all real numbers.
c = D.constraints
square = torch.arange(18.0, dtype=torch.float64).reshape(2, 3, 3).sin()
asked = {
    "real": (c.real, v(-1.0, float("nan"), 2.0)),
    "positive": (c.positive, v(-1.0, 0.0, 2.0)),
    "nonnegative": (c.nonnegative, v(-1.0, 0.0, 2.0)),
    "greaterThan": (c.greater_than(1.5), v(1.0, 1.5, 2.0)),
    "greaterThanEq": (c.greater_than_eq(1.5), v(1.0, 1.5, 2.0)),
    "lessThan": (c.less_than(1.5), v(1.0, 1.5, 2.0)),
    "unitInterval": (c.unit_interval, v(-0.5, 0.0, 1.0)),
    "interval": (c.interval(-1.0, 3.0), v(-1.5, -1.0, 3.0)),
    "halfOpenInterval": (c.half_open_interval(-1.0, 3.0), v(-1.5, -1.0, 3.0)),
    "integerInterval": (c.integer_interval(0, 3), v(0.5, 3.0, 4.0)),
    "nonnegativeInteger": (c.nonnegative_integer, v(-1.0, 0.5, 2.0)),
    "positiveInteger": (c.positive_integer, v(0.0, 0.5, 2.0)),
    "boolean": (c.boolean, v(0.0, 0.5, 1.0)),
    "oneHot": (c.one_hot, matrix([0.0, 1.0], [1.0, 1.0])),
    "simplex": (c.simplex, matrix([0.25, 0.75], [0.5, 0.75])),
    "realVector": (c.real_vector, matrix([0.25, 0.75], [0.5, float("nan")])),
    "multinomial": (c.multinomial(3), matrix([1.0, 2.0], [2.0, 2.0])),
    "lowerTriangular": (c.lower_triangular, torch.stack([square[0].tril(), square[1]])),
    "lowerCholesky": (c.lower_cholesky, torch.stack([square[0].tril(), square[1].tril().abs()])),
    "corrCholesky": (c.corr_cholesky, torch.stack([matrix([1.0, 0.0], [0.6, 0.8]), matrix([1.0, 0.0], [0.6, 0.7])])),
    "square": (c.square, square),
    "symmetric": (c.symmetric, torch.stack([square[0] + square[0].mT, square[1]])),
    "positiveSemidefinite": (c.positive_semidefinite, torch.stack([square[0] + square[0].mT, square[1] @ square[1].mT + torch.eye(3)])),
    "positiveDefinite": (c.positive_definite, torch.stack([square[0] + square[0].mT, square[1] @ square[1].mT + torch.eye(3)])),
    "independent": (c.independent(c.positive, 2), square.abs()),
    "cat": (c.cat([c.positive, c.real], 0, [2, 1]), v(1.0, -1.0, -1.0)),
    "stack": (c.stack([c.positive, c.interval(0.0, 2.0), c.real], -1), matrix([1.0, 1.0, 1.0], [-1.0, 3.0, 1.0])),
}
met = {}
for name, (constraint, value) in asked.items():
    text = str(constraint)
    row = met[name] = {"text": None if "object at" in text or name in ("cat", "stack", "multinomial") else text, "discrete": constraint.is_discrete, "dims": constraint.event_dim, "value": encode(value), "met": constraint.check(value).tolist()}
    from_ = v(0.5, -1.25, 2.0) if constraint.event_dim < 2 or name == "corrCholesky" else square
    if constraint.event_dim == 1 or name in ("cat", "corrCholesky"):
        from_ = v(0.5, -1.25, 2.0)
    if name == "stack":
        from_ = matrix([0.5, -1.25, 2.0], [0.0, 1.0, -3.0])
    for to in ["biject_to", "transform_to"]:
        try:
            transform = getattr(D, to)(constraint)
        except NotImplementedError:
            continue
        y = transform(from_)
        row[to] = {"x": encode(from_), "y": encode(y), "back": encode(transform.inv(y)), "bijective": transform.bijective}
        if transform.bijective:
            row[to]["slope"] = encode(transform.log_abs_det_jacobian(from_, y))

write("distributions.json", {"constraints": met, "pathwise": pathwise, "composed": composed, "cases": cases, "pairs": pairs, "some": some, "expanded": expanded, "fills": fills, "independent": encode(independent.log_prob(torch.ones(2, 3, dtype=torch.float64)))})
