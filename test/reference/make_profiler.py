"""What PyTorch's profiler makes of given events, and of steps: python make_profiler.py writes profiler.json."""

import os
import re
import warnings

import torch
from torch.autograd.profiler_util import EventList, FunctionEvent
from torch.profiler import schedule

from common import write

warnings.simplefilter("ignore")

# name, start and end in microseconds, and what else is known of it
nested = [
    ("step", 0.0, 2500.5, {}),
    ("aten::linear", 10.25, 1210.75, {"shapes": [[16, 8], [4, 8], [4]], "cpu": 256}),
    ("aten::relu", 1300.0, 1301.125, {"shapes": [[16, 4]], "cpu": 256}),
    ("aten::linear", 1400.0, 1500.0, {"shapes": [[16, 4], [2, 4], [2]], "cpu": 128}),
    ("autograd::engine::evaluate_function: a derivative of a long name", 2600.0, 2700.0, {"cpu": -4096}),
    ("AddmmBackward0", 2610.0, 2690.0, {"cpu": 5 * 2**20}),
    ("aten::cat", 2620.0, 2625.0, {"shapes": [[], []], "cpu": 3 * 2**30 + 5}),
    ("aten::item", 3000.0, 3000.0, {"shapes": [[]]}),
]
sequential = [
    ("aten::convolution", 0.0, 20.0, {"kernels": [1500.5], "device": 2048}),
    ("aten::relu", 30.0, 34.0, {"kernels": [10.25, 2.0]}),
    ("aten::view", 40.0, 41.0, {}),
    ("aten::relu", 50.0, 52.0, {"kernels": [7.5], "device": 512}),
]
stacks = [
    ("aten::add", 0.0, 5.0, {"stack": ["train.ts(12): step", "train.ts(30): <anonymous>"]}),
    ("aten::add", 6.0, 9.0, {"stack": ["train.ts(13): step", "train.ts(30): <anonymous>"]}),
    ("aten::mul", 10.0, 11.0, {"stack": ["/home/somebody/a/very/long/folder/of/a/project/that/goes/on/and/on/train.ts(14): step"]}),
]
same = [("twice", 0.0, 10.0, {}), ("twice", 1.0, 9.0, {}), ("aten::add", 2.0, 4.0, {})]


def events(rows, on_card, memory):
    made = []
    for i, (name, start, end, known) in enumerate(rows):
        event = FunctionEvent(
            i,
            name,
            0,
            start,
            end,
            input_shapes=known.get("shapes", []),
            stack=known.get("stack", []),
            use_device="cuda" if on_card else None,
            cpu_memory_usage=known.get("cpu", 0),
            device_memory_usage=known.get("device", 0),
            is_legacy=on_card,
        )
        for duration in known.get("kernels", []):
            event.append_kernel(name, 0, duration)
        made.append(event)
    found = EventList(made, use_device="cuda" if on_card else None, profile_memory=memory)
    found._build_tree()
    return found


tables = []
for rows, on_card, memory, averages, table in [
    (nested, False, False, {}, {}),
    (nested, False, True, {}, {"sort_by": "self_cpu_time_total", "row_limit": 3}),
    (nested, False, True, {"group_by_input_shapes": True}, {"sort_by": "cpu_time_total"}),
    (nested, False, False, None, {"row_limit": -1, "time_unit": "ms"}),
    (nested, False, False, None, {"top_level_events_only": True, "header": "A header"}),
    (nested, False, False, {"group_by_input_shapes": True}, {"max_name_column_width": 16, "max_shapes_column_width": 12}),
    (nested, False, True, {}, {"sort_by": "count", "time_unit": "us"}),
    (sequential, True, False, {}, {"sort_by": "self_cuda_time_total"}),
    (sequential, True, True, {}, {"sort_by": "cuda_time_total", "time_unit": "s"}),
    (stacks, False, False, {"group_by_stack_n": 2}, {"sort_by": "cpu_time"}),
    (stacks, False, False, {"group_by_stack_n": 1}, {"max_src_column_width": 20}),
    (stacks, False, False, {}, {}),
    (same, False, False, {}, {}),
]:
    found = events(rows, on_card, memory)
    asked = found if averages is None else found.key_averages(**averages)
    tables.append(
        {
            "events": [[name, start, end, known] for name, start, end, known in rows],
            "memory": memory,
            "averages": averages,
            "table": table,
            "text": asked.table(**table),
        }
    )

schedules = []
for options in [
    {"wait": 1, "warmup": 1, "active": 2},
    {"wait": 0, "warmup": 1, "active": 1, "repeat": 2},
    {"wait": 2, "warmup": 1, "active": 3, "repeat": 1, "skip_first": 2},
    {"wait": 3, "warmup": 1, "active": 1, "skip_first": 1, "skip_first_wait": 1},
    {"wait": 0, "warmup": 0, "active": 1},
]:
    act = schedule(**options)
    schedules.append({"options": options, "actions": [act(step).value for step in range(14)]})

# Names that the engine gives to its rows, as far as PyTorch has an operation of that name.
root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
native = os.path.join(root, "engine/core/native")
text = "".join(open(os.path.join(native, file)).read() for file in sorted(os.listdir(native)))
rows = {row for body in re.findall(r"export interface \w+Ops \{\n(.*?)\n\}", text, re.S) for row in re.findall(r"^\t(\w+):", body, re.M)}
given = set(re.findall(r'"(aten::\w+)"', open(os.path.join(root, "engine/profiler/opNames.ts")).read()))
given |= {"aten::" + re.sub(r"[A-Z]", lambda letter: "_" + letter.group().lower(), row) for row in rows}
known = {schema.name for schema in torch._C._jit_get_all_schemas()}
write("profiler.json", {"tables": tables, "schedules": schedules, "operations": sorted(given & known)})
