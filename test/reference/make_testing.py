"""What torch.testing.assert_close says: python make_testing.py writes testing.json."""

import torch
from torch.testing import assert_close

from common import encode, write

t = torch.tensor
cases = []
for actual, expected, kwargs in [
    (t([1.0, 2.0]), t([1.0, 2.000001]), {}),
    (t([1.0, 2.0, 3.0]), t([1.0, 2.5, 0.0]), {}),
    (t([[1, 2], [3, 4]]), t([[1, 2], [5, 4]]), {}),
    (t([1.0, 2.0]), t([1.0, 2.5]), {"rtol": 0.0, "atol": 1.0}),
    (t([1.0, 2.0]), t([1.0, 2.5]), {"rtol": 0.0, "atol": 0.125}),
    (t([1.0, 2.0]), t([1.0, 2.5]), {"rtol": 0.0, "atol": 0.0}),
    (t([1.0, 2.0]), t([1.0, 2.0], dtype=torch.float64), {}),
    (t([1.0, 2.0]), t([1.0, 2.0], dtype=torch.float64), {"check_dtype": False}),
    (t([1.0, 2.0]), t([[1.0, 2.0]]), {}),
    (t(1.0), t(1.5), {}),
    (t([True, False]), t([True, True]), {}),
    (t([1.0, float("nan")]), t([1.0, float("nan")]), {}),
    (t([1.0, float("nan")]), t([1.0, float("nan")]), {"equal_nan": True}),
    (t([1.0, 2.0], dtype=torch.float64), t([1.0, 2.0 + 1e-6], dtype=torch.float64), {}),
    (t([1.0], dtype=torch.bfloat16), t([1.01], dtype=torch.bfloat16), {}),
    (t([1.0]), t([1.25]), {"rtol": 0.5}),
    (t([1.0]), t([1.25]), {"msg": "mine"}),
    (3.5, 3.25, {}),
    (3, 4, {}),
    (0.1 + 0.2, 0.3, {}),
    ([t([1.0]), t([2.0])], [t([1.0]), t([2.5])], {}),
    ([t([1.0])], [t([1.0]), t([2.0])], {}),
    ({"a": t([1.0]), "b": [t([2.0])]}, {"a": t([1.0]), "b": [t([3.0])]}, {}),
]:
    try:
        assert_close(actual, expected, **kwargs)
        said = None
    except (AssertionError, ValueError) as error:
        said = str(error)
    cases.append({"actual": encode(actual), "expected": encode(expected), "kwargs": kwargs, "said": said})
write("testing.json", {"cases": cases})
