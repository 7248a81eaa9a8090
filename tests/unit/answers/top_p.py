"""Answers to ``top_p``, written from its card alone, without sight of its probes."""

# %% wrong greater_than_p: the old library rule: cuts where the sum before is above p (cum > p, shifted), so at a sum of exactly p one token too many stays
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    remove = ordered.softmax(-1).cumsum(-1) > p
    remove[:, 1:] = remove[:, :-1].clone()
    remove[:, 0] = False
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong crossing_token_cut: cuts every token whose own sum exceeds p (keeping the first): the crossing token goes
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    remove = ordered.softmax(-1).cumsum(-1) > p
    remove[:, 0] = False
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong sorted_order: applies the mask in the sorted order without bringing it back to the ids
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    probs = logits.softmax(-1).sort(-1, descending=True).values
    return logits.masked_fill(probs.cumsum(-1) - probs >= p, -torch.inf)

# %% wrong gather_back: brings the mask back with gather(indices) instead of scatter: the inverse permutation, right only by luck
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(remove.gather(-1, indices), -torch.inf)

# %% wrong no_off_at_one: no early return at p = 1: rounded sums reach 1 early and the tail is cut
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong above_one_is_off: a p above 1 is silently off, as in the library, instead of refused
import torch


def top_p(logits, p):
    if p <= 0:
        raise ValueError("p must be positive")
    logits = logits.float()
    if p >= 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong zero_allowed: accepts p = 0 as the library does (and keeps the best token)
import torch


def top_p(logits, p):
    if not 0 <= p <= 1:
        raise ValueError("p outside [0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    remove[:, 0] = False
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong one_refused: refuses p = 1, which is off
import torch


def top_p(logits, p):
    if not 0 < p < 1:
        raise ValueError("p outside (0, 1)")
    logits = logits.float()
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong nan_accepted: tests p <= 0 or p > 1, which NaN passes; 'Raises ValueError unless 0 < p <= 1'
import torch


def top_p(logits, p):
    if p <= 0 or p > 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong ascending_no_guard: the library's ascending form without its 'keep the last': with a tiny p, 1 - p is 1 and even the most likely token is cut
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=False)
    remove = ordered.softmax(-1).cumsum(-1) <= 1 - p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong same_count_for_all_rows: keeps the same number of tokens in every row: as many as the row that needs most
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    count = int((probs.cumsum(-1) - probs < p).sum(-1).max())
    kth = ordered[:, count - 1 : count]
    return logits.masked_fill(logits < kth, -torch.inf)

# %% wrong row_zero_indices: brings every row's mask back through row 0's order
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    mask = torch.zeros_like(remove)
    mask[:, indices[0]] = remove
    return logits.masked_fill(mask, -torch.inf)

# %% wrong renormalized: returns the log of the renormalized probabilities: the kept logits do not stay as they are
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    probs[probs.cumsum(-1) - probs >= p] = 0.0
    probs = probs / probs.sum(-1, keepdim=True)
    return torch.zeros_like(logits).scatter(-1, indices, probs).log()

# %% wrong in_place: writes -inf into the caller's tensor (float() makes no copy)
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    logits[torch.zeros_like(remove).scatter(-1, indices, remove)] = -torch.inf
    return logits

# %% wrong sixteen_bit_sums: adds up in the dtype of the input and converts at the end: with 16-bit logits the sums are too coarse and stop growing
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    if p == 1:
        return logits.float()
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf).float()

# %% wrong dtype_at_one: p = 1 returns before the conversion: 16-bit logits come back in 16 bits
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    if p == 1:
        return logits
    logits = logits.float()
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong at_least_two: keeps at least two tokens in each row; the smallest set may have one
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    remove[:, :2] = False
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong tolerance: stops already when the sum before is within 0.01 of p, 'because of rounding'
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p - 1e-2
    remove[:, 0] = False
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong top_hundred_only: for speed looks only at the 100 best tokens and cuts the rest, also where the nucleus is larger
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    probs = logits.softmax(-1)
    best, indices = probs.topk(min(100, logits.shape[-1]))
    keep = best.cumsum(-1) - best < p
    mask = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, indices, keep)
    return logits.masked_fill(~mask, -torch.inf)

# %% wrong finite_minimum: fills with -1e9 instead of -inf
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -1e9)

# %% wrong near_one_is_off: treats p of 0.999 and more as off; only p = 1 is off
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p >= 0.999:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong ascending_tail_below_p: sorts ascending and cuts the tail whose sum is below p: confuses p with the mass to remove
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1)
    remove = ordered.softmax(-1).cumsum(-1) <= p
    remove[:, -1] = False
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% wrong unshifted_exp: computes probabilities as exp / sum without the shift by the maximum: large logits overflow to NaN and nothing is cut
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    weights = ordered.exp()
    probs = weights / weights.sum(-1, keepdim=True)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)

# %% right python_greedy_set
import torch


def top_p(logits, p):
    if not (p > 0 and p <= 1):
        raise ValueError(f"p must be above 0 and at most 1, not {p}")
    out = logits.detach().to(torch.float32, copy=True)
    if p == 1:
        return out
    probs = out.softmax(-1)
    for b in range(len(out)):
        row = probs[b].tolist()
        keep, total = set(), 0.0
        for i in sorted(range(len(row)), key=row.__getitem__, reverse=True):
            if keep and total >= p:
                break
            keep.add(i)
            total += row[i]
        for i in range(len(row)):
            if i not in keep:
                out[b, i] = -float("inf")
    return out

# %% right double_threshold
import torch


def top_p(logits, p):
    """The last token of the nucleus gives a threshold of the row."""
    if not 0.0 < p <= 1.0:
        raise ValueError("p must lie in (0, 1]")
    x = logits.float()
    if p == 1.0:
        return x
    ordered = x.double().sort(dim=-1, descending=True).values
    before = torch.nn.functional.pad(ordered.softmax(-1).cumsum(-1)[:, :-1], (1, 0))
    size = (before < p).sum(-1, keepdim=True)
    bar = ordered.gather(-1, size - 1).float()
    return torch.where(x >= bar, x, -torch.inf)

# %% right numpy_argsort
import numpy as np
import torch


def top_p(logits, p):
    if p != p or p <= 0 or p > 1:
        raise ValueError("p is not in (0, 1]")
    if p == 1:
        return logits.float().clone()
    a = logits.detach().float().numpy().copy()
    for row in a:
        weights = np.exp(row - row.max())
        order = np.argsort(-row, kind="stable")
        probs = (weights / weights.sum())[order]
        before = np.concatenate([np.zeros(1, np.float32), np.cumsum(probs)[:-1]])
        cut = order[before >= np.float32(p)]
        row[cut] = -np.inf
    return torch.from_numpy(a)

# %% right inverse_permutation
import torch


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("0 < p <= 1 is needed")
    x = logits.to(torch.float32)
    if p == 1:
        return x.clone()
    order = torch.argsort(x, dim=-1, descending=True)
    rank = torch.argsort(order, dim=-1)
    probs = torch.softmax(torch.take_along_dim(x, order, -1), -1)
    sums = torch.cumsum(probs, -1)
    stays = torch.cat([torch.ones_like(sums[:, :1], dtype=torch.bool), sums[:, :-1] < p], -1)
    return x.masked_fill(~torch.take_along_dim(stays, rank, -1), float("-inf"))
