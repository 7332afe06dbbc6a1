"""What torch.utils.benchmark prints of given times: python make_benchmark.py writes benchmark.json."""

from torch.utils.benchmark import Compare, Measurement
from torch.utils.benchmark.utils.common import TaskSpec, select_unit

from common import write

FIELDS = ["stmt", "setup", "label", "sub_label", "description", "env", "num_threads"]


def spec(**given):
    return {"stmt": "x.add(y)", "setup": "pass", "label": None, "sub_label": None, "description": None, "env": None, "num_threads": 1, **given}


def measurement(row):
    task = TaskSpec(**{key: row["task"][key] for key in FIELDS})
    return Measurement(row["number"], [time * row["number"] for time in row["times"]], task)


singles = [
    {"task": spec(), "number": 1, "times": [1.25e-3]},
    {"task": spec(label="Add", sub_label="4x8"), "number": 100, "times": [1e-6, 2e-6, 3e-6, 1.5e-6, 1.2e-6]},
    {"task": spec(description="fast", num_threads=2), "number": 10, "times": [5.0e-5, 5.1e-5, 5.2e-5, 5.05e-5]},
    {"task": spec(setup="a = 1\nb = 2", stmt="x.add(y)\nx.mul(y)", sub_label="two"), "number": 7, "times": [0.5, 0.6, 0.58, 0.52, 0.51]},
    {"task": spec(setup="a = 1"), "number": 1000, "times": [2.5e-8, 2.6e-8]},
    {"task": spec(), "number": 3, "times": [12.5, 12.5, 12.5, 12.75, 12.5, 12.5]},
    {"task": spec(label="Add"), "number": 1, "times": [1e-3, 1.02e-3, 1.04e-3, 1.001e-3, 1.003e-3, 1.0005e-3]},
]
texts = []
for row in singles:
    made = measurement(row)
    first, rest = repr(made).split("\n", 1)
    texts.append({**row, "text": rest, "median": made.median, "mean": made.mean, "iqr": made.iqr,
                  "figures": made.significant_figures, "warns": made.has_warnings})

rows = [
    {"task": spec(label="L", sub_label="S", description="n=1"), "number": 100, "times": [1e-6, 2e-6, 3e-6, 1.5e-6, 1.2e-6]},
    {"task": spec(label="L", sub_label="another", description="n=10"), "number": 10, "times": [1e-3]},
    {"task": spec(label="L", sub_label="S", description="n=10", num_threads=2), "number": 10, "times": [1.7e-4]},
    {"task": spec(label="L", sub_label="another", description="n=1"), "number": 10, "times": [1.33e-5, 1.34e-5, 1.335e-5]},
    {"task": spec(label="L", sub_label="S", description="n=1"), "number": 50, "times": [1.1e-6]},
    {"task": spec(label="L", sub_label="S", description="n=10"), "number": 10, "times": [4.56789e-4, 4.56999e-4, 4.57e-4]},
    {"task": spec(label="another label", description="n=1"), "number": 10, "times": [3.25]},
]
environments = [
    {"task": spec(label="E", description="x", env=env), "number": 1, "times": [time]}
    for env, time in [("before", 2e-3), ("after it", 1.5e-3), ("before", 2.2e-3)]
]
comparisons = []
for measured in [rows, environments, rows[:1]]:
    for calls in [[], ["trim_significant_figures"], ["highlight_warnings"], ["colorize"], ["colorize_rowwise"],
                  ["trim_significant_figures", "colorize", "highlight_warnings"]]:
        compare = Compare([measurement(row) for row in measured])
        for call in calls:
            if call == "colorize_rowwise":
                compare.colorize(rowwise=True)
            else:
                getattr(compare, call)()
        comparisons.append({"rows": measured, "calls": calls, "text": str(compare)})
units = [[time, select_unit(time)[0]] for time in [1e-10, 1e-9, 9.99e-7, 1e-6, 1e-3, 0.5, 1.0, 100.0]]
write("benchmark.json", {"singles": texts, "comparisons": comparisons, "units": units})
