"""States and messages of ipywidgets 8, which the widgets of kernel/display/widgets must equal.

    python states.py    writes states.json and abbreviations.json beside this file

Needs `pip install "ipywidgets~=8.1"`. Ids are left out, so that running it again gives the same file.
"""

import json
import os

import ipywidgets as w
from ipywidgets import Widget

sent = []


def plain(value):
    """JSON without ids, and with what is not JSON named."""
    if isinstance(value, (bytes, memoryview)):
        return {"bytes": list(bytes(value))}
    if isinstance(value, str):
        return "IPY_MODEL" if value.startswith("IPY_MODEL_") else value
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def record(self, msg, buffers=None):
    sent.append({"method": msg["method"], "state": plain(msg["state"]), "buffers": len(buffers or [])})


options = ["relu", "gelu", "tanh"]
pairs = [["small", 32], ["large", 512]]
selections = ["Dropdown", "Select", "RadioButtons", "ToggleButtons", "SelectionSlider", "SelectMultiple", "SelectionRangeSlider"]
others = (
    "IntSlider FloatSlider FloatLogSlider IntRangeSlider FloatRangeSlider IntText FloatText BoundedIntText "
    "BoundedFloatText IntProgress FloatProgress Play Checkbox ToggleButton Valid Button ColorPicker DatePicker Image Text "
    "Textarea Password Combobox HTML HTMLMath Label Box HBox VBox GridBox Tab Accordion Stack Output Layout"
).split()

# (class, properties to begin with, then in order: properties set by the kernel, or under "page" a state sent by a page)
cases = [(name, {}, []) for name in others]
cases += [(name, {"options": options}, []) for name in selections]
cases += [
    ("IntSlider", {"value": 7, "min": -5, "max": 15, "step": 2, "description": "n"}, [{"value": 3}]),
    ("IntSlider", {"value": 300}, [{"max": 50}, {"min": 60, "fails": True}]),
    ("IntSlider", {"min": 5}, [{"value": 2.9}]),
    ("IntSlider", {}, [{"page": {"value": 40}}, {"page": {"value": 400}}, {"page": {"value": 401}}]),
    ("IntSlider", {"value": 1}, [{"page": {"value": 1}}, {"page": {"unknown": 1}}, {"page": {"value": 2, "description": "x"}}]),
    ("FloatSlider", {"value": 0.3, "max": 1, "step": 0.05, "readout_format": ".3f", "continuous_update": False}, [{"value": -1}]),
    ("FloatSlider", {"min": 200}, "fails"),
    ("FloatLogSlider", {"value": 1e-3, "min": -4, "max": -1}, [{"value": 5}, {"base": 2}]),
    ("IntRangeSlider", {"min": 10, "max": 20}, [{"value": [12, 30]}, {"value": [15, 11], "fails": True}, {"page": {"value": [0, 13]}}]),
    ("FloatRangeSlider", {"value": [0.5, 2.5]}, [{"max": 1}]),
    ("BoundedIntText", {"value": 5, "max": 8}, [{"value": 9}]),
    ("BoundedFloatText", {"value": 5.5, "max": 8, "step": 0.5}, [{"min": 6}]),
    ("IntText", {"value": 12}, [{"page": {"value": 13}}]),
    ("FloatProgress", {"value": 0.5, "max": 1, "bar_style": "info"}, [{"value": 2}]),
    ("FloatProgress", {"bar_style": "nice"}, "fails"),
    ("Dropdown", {"options": pairs}, [{"value": 512}, {"page": {"index": 0}}, {"value": 7, "fails": True}]),
    ("Dropdown", {"options": pairs, "value": 512}, [{"options": options}]),
    ("Dropdown", {"options": options, "value": "swish"}, "fails"),
    ("Dropdown", {"options": options, "index": 2}, [{"label": "gelu"}, {"value": None}]),
    ("Dropdown", {"options": []}, [{"options": options}]),
    ("Dropdown", {"options": {"a": 1, "b": 2}, "value": 2}, []),
    ("ToggleButtons", {"options": options, "icons": ["check"], "button_style": "info"}, [{"index": 1}]),
    ("RadioButtons", {"options": [16, 32, 64]}, [{"value": 32}]),
    ("SelectMultiple", {"options": options, "value": ["tanh", "relu"]}, [{"index": [1]}, {"page": {"index": [0, 1]}}, {"options": ["a"]}]),
    ("SelectionRangeSlider", {"options": options, "index": [0, 2]}, [{"value": ["gelu", "tanh"]}]),
    ("Checkbox", {"value": True, "indent": False, "description": "on"}, [{"page": {"value": False}}]),
    ("Text", {"value": "a", "placeholder": "name"}, [{"value": "b"}, {"page": {"value": "c"}}]),
    ("Textarea", {"rows": 4}, []),
    ("Combobox", {"options": options, "ensure_option": True}, []),
    ("Button", {"description": "Go", "button_style": "primary", "icon": "play", "tooltip": "Run"}, [{"disabled": True}]),
    ("HTML", {"value": "<b>x</b>"}, [{"value": "<i>y</i>"}]),
    ("Image", {"value": "bytes", "format": "png", "width": 20}, []),
    ("Layout", {"width": "50%", "grid_template_columns": "1fr 2fr"}, [{"height": "3em"}]),
    ("HBox", {"children": 2}, []),
    ("Tab", {"children": 2}, [{"titles": ["one"]}, {"page": {"selected_index": 1}}]),
    ("Accordion", {"children": 2, "titles": ["a", "b", "c"]}, [{"selected_index": 1}]),
    ("Stack", {"children": 2, "selected_index": 1}, []),
    ("Tab", {"children": 2, "selected_index": 5}, "fails"),
]


