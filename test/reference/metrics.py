"""What torchmetrics makes of small batches: writes metrics.json beside this file.

Run with PyTorch and torchmetrics: python3 test/reference/metrics.py
Each case holds batches, the value of each batch alone and the value over all of them.
"""

import json
import pathlib
import warnings

import torch
import torchmetrics
from torchmetrics import functional as F

warnings.filterwarnings("ignore")
torch.manual_seed(0)


def plain(x):
    return {"dtype": str(x.dtype).removeprefix("torch."), "shape": list(x.shape), "data": x.flatten().tolist()}


def names(options):
    camel = {"num_classes": "numClasses", "num_labels": "numLabels", "ignore_index": "ignoreIndex"}
    camel["zero_division"] = "zeroDivision"
    return {camel.get(key, key): value for key, value in options.items()}


def case(kind, batches, **options):
    metric = getattr(torchmetrics, kind)(**options)
    alone = [metric(preds, target) for preds, target in batches]
    return {
        "metric": kind,
        "options": names(options),
        "batches": [{"preds": plain(p), "target": plain(t)} for p, t in batches],
        "alone": [plain(value) for value in alone],
        "value": plain(metric.compute()),
    }


def logits(*shape):
    return torch.randn(*shape) * 2


binary = [(torch.rand(9), torch.randint(0, 2, (9,))), (torch.rand(5), torch.randint(0, 2, (5,)))]
binary_logits = [(logits(8), torch.randint(0, 2, (8,))), (logits(3, 4), torch.randint(0, 2, (3, 4)))]
binary_ints = [(torch.randint(0, 2, (12,)), torch.randint(0, 2, (12,)))]
binary_ignored = [(torch.rand(10), torch.tensor([0, 1, -100, 1, 0, 0, -100, 1, 1, 0]))]
classes = [(logits(7, 4), torch.randint(0, 4, (7,))), (logits(6, 4), torch.randint(0, 4, (6,)))]
classes_ints = [(torch.randint(0, 4, (15,)), torch.randint(0, 4, (15,)))]
# Class 3 is neither there nor predicted; class 2 is there but never predicted.
classes_missing = [(torch.tensor([0, 1, 0, 1, 0, 1]), torch.tensor([0, 1, 2, 1, 0, 0]))]
classes_images = [(logits(2, 3, 4, 5), torch.randint(0, 3, (2, 4, 5)))]
classes_ignored = [(logits(8, 3), torch.tensor([0, 1, -1, 2, -1, 0, 1, 1]))]
probabilities = [(p.softmax(1), t) for p, t in classes]
ties = [(torch.tensor([0.1, 0.4, 0.4, 0.8, 0.4, 0.8]), torch.tensor([0, 1, 0, 1, 1, 0]))]
labels = [(torch.rand(6, 3), torch.randint(0, 2, (6, 3))), (torch.rand(4, 3), torch.randint(0, 2, (4, 3)))]
labels_logits = [(logits(7, 4), torch.randint(0, 2, (7, 4)))]
labels_deep = [(torch.rand(3, 4, 5), torch.randint(0, 2, (3, 4, 5)))]

cases = []
for kind in ["Accuracy", "Precision", "Recall", "F1Score"]:
    for batches in [binary, binary_logits, binary_ints]:
        cases.append(case(kind, batches, task="binary"))
    cases.append(case(kind, binary, task="binary", threshold=0.7))
    cases.append(case(kind, binary_ignored, task="binary", ignore_index=-100))
    for average in ["micro", "macro", "weighted", "none"]:
        for batches in [classes, classes_ints, classes_missing]:
            cases.append(case(kind, batches, task="multiclass", num_classes=4, average=average))
        cases.append(case(kind, classes_images, task="multiclass", num_classes=3, average=average))
        cases.append(case(kind, classes_ignored, task="multiclass", num_classes=3, average=average, ignore_index=-1))
        cases.append(case(kind, labels, task="multilabel", num_labels=3, average=average))
        cases.append(case(kind, labels_logits, task="multilabel", num_labels=4, average=average))
        cases.append(case(kind, labels_deep, task="multilabel", num_labels=4, average=average))
cases.append(case("Precision", classes_missing, task="multiclass", num_classes=4, average="none", zero_division=1.0))
cases.append(case("Recall", classes_missing, task="multiclass", num_classes=4, average="none", zero_division=1.0))
cases.append(case("FBetaScore", classes, task="multiclass", num_classes=4, average="macro", beta=2.0))
cases.append(case("FBetaScore", binary, task="binary", beta=0.5))
for normalize in ["none", "true", "pred", "all"]:
    cases.append(case("ConfusionMatrix", binary, task="binary", normalize=normalize))
    cases.append(case("ConfusionMatrix", classes_missing, task="multiclass", num_classes=4, normalize=normalize))
    cases.append(case("ConfusionMatrix", labels, task="multilabel", num_labels=3, normalize=normalize))
cases.append(case("ExactMatch", labels, task="multilabel", num_labels=3))
cases.append(case("ExactMatch", labels_logits, task="multilabel", num_labels=4))
for batches in [binary, binary_logits[1:], ties]:
    cases.append(case("AUROC", batches, task="binary"))
cases.append(case("AUROC", binary_ignored, task="binary", ignore_index=-100))
for average in ["macro", "weighted", "none"]:
    cases.append(case("AUROC", classes, task="multiclass", num_classes=4, average=average))
    cases.append(case("AUROC", probabilities, task="multiclass", num_classes=4, average=average))
    cases.append(case("AUROC", classes_ignored, task="multiclass", num_classes=3, average=average, ignore_index=-1))
for average in ["macro", "weighted", "micro", "none"]:
    cases.append(case("AUROC", labels, task="multilabel", num_labels=3, average=average))

curves = []
for preds, target in [binary[0], ties[0], (torch.rand(4), torch.zeros(4, dtype=torch.int64))]:
    fpr, tpr, thresholds = F.roc(preds, target, task="binary")
    curves.append({"preds": plain(preds), "target": plain(target), "fpr": plain(fpr), "tpr": plain(tpr), "thresholds": plain(thresholds)})

result = {"torch": torch.__version__, "torchmetrics": torchmetrics.__version__, "cases": cases, "curves": curves}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
