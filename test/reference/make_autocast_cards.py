"""Autocast's lists of ops for cards, as PyTorch's own header has them: python make_autocast_cards.py writes autocast_cards.json."""

import re
from pathlib import Path

import torch

from common import write

header = Path(torch.__file__).parent / "include/ATen/autocast_mode.h"
text = header.read_text().replace("\\\n", " ")


def names(macro):
    (body,) = re.findall(rf"#define AT_FORALL_{macro}\(_\)(.*)", text)
    return sorted(set(re.findall(r"_\((?:ADD_NS\()?(\w+)", body)))


write(
    "autocast_cards.json",
    {
        "lowered": names("LOWER_PRECISION_FP"),
        "raised": sorted({*names("FP32"), *names("FP32_SET_OPT_DTYPE"), *names("DIFFERENT_REDISPATCH_SIGNATURE")}),
        "promoted": names("PROMOTE"),
    },
)
