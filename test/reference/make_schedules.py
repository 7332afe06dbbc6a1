"""Learning-rate schedules: python make_schedules.py writes optim_schedules.json."""

import torch
import torch.optim as optim
import torch.optim.lr_scheduler as sched

from common import write

cases = []


def optimizer_of(kind):
    params = [torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1))]
    groups = [{"params": params[:1], "lr": 0.5}, {"params": params[1:], "lr": 0.2}]
    return optim.Adam(groups) if kind == "Adam" else optim.SGD(groups, momentum=0.9)


def build(name, optimizer, kwargs):
    if name == "SequentialLR":
        inner = [build(n, optimizer, k) for n, k in kwargs["schedulers"]]
        return sched.SequentialLR(optimizer, inner, milestones=kwargs["milestones"])
    if name == "ChainedScheduler":
        return sched.ChainedScheduler([build(n, optimizer, k) for n, k in kwargs["schedulers"]])
    return getattr(sched, name)(optimizer, **kwargs)


def record(optimizer):
    return [[g["lr"], g["betas"][0] if "betas" in g else g["momentum"]] for g in optimizer.param_groups]


def case(name, steps=25, kind="SGD", step_to=None, metrics=None, **kwargs):
    optimizer = optimizer_of(kind)
    scheduler = build(name, optimizer, kwargs)
    rows = [record(optimizer)]
    for i in range(steps):
        optimizer.step()
        if metrics:
            scheduler.step(metrics[i])
        elif step_to:
            scheduler.step(step_to[i])
        else:
            scheduler.step()
        rows.append(record(optimizer))
    cases.append({"name": name, "kind": kind, "kwargs": kwargs, "epochs": step_to, "metrics": metrics, "rows": rows, "last": scheduler.get_last_lr()})


case("StepLR", step_size=4)
case("StepLR", step_size=3, gamma=0.5)
case("MultiStepLR", milestones=[3, 7, 7, 15], gamma=0.3)
case("ExponentialLR", gamma=0.9)
case("PolynomialLR", total_iters=12, power=2.0)
case("PolynomialLR")
case("ConstantLR")
case("ConstantLR", factor=0.25, total_iters=8)
case("LinearLR")
case("LinearLR", start_factor=0.1, end_factor=0.6, total_iters=10)
case("CosineAnnealingLR", T_max=10, eta_min=0.01)
case("CosineAnnealingLR", steps=45, T_max=7)
case("CosineAnnealingWarmRestarts", T_0=5)
case("CosineAnnealingWarmRestarts", steps=40, T_0=3, T_mult=2, eta_min=0.05)
case("CosineAnnealingWarmRestarts", step_to=[i / 3 for i in range(25)], T_0=2, T_mult=2)
case("StepLR", step_to=list(range(0, 50, 2)), step_size=4)
for kind in ["SGD", "Adam"]:
    for mode in ["triangular", "triangular2", "exp_range"]:
        case("CyclicLR", kind=kind, base_lr=0.01, max_lr=0.1, step_size_up=4, step_size_down=6, mode=mode, gamma=0.98)
    case("OneCycleLR", kind=kind, max_lr=[0.4, 0.8], total_steps=26)
    case("OneCycleLR", kind=kind, max_lr=0.4, epochs=5, steps_per_epoch=6, pct_start=0.4, anneal_strategy="linear", three_phase=True)
    case("OneCycleLR", kind=kind, max_lr=0.4, total_steps=26, cycle_momentum=False, div_factor=10.0, final_div_factor=100.0)
case("CyclicLR", base_lr=[0.01, 0.02], max_lr=0.1, step_size_up=4, cycle_momentum=False)
case("SequentialLR", schedulers=[["LinearLR", {"start_factor": 0.1, "total_iters": 4}], ["CosineAnnealingLR", {"T_max": 10}]], milestones=[5])
case("SequentialLR", schedulers=[["ConstantLR", {"factor": 0.1, "total_iters": 3}], ["ExponentialLR", {"gamma": 0.9}], ["StepLR", {"step_size": 2}]], milestones=[4, 12])
case("ChainedScheduler", schedulers=[["ConstantLR", {"factor": 0.1, "total_iters": 3}], ["ExponentialLR", {"gamma": 0.9}]])
losses = [1.0, 0.9, 0.95, 0.94, 0.93, 0.92, 0.91, 0.905, 0.9, 0.5, 0.51, 0.52, 0.53, 0.54, 0.4999, 0.49, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0]
case("ReduceLROnPlateau", metrics=losses, patience=2)
case("ReduceLROnPlateau", metrics=losses, mode="max", patience=1, factor=0.5, cooldown=2, min_lr=[0.05, 0.01])
case("ReduceLROnPlateau", metrics=losses, patience=0, threshold=0.05, threshold_mode="abs", eps=1e-3)
write("optim_schedules.json", {"cases": cases})
