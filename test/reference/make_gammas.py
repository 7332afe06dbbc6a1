"""Incomplete gamma functions of large arguments and quantiles far out, where PyTorch's are good to nine digits: by mpmath, with 50
digits. python make_gammas.py writes gammas.json."""

import json
import os

from mpmath import erfc, exp, log, loggamma, mp, mpf, sqrt

mp.dps = 50


def lower(a, x):
    """By the series with enough terms."""
    a, x = mpf(a), mpf(x)
    term = total = mpf(1)
    n = 0
    while term > total * mpf(10) ** -45:
        n += 1
        term *= x / (a + n)
        total += term
    return total * exp(a * log(x) - x - loggamma(a + 1))


rows = []
for a, x in [(12.5, 3), (60, 50), (60, 75), (150, 120), (150, 181), (800, 780), (1001, 950), (1001, 1003), (1001, 1190), (2000, 1980), (5e4, 50300), (1e6, 999000)]:
    p = lower(a, x)
    rows.append([a, x, float(p), float(1 - p)])
scaled = [[x, float(exp(mpf(x) ** 2) * erfc(mpf(x)))] for x in [-5, -0.5, 0.25, 2.5, 4.99, 5, 5.01, 8, 30, 1e4]]
mp.dps = 400
quantiles = []
for p in ["1e-300", "1e-100", "1e-20", "1e-9", "0.02", "0.0245", "0.3", "0.7", "0.999"]:
    x = mpf(-1) if mpf(p) < 0.5 else mpf(1)
    x *= sqrt(-2 * log(min(mpf(p), 1 - mpf(p))))
    for _ in range(60):
        miss = erfc(-x / sqrt(mpf(2))) / 2 - mpf(float(p))
        u = miss * sqrt(2 * mp.pi) * exp(x * x / 2)
        x -= u / (1 + x * u / 2)
    quantiles.append([float(p), float(x)])

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "gammas.json"), "w") as file:
    json.dump({"gamma": rows, "erfcx": scaled, "ndtri": quantiles}, file, separators=(",", ":"))
    file.write("\n")
