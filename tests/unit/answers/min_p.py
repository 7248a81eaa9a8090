"""Answers to ``min_p``, written from its card alone, without sight of its probes."""

# %% wrong at_or_below: cuts at or below the bar: a token with exactly that share goes (at m = 1 even the best)
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    if m == 0:
        return logits
    probs = logits.softmax(-1)
    return logits.masked_fill(probs <= m * probs.amax(-1, keepdim=True), -torch.inf)

# %% wrong absolute: compares with m itself, not with m times the largest probability
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    best = probs.argmax(-1, keepdim=True)
    mask = (probs < m).scatter(-1, best, False)
    return logits.masked_fill(mask, -torch.inf)

# %% wrong best_of_the_batch: takes the largest probability of the whole batch, not of each row
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.max(), -torch.inf)

# %% wrong zero_refused: refuses m = 0, which is off
import torch


def min_p(logits, m):
    if not 0 < m <= 1:
        raise ValueError("m outside (0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)

# %% wrong math_log_of_zero: uses the band best + math.log(m), and math.log(0) is a ValueError: m = 0 is refused by accident
import math
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    return logits.masked_fill(logits < logits.amax(-1, keepdim=True) + math.log(m), -torch.inf)

# %% wrong one_refused: refuses m = 1 (keeps only the best)
import torch


def min_p(logits, m):
    if not 0 <= m < 1:
        raise ValueError("m outside [0, 1)")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)

# %% wrong one_is_off: treats m = 1 as off, as in top-p, and not as 'only the best'
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    if m in (0, 1):
        return logits
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)

# %% wrong negative_is_off: a negative m is off instead of refused
import torch


def min_p(logits, m):
    if m > 1:
        raise ValueError("m above 1")
    logits = logits.float()
    if m <= 0:
        return logits
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)

# %% wrong above_one_accepted: accepts m above 1 and keeps the best
import torch


def min_p(logits, m):
    if m < 0:
        raise ValueError("m below 0")
    logits = logits.float()
    probs = logits.softmax(-1)
    best = probs.amax(-1, keepdim=True)
    return logits.masked_fill(probs < min(m, 1.0) * best, -torch.inf)

# %% wrong nan_accepted: tests m < 0 or m > 1, which NaN passes; 'Raises ValueError unless 0 <= m <= 1'
import torch


def min_p(logits, m):
    if m < 0 or m > 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)

# %% wrong share_of_the_logit: compares logits with m times the largest logit, without softmax
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    if m == 0:
        return logits
    best = logits.amax(-1, keepdim=True)
    return logits.masked_fill((logits < m * best) & (logits < best), -torch.inf)

# %% wrong in_place: writes -inf into the caller's tensor
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    logits[probs < m * probs.amax(-1, keepdim=True)] = -torch.inf
    return logits

# %% wrong sixteen_bit_result: keeps the input's dtype, so 16-bit logits give 16-bit logits and not float32
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    probs = logits.float().softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)

# %% wrong unshifted_exp: compares exp(logit) without softmax: large logits overflow to inf, and at very low ones everything is 0 and stays
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    if m == 0:
        return logits
    weights = logits.exp()
    return logits.masked_fill(weights < m * weights.amax(-1, keepdim=True), -torch.inf)

# %% wrong tolerance: lets tokens stay that are up to 0.001 below the bar, so with a small m or a small best token far too many stay
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True) - 1e-3, -torch.inf)

# %% wrong renormalized: returns log-probabilities of what is left, not the logits
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf).log_softmax(-1)

# %% wrong finite_minimum: fills with -1e9 instead of -inf
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -1e9)

# %% wrong one_minus_m: cuts what is more than m times the best below it (bar at (1 - m) times the best)
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    if m == 0:
        return logits
    probs = logits.softmax(-1)
    best = probs.amax(-1, keepdim=True)
    return logits.masked_fill(best - probs > m * best, -torch.inf)

# %% wrong off_cuts_zeros: with m = 0 still cuts tokens whose probability has underflowed to 0: not off
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    best = probs.amax(-1, keepdim=True)
    return logits.masked_fill((probs < m * best) | (probs == 0), -torch.inf)

# %% wrong at_least_two: always keeps two tokens
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    remove = probs < m * probs.amax(-1, keepdim=True)
    remove = remove.scatter(-1, logits.topk(min(2, logits.shape[-1])).indices, False)
    return logits.masked_fill(remove, -torch.inf)

# %% right band_below_the_best
import math
import torch


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError(f"m must lie in [0, 1], not {m}")
    x = logits.float()
    band = math.log(m) if m > 0 else -math.inf
    bar = x.max(dim=-1, keepdim=True).values + band
    return torch.where(x < bar, -torch.inf, x)

# %% right double_rows
import torch


def min_p(logits, m):
    if m != m or m < 0 or m > 1:
        raise ValueError("m outside [0, 1]")
    rows = []
    for row in logits.float():
        probs = row.double().softmax(0)
        bar = m * float(probs.max())
        rows.append([x if q >= bar else float("-inf") for x, q in zip(row.tolist(), probs.tolist())])
    return torch.tensor(rows, dtype=torch.float32)

# %% right numpy_float32
import numpy as np
import torch


def min_p(logits, m):
    if not (m >= 0 and m <= 1):
        raise ValueError("m outside [0, 1]")
    a = logits.detach().float().numpy().copy()
    if m > 0:
        weights = np.exp(a - a.max(axis=1, keepdims=True))
        probs = weights / weights.sum(axis=1, keepdims=True)
        a[probs < np.float32(m) * probs.max(axis=1, keepdims=True)] = -np.inf
    return torch.from_numpy(a)
