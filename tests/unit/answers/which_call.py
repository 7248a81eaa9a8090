"""Answers to ``which_call``, written from its card alone, without sight of its probes."""

# %% right with_own_steps: each cut is tried, and kept if the steps give the scores back
import torch


def scores_with(raw, ids, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0):
    seen = raw.gather(1, ids)
    x = raw.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty)) / T
    if k:
        x = x.masked_fill(x < x.topk(k).values[:, -1:], -torch.inf)
    if p < 1:
        ordered, order = x.sort(-1, descending=True)
        probs = ordered.softmax(-1)
        out = probs.cumsum(-1) - probs >= p
        x = x.masked_fill(torch.zeros_like(out).scatter(-1, order, out), -torch.inf)
    probs = x.softmax(-1)
    return x.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def which_call(raw, processed, ids):
    seen = torch.zeros_like(raw, dtype=torch.bool).scatter(1, ids, True)
    useful = processed.isfinite() & (raw != 0)
    T = (raw / processed)[useful & ~seen].mean().item()
    found = {}
    if abs(T - 1) > 1e-3:
        found["T"] = T
    both = useful & seen
    if both.any():
        ratio = (raw / processed)[both] / T
        penalty = torch.where(raw[both] > 0, ratio, 1 / ratio).mean().item()
        if abs(penalty - 1) > 1e-3:
            found["penalty"] = penalty
    warm = scores_with(raw, ids, **found).softmax(-1)
    left = processed.isfinite()
    mass = (warm * left).sum(-1)
    last = torch.where(left, warm, 1.0).amin(-1)
    best = warm.amax(-1)
    out = torch.where(left, 0.0, warm).amax(-1)
    p = ((mass - last).amax() + mass.amin()).item() / 2
    m = ((out / best).amax() + (last / best).amin()).item() / 2
    for cut in ({}, {"k": left.sum(-1).min().item()}, {"p": p}, {"m": m}):
        again = scores_with(raw, ids, **found, **cut)
        if torch.equal(again.isfinite(), left) and torch.allclose(again[left], processed[left], atol=1e-3):
            return found | cut
    raise ValueError("no call gives these scores")

# %% wrong everything_on: settings that are off stand in the result
def which_call(raw, processed, ids):
    return {"T": 1.0, "k": 0, "p": 1.0, "m": 0.0, "penalty": 1.0}

# %% wrong one_row: looks at the first row only
import torch


def which_call(raw, processed, ids):
    left = processed[0].isfinite()
    free = left.clone()
    free[ids[0]] = False
    found = {}
    if free.any():
        T = (raw[0] / processed[0])[free][0].item()
        if abs(T - 1) > 1e-3:
            found["T"] = T
    if not left.all():
        found["k"] = int(left.sum())
    return found

# %% wrong tuple_of_settings: the settings stand in a tuple
import torch


def which_call(raw, processed, ids):
    return (raw[0, 0] / processed[0, 0]).item(), 0, 1.0, 0.0, 1.0

# %% wrong never_refuses: what no call gives is explained by something
import torch


def which_call(raw, processed, ids):
    return {"T": (raw / processed).nan_to_num(1.0).median().item()}