def arguments(given):
    made = dict(given)
    if isinstance(made.get("children"), int):
        made["children"] = [w.Label(str(i)) for i in range(made["children"])]
    if made.get("value") == "bytes":
        made["value"] = bytes([137, 80, 78, 71])
    if isinstance(made.get("options"), list) and made["options"] and isinstance(made["options"][0], list):
        made["options"] = [tuple(pair) for pair in made["options"]]
    return made


def run(name, given, steps):
    case = {"class": name, "given": given}
    try:
        widget = getattr(w, name)(**arguments(given))
    except Exception:
        return {**case, "fails": True}
    assert steps != "fails", (name, given)
    case["state"] = plain(widget.get_state())
    style = getattr(widget, "style", None)
    if style is not None:
        case["style"] = plain(style.get_state())
    case["steps"] = []
    before = case["state"]
    for step in steps:
        sent.clear()
        done = {"step": {key: value for key, value in step.items() if key != "fails"}}
        try:
            if "page" in step:
                widget.set_state(step["page"])
            else:
                for key, value in arguments(done["step"]).items():
                    setattr(widget, key, value)
        except Exception:
            done["fails"] = True
        assert step.get("fails", False) == done.get("fails", False), (name, step)
        done["sent"] = list(sent)
        after = plain(widget.get_state())
        done["changed"] = {key: value for key, value in after.items() if value != before[key]}
        before = after
        if "value" in widget.traits():
            done["value"] = plain(widget.value)
        case["steps"].append(done)
    return case


Widget._send = record
results = [run(*case) for case in cases]
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "states.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case, ensure_ascii=True, sort_keys=True) for case in results) + "\n]\n")
# What interact makes of abbreviations; a list stands for a tuple where the case says so.
abbreviations = [
    ("tuple", [0, 10]), ("tuple", [0, 10, 2]), ("tuple", [-3, 8]), ("tuple", [0, 0.9, 0.1]), ("tuple", [0.0, 1.5]),
    ("tuple", [1, 4, 0.5]), ("tuple", [-1, 1, 0.25]), ("value", True), ("value", False), ("value", "text"), ("value", 5),
    ("value", 0), ("value", -4), ("value", 2.5), ("value", -0.5), ("value", ["relu", "gelu"]), ("value", {"a": 10, "b": 20}),
]  # fmt: skip


def abbreviated(kind, given):
    widget = w.interactive.widget_from_abbrev(tuple(given) if kind == "tuple" else given)
    state = {key: plain(value) for key, value in widget.get_state().items() if key in ("_model_name", "min", "max", "step", "index", "_options_labels", "value")}
    return {"given": given, "state": state}


with open(os.path.join(here, "abbreviations.json"), "w") as file:
    lines = [json.dumps(abbreviated(*one), sort_keys=True) for one in abbreviations]
    file.write("[\n" + ",\n".join(lines) + "\n]\n")
print(len(results), "cases of ipywidgets", w.__version__)
